"""The Transformer block: the one that every model of kformer is made of."""

import keras

from kformer.layers.attention import MultiHeadAttention
from kformer.layers.drop_path import DropPath
from kformer.layers.dropout import Dropout
from kformer.layers.feed_forward import FeedForward
from kformer.layers.layer_normalization import LayerNormalization


@keras.saving.register_keras_serializable("kformer")
class TransformerBlock(keras.layers.Layer):
    """Self-attention, optional cross-attention, feed-forward; each with dropout, residual and layer normalisation.

    A sublayer f becomes `norm(x + dropout(f(x)))` (post-norm: the paper, BERT) or, with `norm_first`,
    `x + dropout(f(norm(x)))` (pre-norm: GPT-2, ViT). Papers: Vaswani et al., arXiv 1706.03762, section 3.1; Xiong et
    al., "On Layer Normalization in the Transformer Architecture", arXiv 2002.04745.

    Args:
        num_heads, d_model, d_ff: ints, the paper's sizes.
        dropout: float, rate on each sublayer's output.
        attention_dropout: float, rate on the attention weights; `dropout` when None.
        activation: str, of the feed-forward network.
        norm_first: bool, pre-norm.
        norm_epsilon: float, added to the variance.
        cross_attention: bool, a second attention, over `context`.
        kernel_initializer: str, see `layers.initializers`.
        qkv_bias: bool, of the attentions, see `MultiHeadAttention`.
        drop_path: float, rate of `DropPath` on each sublayer's output.

    Call arguments:
        inputs: (batch, length, d_model).
        bias: see `MultiHeadAttention`; of the self-attention. Likewise `cache` and `cache_index`.
        context: (batch, key, d_model), what the cross-attention reads, or its `context_keys_values` (see
            `MultiHeadAttention.keys_values`); and its `context_bias`.
        num_outputs: int, of how many positions, from the first, the outputs are wanted; they see all inputs still, and
            nothing is computed for the others. All when None. Not together with `cache`.
        return_scores: bool, also return the attention weights.

    Returns:
        (batch, length or num_outputs, d_model); or a tuple of it, then the self-attention's and the cross-attention's
        weights if `return_scores`, then the updated cache if `cache` was given.
    """

    def __init__(
        self,
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
        self.num_heads = num_heads
        self.d_model = d_model
        self.d_ff = d_ff
        self.dropout = dropout
        self.attention_dropout = dropout if attention_dropout is None else attention_dropout
        self.activation = activation
        self.norm_first = norm_first
        self.norm_epsilon = norm_epsilon
        self.cross_attention = cross_attention
        self.kernel_initializer = kernel_initializer
        self.qkv_bias = qkv_bias
        self.drop_path = drop_path
        self.supports_masking = True

        self.attention = self._attention("attention")
        self.attention_residual = self._residual("attention_residual")
        if cross_attention:
            self.context_attention = self._attention("context_attention")
            self.context_residual = self._residual("context_residual")
        self.feed_forward = FeedForward(
            d_model,
            d_ff,
            activation,
            kernel_initializer=kernel_initializer,
            dtype=self.dtype_policy,
            name="feed_forward",
        )
        self.feed_forward_residual = self._residual("feed_forward_residual")

    def _attention(self, name):
        return MultiHeadAttention(
            self.num_heads,
            self.d_model,
            self.attention_dropout,
            kernel_initializer=self.kernel_initializer,
            qkv_bias=self.qkv_bias,
            dtype=self.dtype_policy,
            name=name,
        )

    def _residual(self, name):
        return Residual(
            self.dropout, self.norm_first, self.norm_epsilon, self.drop_path, dtype=self.dtype_policy, name=name
        )

    def build(self, input_shape):
        self.attention.build(input_shape)
        self.attention_residual.build(input_shape)
        if self.cross_attention:
            self.context_attention.build(input_shape)
            self.context_residual.build(input_shape)
        self.feed_forward.build(input_shape)
        self.feed_forward_residual.build(input_shape)

    def call(
        self,
        inputs,
        bias=None,
        context=None,
        context_keys_values=None,
        context_bias=None,
        cache=None,
        cache_index=None,
        num_outputs=None,
        training=False,
        return_scores=False,
    ):
        if self.cross_attention and context is None and context_keys_values is None:
            raise ValueError("This block has cross-attention: `context` must be given. Received: context=None.")
        attended = self._attend(
            self.attention_residual.before(inputs),
            num_outputs,
            bias,
            cache=cache,
            cache_index=cache_index,
            training=training,
            return_scores=return_scores,
        )
        attended, extras = (attended[0], attended[1:]) if isinstance(attended, tuple) else (attended, ())
        x = self.attention_residual(_first(inputs, num_outputs), attended, training=training)
        if self.cross_attention:
            mixed = self.context_attention(
                self.context_residual.before(x),
                context=context,
                keys_values=context_keys_values,
                bias=context_bias,
                training=training,
                return_scores=return_scores,
            )
            if return_scores:
                mixed, context_scores = mixed
                extras = (extras[0], context_scores, *extras[1:])
            x = self.context_residual(x, mixed, training=training)
        transformed = self.feed_forward(self.feed_forward_residual.before(x), training=training)
        x = self.feed_forward_residual(x, transformed, training=training)
        return (x, *extras) if extras else x

    def _attend(self, x, num_outputs, bias, **arguments):
        if num_outputs is None:
            return self.attention(x, bias=bias, **arguments)
        bias = None if bias is None else bias[:, :, :num_outputs]
        return self.attention(_first(x, num_outputs), context=x, bias=bias, **arguments)

    def drop_paths(self):
        """The `DropPath` layers, one per sublayer; none at a rate of 0."""
        residuals = [layer for layer in self._layers if isinstance(layer, Residual)]
        return [residual.output_drop_path for residual in residuals if residual.output_drop_path is not None]

    def compute_output_spec(
        self,
        inputs,
        context=None,
        context_keys_values=None,
        cache=None,
        num_outputs=None,
        return_scores=False,
        **kwargs,
    ):
        length = inputs.shape[1] if num_outputs is None else num_outputs
        queries = keras.KerasTensor((inputs.shape[0], length, self.d_model), dtype=self.compute_dtype)
        outputs = self.attention.compute_output_spec(queries, inputs, cache=cache, return_scores=return_scores)
        if not (self.cross_attention and return_scores):
            return outputs
        _, context_scores = self.context_attention.compute_output_spec(
            queries, context, context_keys_values, return_scores=True
        )
        return (*outputs[:2], context_scores, *outputs[2:])

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "d_model": self.d_model,
            "d_ff": self.d_ff,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation": self.activation,
            "norm_first": self.norm_first,
            "norm_epsilon": self.norm_epsilon,
            "cross_attention": self.cross_attention,
            "kernel_initializer": self.kernel_initializer,
            "qkv_bias": self.qkv_bias,
            "drop_path": self.drop_path,
        }


