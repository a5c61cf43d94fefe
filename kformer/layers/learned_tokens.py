"""Tokens that stand for no part of the input."""

import keras
from keras import ops

from kformer.layers.initializers import truncated_normal


@keras.saving.register_keras_serializable("kformer")
class LearnedTokens(keras.layers.Layer):
    """Learned vectors, the same for every example: a class token, DeiT's distillation token, YOLOS' detection tokens.

    Args:
        num_tokens: int.
        d_model: int, width of the vectors.

    Call arguments:
        inputs: (batch, length, d_model), the tokens that these will stand beside; only the batch is read.

    Returns:
        (batch, num_tokens, d_model).
    """

    def __init__(self, num_tokens, d_model, **kwargs):
        super().__init__(**kwargs)
        if num_tokens < 1:
            raise ValueError(f"`num_tokens` must be a positive integer. Received: num_tokens={num_tokens}.")
        self.num_tokens = num_tokens
        self.d_model = d_model

    def build(self, input_shape=None):
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.num_tokens, self.d_model), initializer=truncated_normal()
        )

    def call(self, inputs):
        return ops.tile(ops.expand_dims(self.embeddings, axis=0), (ops.shape(inputs)[0], 1, 1))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.num_tokens, self.d_model)

    def get_config(self):
        return {**super().get_config(), "num_tokens": self.num_tokens, "d_model": self.d_model}
