"""A stack of Transformer blocks: the body of every model."""

import keras

from kformer.layers.block import TransformerBlock
from kformer.layers.layer_normalization import LayerNormalization
from kformer.layers.masks import attention_bias, causal_mask, combine_masks


@keras.saving.register_keras_serializable("kformer")
class TransformerStack(keras.layers.Layer):
    """`num_layers` Transformer blocks, one after the other, under one mask; pre-norm stacks end with a norm.

    Args:
        num_layers: int, number of blocks.
        num_heads, d_model, d_ff, dropout, attention_dropout, activation, norm_first, norm_epsilon, cross_attention,
            kernel_initializer, qkv_bias: see `TransformerBlock`.
        drop_path: float, rate of `DropPath` in the last block; from 0 in the first it rises evenly.

    Call arguments:
        inputs: (batch, length, d_model).
        padding_mask: (batch, length), True at real positions.
        attention_mask: (batch, length, key), True where attention is allowed.
        use_causal_mask: bool, no position sees a later one.
        context: (batch, context_length, d_model) for cross-attention, or `context_keys_values` of it; and
            `context_padding_mask` (batch, context_length).
        caches: list of one key-value cache per block (see `empty_caches`), and the scalar `cache_index`. Each position
            sees those up to its own; `padding_mask` and `attention_mask` are then of the cache's length.
        num_outputs: int, of how many positions, from the first, the output is wanted: the last block then computes no
            others. All when None. Not together with `caches`.
        return_hidden_states, return_attention_scores: bools; the last block's have `num_outputs` positions and queries.

    Returns:
        dict with `sequence_output` (batch, length or num_outputs, d_model), and on request `hidden_states` (num_layers
        + 1 tensors, the inputs first), `attention_scores` and, with cross-attention, `context_attention_scores`
        (num_layers tensors (batch, num_heads, query, key)) and `caches`.
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
        kernel_initializer="truncated_normal",
        qkv_bias=True,
        drop_path=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_layers < 1:
            raise ValueError(f"`num_layers` must be a positive integer. Received: num_layers={num_layers}.")
        self.num_layers = num_layers
        self.d_model = d_model
        self.norm_first = norm_first
        self.cross_attention = cross_attention
        self.drop_path = drop_path
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
                kernel_initializer,
                qkv_bias,
                drop_path=drop_path * i / max(1, num_layers - 1),
                dtype=self.dtype_policy,
                name=f"block_{i}",
            )
            for i in range(num_layers)
        ]
        self.final_norm = (
            LayerNormalization(epsilon=norm_epsilon, dtype=self.dtype_policy, name="final_norm") if norm_first else None
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
        context_keys_values=None,
        context_padding_mask=None,
        caches=None,
        cache_index=None,
        num_outputs=None,
        training=False,
        return_hidden_states=False,
        return_attention_scores=False,
    ):
        causal = self._causal_mask(inputs, use_causal_mask, caches, cache_index)
        bias = self._bias(combine_masks(padding_mask, attention_mask, causal))
        context_bias = self._bias(combine_masks(context_padding_mask))

        x, hidden_states, attention_scores, context_scores, new_caches = inputs, [inputs], [], [], []
        for i, block in enumerate(self.blocks):
            outputs = block(
                x,
                bias=bias,
                context=context,
                context_keys_values=None if context_keys_values is None else context_keys_values[i],
                context_bias=context_bias,
                cache=None if caches is None else caches[i],
                cache_index=cache_index,
                num_outputs=num_outputs if block is self.blocks[-1] else None,
                training=training,
                return_scores=return_attention_scores,
            )
            x, *extras = outputs if isinstance(outputs, tuple) else (outputs,)
            hidden_states.append(x)
            if caches is not None:
                new_caches.append(extras.pop())
            if return_attention_scores:
                attention_scores.append(extras[0])
                context_scores += extras[1:]
        if self.final_norm is not None:
            x = self.final_norm(x)

        results = {"sequence_output": x}
        if return_hidden_states:
            results["hidden_states"] = hidden_states
        if return_attention_scores:
            results["attention_scores"] = attention_scores
        if context_scores:
            results["context_attention_scores"] = context_scores
        if caches is not None:
            results["caches"] = new_caches
        return results

    def empty_caches(self, batch_size, max_length):
        """Zero keys and values for `caches`, to hold `max_length` positions."""
        return [block.attention.empty_cache(batch_size, max_length) for block in self.blocks]

    def context_keys_values(self, context):
        """Each block's keys and values of a context (batch, context_length, d_model), to be computed once."""
        return [block.context_attention.keys_values(context) for block in self.blocks]

    def set_drop_path(self, rate):
        """Gives the last block this rate of stochastic depth and the others their share, without a new trace.

        Args:
            rate: float in [0, 1).

        Raises:
            ValueError: when the stack was built without stochastic depth.
        """
        if not self.drop_path:
            raise ValueError(
                f"A stack built with `drop_path` 0 has no layers that drop paths: build it with a rate above 0. "
                f"Received: rate={rate}."
            )
        for i, block in enumerate(self.blocks):
            for path in block.drop_paths():
                path.rate.assign(rate * i / max(1, self.num_layers - 1))

    def _causal_mask(self, inputs, use_causal_mask, caches, cache_index):
        """(query, key), or None where positions may see all others."""
        length = keras.ops.shape(inputs)[1]
        if caches is not None:
            return causal_mask(length, keras.ops.shape(caches[0][0])[2], cache_index)
        return causal_mask(length, length) if use_causal_mask else None

    def _bias(self, mask):
        return None if mask is None else attention_bias(mask, self.compute_dtype)

    def get_config(self):
        block = self.blocks[0].get_config()
        own = {name: value for name, value in block.items() if name not in ("name", "trainable", "dtype")}
        return {**super().get_config(), "num_layers": self.num_layers, **own, "drop_path": self.drop_path}