def _first(x, num_outputs):
    return x if num_outputs is None else x[:, :num_outputs]


@keras.saving.register_keras_serializable("kformer")
class Residual(keras.layers.Layer):
    """What surrounds a sublayer f: with `norm_first` x + dropout(f(norm(x))), otherwise norm(x + dropout(f(x))).

    Use: `residual(x, f(residual.before(x)))`.

    Args:
        dropout: float, rate on f's output.
        norm_first: bool, normalise what f reads and not what comes out.
        norm_epsilon: float, added to the variance.
        drop_path: float, rate of `DropPath` on f's output; at 0 there is no such layer.

    Call arguments:
        inputs, outputs: (batch, length, d_model), what f read (before the norm) and what it returned.

    Returns:
        (batch, length, d_model).
    """

    def __init__(self, dropout=0.1, norm_first=False, norm_epsilon=1e-12, drop_path=0.0, **kwargs):
        super().__init__(**kwargs)
        self.dropout = dropout
        self.norm_first = norm_first
        self.norm_epsilon = norm_epsilon
        self.drop_path = drop_path
        self.output_dropout = Dropout(dropout, dtype=self.dtype_policy, name="dropout")
        self.output_drop_path = DropPath(drop_path, dtype=self.dtype_policy, name="drop_path") if drop_path else None
        self.norm = LayerNormalization(epsilon=norm_epsilon, dtype=self.dtype_policy, name="norm")

    def build(self, input_shape):
        self.output_dropout.build(input_shape)
        if self.output_drop_path is not None:
            self.output_drop_path.build(input_shape)
        self.norm.build(input_shape)

    def before(self, inputs):
        """What the sublayer is to read: the inputs, normalised under `norm_first`."""
        return self.norm(inputs) if self.norm_first else inputs

    def call(self, inputs, outputs, training=False):
        outputs = self.output_dropout(outputs, training=training)
        if self.output_drop_path is not None:
            outputs = self.output_drop_path(outputs, training=training)
        x = inputs + outputs
        return x if self.norm_first else self.norm(x)

    def get_config(self):
        return {
            **super().get_config(),
            "dropout": self.dropout,
            "norm_first": self.norm_first,
            "norm_epsilon": self.norm_epsilon,
            "drop_path": self.drop_path,
        }
