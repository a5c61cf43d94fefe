"""A stack of Transformer blocks: the body of every model."""

import keras

from kformer.layers.block import TransformerBlock
from kformer.layers.masks import attention_bias, combine_masks


@keras.saving.register_keras_serializable("kformer")
class TransformerStack(keras.layers.Layer):
    """`num_layers` Transformer blocks, one after the other, under one mask; pre-norm stacks end with a norm.

    Args:
        num_layers: int, number of blocks.
        num_heads, d_model, d_ff, dropout, attention_dropout, activation, norm_first, norm_epsilon, cross_attention:
            see `TransformerBlock`.

    Call arguments:
        inputs: (batch, length, d_model).
        padding_mask: (batch, length), True at real positions.
        attention_mask: (batch, length, length), True where attention is allowed.
        use_causal_mask: bool, no position sees a later one.
        context: (batch, context_length, d_model) for cross-attention, and `context_padding_mask` (batch,
            context_length).
        caches: list of one key-value cache per block, and the scalar `cache_index` (see `MultiHeadAttention`).
        return_hidden_states, return_attention_scores: bools.

    Returns:
        dict with `sequence_output` (batch, length, d_model), and on request `hidden_states` (num_layers + 1 tensors,
        the inputs first), `attention_scores` (num_layers tensors (batch, num_heads, query, key)) and `caches`.
    """

    def __init__(
        self,
        num_layers,
        num_heads,
        d_model,
        d_ff,
        dropout=0.1,
        attention_dropout=None,
        activation="gelu",
        norm_first=False,
        norm_epsilon=1e-12,
        cross_attention=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_layers < 1:
            raise ValueError(f"`num_layers` must be a positive integer. Received: num_layers={num_layers}.")
        self.num_layers = num_layers
        self.d_model = d_model
        self.norm_first = norm_first
        self.supports_masking = True
        self.blocks = [
            TransformerBlock(
                num_heads,
                d_model,
                d_ff,
                dropout,
                attention_dropout,
                activation,
                norm_first,
                norm_epsilon,
                cross_attention,
                dtype=self.dtype_policy,
                name=f"block_{i}",
            )
            for i in range(num_layers)
        ]
        self.final_norm = (
            keras.layers.LayerNormalization(epsilon=norm_epsilon, dtype=self.dtype_policy, name="final_norm")
            if norm_first
            else None
        )

    def build(self, input_shape):
        for block in self.blocks:
            block.build(input_shape)
        if self.final_norm is not None:
            self.final_norm.build(input_shape)

    def call(
        self,
        inputs,
        padding_mask=None,
        attention_mask=None,
        use_causal_mask=False,
        context=None,
        context_padding_mask=None,
        caches=None,
        cache_index=None,
        training=False,
        return_hidden_states=False,
        return_attention_scores=False,
    ):
        length = keras.ops.shape(inputs)[1]
        causal = (length, length) if use_causal_mask and caches is None else None
        bias = self._bias(combine_masks(padding_mask, attention_mask, causal))
        context_bias = self._bias(combine_masks(context_padding_mask))

        x, hidden_states, attention_scores, new_caches = inputs, [inputs], [], []
        for i, block in enumerate(self.blocks):
            outputs = block(
                x,
                bias=bias,
                context=context,
                context_bias=context_bias,
                cache=caches[i] if caches is not None else None,
                cache_index=cache_index,
                training=training,
                return_scores=return_attention_scores,
            )
            x, *extras = outputs if isinstance(outputs, tuple) else (outputs,)
            hidden_states.append(x)
            if caches is not None:
                new_caches.append(extras.pop())
            attention_scores.extend(extras)
        if self.final_norm is not None:
            x = self.final_norm(x)

        results = {"sequence_output": x}
        if return_hidden_states:
            results["hidden_states"] = hidden_states
        if return_attention_scores:
            results["attention_scores"] = attention_scores
        if caches is not None:
            results["caches"] = new_caches
        return results

    def _bias(self, mask):
        return None if mask is None else attention_bias(mask, self.compute_dtype)

    def get_config(self):
        block = self.blocks[0].get_config()
        own = {name: value for name, value in block.items() if name not in ("name", "trainable", "dtype")}
        return {**super().get_config(), "num_layers": self.num_layers, **own}
