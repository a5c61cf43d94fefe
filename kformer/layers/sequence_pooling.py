"""One vector for a sequence, by learned weights."""

import keras
from keras import ops

from kformer.layers.initializers import truncated_normal


@keras.saving.register_keras_serializable("kformer")
class SequencePooling(keras.layers.Layer):
    """The weighted mean of a sequence's vectors: softmax(x W + b)^T x, the softmax over the positions.

    It takes the place of a class token. Paper: Hassani et al., "Escaping the Big Data Paradigm with Compact
    Transformers", arXiv 2104.05704, section 3.2.

    Call arguments:
        inputs: (batch, length, d_model).

    Returns:
        (batch, d_model).
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        # Without the bias that the paper's formula has: the softmax cancels it.
        self.weight = keras.layers.Dense(
            1, use_bias=False, kernel_initializer=truncated_normal(), dtype=self.dtype_policy, name="weight"
        )

    def build(self, input_shape):
        self.weight.build(input_shape)

    def call(self, inputs):
        weights = ops.softmax(ops.squeeze(self.weight(inputs), axis=-1), axis=-1)
        return ops.squeeze(ops.matmul(ops.expand_dims(weights, axis=1), inputs), axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[-1])
