"""Multi-head attention."""

import math

import keras
from keras import ops

from kformer.layers.attended import KeysValues, UnprojectedContext
from kformer.layers.dropout import Dropout
from kformer.layers.initializers import kernel_initializer_of
from kformer.layers.masks import attention_bias, causal_mask, combine_masks


@keras.saving.register_keras_serializable("kformer")
class MultiHeadAttention(keras.layers.Layer):
    """Multi-head attention: softmax(Q K^T / sqrt(d_head)) V per head, heads joined and projected.

    The feature axis, not the sequence, is split into heads: `d_head = d_model / num_heads`. Query, key, value and
    output are separate `Dense` layers. Without `context` it is self-attention; with it, cross-attention.
    Paper: Vaswani et al., "Attention Is All You Need", arXiv 1706.03762, section 3.2.

    Args:
        num_heads: int, must divide `d_model`.
        d_model: int, width of inputs and outputs.
        dropout: float, rate on the attention weights.
        kernel_initializer: str, see `layers.initializers`.
        qkv_bias: bool, biases on the projections to queries, keys and values.

    Call arguments:
        inputs: (batch, query, d_model).
        context: (batch, key, d_context), where keys and values come from; `inputs` when None.
        keys_values: `keys_values(context)` in place of `context`, where many calls read one context.
        padding_mask: (batch, key), True at real positions of the keys.
        attention_mask: (batch, query, key), True where attention is allowed.
        use_causal_mask: bool; queries then see no later key.
        bias: (batch or 1, 1, query or 1, key), masks already combined by `masks.attention_bias`; saves doing it in
            every layer of a stack. Added to what the masks say.
        cache: `(keys, values)`, each (batch, num_heads, max_length, d_head), of earlier positions; see `cache_index`.
        cache_index: int or scalar tensor: the position of the first query. This call's keys and values are written
            there, and each query sees the positions up to its own (a `bias` must say so itself).
        return_scores: bool; also return the attention weights.

    Returns:
        (batch, query, d_model); or a tuple of it, then the weights (batch, num_heads, query, key) if
        `return_scores`, then the updated cache if `cache` was given.
    """

    def __init__(self, num_heads, d_model, dropout=0.0, kernel_initializer="truncated_normal", qkv_bias=True, **kwargs):
        super().__init__(**kwargs)
        if num_heads < 1 or d_model % num_heads:
            raise ValueError(f"`num_heads` must divide `d_model`. Received: num_heads={num_heads}, d_model={d_model}.")
        self.num_heads = num_heads
        self.d_model = d_model
        self.dropout = dropout
        self.kernel_initializer = kernel_initializer
        self.qkv_bias = qkv_bias
        self.d_head = d_model // num_heads
        self.supports_masking = True
        self.query = self._projection("query", qkv_bias)
        self.key = self._projection("key", qkv_bias)
        self.value = self._projection("value", qkv_bias)
        self.output_projection = self._projection("output")
        self.score_dropout = Dropout(dropout, dtype=self.dtype_policy, name="score_dropout")

    def _projection(self, name, use_bias=True):
        return keras.layers.Dense(
            self.d_model,
            use_bias=use_bias,
            kernel_initializer=kernel_initializer_of(self.kernel_initializer),
            dtype=self.dtype_policy,
            name=name,
        )

    def build(self, inputs_shape, context_shape=None):
        context_shape = inputs_shape if context_shape is None else context_shape
        self.query.build(inputs_shape)
        self.key.build(context_shape)
        self.value.build(context_shape)
        self.output_projection.build((*inputs_shape[:-1], self.d_model))
        self.score_dropout.build((None, self.num_heads, None, None))

    def call(
        self,
        inputs,
        context=None,
        keys_values=None,
        padding_mask=None,
        attention_mask=None,
        use_causal_mask=False,
        bias=None,
        cache=None,
        cache_index=None,
        training=False,
        return_scores=False,
    ):
        query = self._heads(self.query, inputs) * (1.0 / math.sqrt(self.d_head))
        if keys_values is None and cache is None and self._has_few(inputs, context):
            attended = UnprojectedContext(context, self.key, self.value, self.num_heads)
        else:
            if keys_values is None:
                keys_values = self.keys_values(inputs if context is None else context)
            if cache is not None:
                keys_values = cache = tuple(
                    ops.slice_update(old, (0, 0, cache_index, 0), ops.cast(new, old.dtype))
                    for old, new in zip(cache, keys_values, strict=True)
                )
                if bias is None:
                    attention_mask = _allow_cached(attention_mask, query, cache[0], cache_index)
            attended = KeysValues(*keys_values)

        logits = attended.logits(query)
        causal = causal_mask(*ops.shape(logits)[2:]) if use_causal_mask and cache is None else None
        mask = combine_masks(padding_mask, attention_mask, causal)
        if mask is not None:
            logits = logits + attention_bias(mask, logits.dtype)
        if bias is not None:
            logits = logits + bias
        # Keras warns of a softmax over one element, which the first token of a sequence is.
        scores = ops.ones_like(logits) if logits.shape[-1] == 1 else ops.softmax(logits, axis=-1)
        mixed = attended.mixture(self.score_dropout(scores, training=training))
        outputs = self._joined(mixed, self.output_projection)

        extras = ((scores,) if return_scores else ()) + ((cache,) if cache is not None else ())
        return (outputs, *extras) if extras else outputs

    def keys_values(self, context):
        """The keys and values of a context (batch, key, d_context): two tensors (batch, num_heads, key, d_head)."""
        return self._heads(self.key, context), self._heads(self.value, context)

    def _has_few(self, queries, context):
        """Whether so few queries of a context are known to come that `UnprojectedContext` is clearly less work."""
        return context is not None and queries.shape[1] is not None and 2 * queries.shape[1] <= self.d_head

    # The projections read matrices: TensorFlow adds the bias within the product of two matrices, and after any other.

    def _heads(self, projection, x):
        """(batch, length, d_in) -> (batch, num_heads, length, d_head)."""
        batch, length, width = ops.shape(x)
        x = projection(ops.reshape(x, (-1, width)))
        return ops.transpose(ops.reshape(x, (batch, length, self.num_heads, self.d_head)), (0, 2, 1, 3))

    def _joined(self, x, projection):
        """(batch, num_heads, length, d_head) -> (batch, length, d_model)."""
        batch, _, length, _ = ops.shape(x)
        x = projection(ops.reshape(ops.transpose(x, (0, 2, 1, 3)), (-1, self.d_model)))
        return ops.reshape(x, (batch, length, self.d_model))

    def empty_cache(self, batch_size, max_length):
        """Zero keys and values for `cache`: two tensors (batch_size, num_heads, max_length, d_head)."""
        shape = (batch_size, self.num_heads, max_length, self.d_head)
        return ops.zeros(shape, self.compute_dtype), ops.zeros(shape, self.compute_dtype)

    def compute_output_spec(self, inputs, context=None, keys_values=None, return_scores=False, cache=None, **kwargs):
        outputs = keras.KerasTensor((*inputs.shape[:-1], self.d_model), dtype=self.compute_dtype)
        if not return_scores and cache is None:
            return outputs
        stored = cache if cache is not None else keys_values
        key_length = stored[0].shape[2] if stored is not None else (inputs if context is None else context).shape[1]
        scores = keras.KerasTensor(
            (inputs.shape[0], self.num_heads, inputs.shape[1], key_length), dtype=self.compute_dtype
        )
        return (outputs, *((scores,) if return_scores else ()), *((cache,) if cache is not None else ()))

    def get_config(self):
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "d_model": self.d_model,
            "dropout": self.dropout,
            "kernel_initializer": self.kernel_initializer,
            "qkv_bias": self.qkv_bias,
        }


def _allow_cached(attention_mask, query, key, cache_index):
    """(batch or 1, query, key): each query sees the positions of the cache up to its own."""
    filled = ops.expand_dims(causal_mask(ops.shape(query)[2], ops.shape(key)[2], cache_index), axis=0)
    return filled if attention_mask is None else ops.logical_and(attention_mask, filled)
