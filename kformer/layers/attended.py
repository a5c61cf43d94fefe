"""What queries attend to: keys and values, or the context that these would be projected from."""

import dataclasses

import keras
from keras import ops


@dataclasses.dataclass(frozen=True)
class KeysValues:
    """Keys and values, a row for each position of the context.

    Attributes:
        key, value: (batch, num_heads, key, d_head).
    """

    key: object
    value: object

    def logits(self, query):
        """Each query times each key: (batch, num_heads, query, key) of (batch, num_heads, query, d_head)."""
        if query.shape[2] == 1:
            # One query and many cached keys: the keys, all of them, would be turned around in each step of decoding.
            return ops.swapaxes(ops.matmul(self.key, ops.swapaxes(query, -1, -2)), -1, -2)
        return ops.matmul(query, ops.swapaxes(self.key, -1, -2))

    def mixture(self, weights):
        """The values weighted and added: (batch, num_heads, query, d_head) of (batch, num_heads, query, key)."""
        return ops.matmul(weights, self.value)


@dataclasses.dataclass(frozen=True)
class UnprojectedContext:
    """Gives what `KeysValues` of a context give, and projects nothing for each position: for few queries.

    Products associate: q (x K)^T = (q K^T) x^T, and the weighted sum of values is the value of the weighted sum. So the
    two projections act once for each query and head. That is less work for fewer than `d_head` queries; a classifier's
    one is the usual case.

    Attributes:
        context: (batch, key, d_context).
        key, value: `Dense` layers, the projections.
        num_heads: int.
    """

    context: object
    key: keras.layers.Dense
    value: keras.layers.Dense
    num_heads: int

    def logits(self, query):
        """As of `KeysValues`."""
        batch, num_heads, length, _ = ops.shape(query)
        kernel, bias = self._by_head(self.key, query.dtype)
        projected = ops.reshape(ops.einsum("bhqe,dhe->bhqd", query, kernel), (batch, -1, self.context.shape[-1]))
        logits = ops.swapaxes(ops.matmul(self.context, ops.swapaxes(projected, -1, -2)), -1, -2)
        logits = ops.reshape(logits, (batch, num_heads, length, ops.shape(self.context)[1]))
        return logits if bias is None else logits + ops.einsum("bhqe,he->bhq", query, bias)[..., None]

    def mixture(self, weights):
        """As of `KeysValues`."""
        batch, num_heads, length, num_keys = ops.shape(weights)
        kernel, bias = self._by_head(self.value, weights.dtype)
        mixed = ops.matmul(ops.reshape(weights, (batch, -1, num_keys)), self.context)
        mixed = ops.reshape(mixed, (batch, num_heads, length, self.context.shape[-1]))
        mixed = ops.einsum("bhqd,dhe->bhqe", mixed, kernel)
        # Under dropout the weights do not add to 1.
        return mixed if bias is None else mixed + ops.sum(weights, axis=-1, keepdims=True) * bias[:, None]

    def _by_head(self, projection, dtype):
        """A projection's kernel (d_context, num_heads, d_head) and bias (num_heads, d_head) or None."""
        kernel = ops.reshape(ops.cast(projection.kernel, dtype), (self.context.shape[-1], self.num_heads, -1))
        if projection.bias is None:
            return kernel, None
        return kernel, ops.reshape(ops.cast(projection.bias, dtype), (self.num_heads, -1))
