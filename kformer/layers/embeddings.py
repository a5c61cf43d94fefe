"""Vectors for tokens and for positions."""

import keras
import numpy as np
from keras import ops

from kformer.layers.activations import truncated_normal


@keras.saving.register_keras_serializable("kformer")
class TokenEmbedding(keras.layers.Layer):
    """A learned vector per id, optionally scaled by sqrt(d_model) as in the encoder-decoder Transformer.

    Paper: Vaswani et al., arXiv 1706.03762, section 3.4 (for the scale).

    Args:
        vocab_size: int, number of ids.
        d_model: int, width of the vectors.
        scale: bool, multiply by sqrt(d_model).

    Call arguments:
        token_ids: (batch, length), integers in [0, vocab_size).

    Returns:
        (batch, length, d_model).
    """

    def __init__(self, vocab_size, d_model, scale=False, **kwargs):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.d_model = d_model
        self.scale = scale

    def build(self, input_shape=None):
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.vocab_size, self.d_model), initializer=truncated_normal()
        )

    def call(self, token_ids):
        vectors = ops.take(self.embeddings, token_ids, axis=0)
        return vectors * self.d_model**0.5 if self.scale else vectors

    def compute_output_shape(self, input_shape):
        return (*input_shape, self.d_model)

    def get_config(self):
        return {**super().get_config(), "vocab_size": self.vocab_size, "d_model": self.d_model, "scale": self.scale}


@keras.saving.register_keras_serializable("kformer")
class PositionEmbedding(keras.layers.Layer):
    """A learned vector per position.

    Args:
        max_length: int, number of positions; longer inputs are an error.
        d_model: int, width of the vectors.
        offset: int, row of the first position (RoBERTa's tables begin at 2).

    Call arguments:
        inputs: (batch, length, d_model) or (batch, length); only the length is read.
        start: int or scalar tensor, the position of the first input (used with a key-value cache).

    Returns:
        (1, length, d_model), to be added to the token vectors.
    """

    def __init__(self, max_length, d_model, offset=0, **kwargs):
        super().__init__(**kwargs)
        self.max_length = max_length
        self.d_model = d_model
        self.offset = offset

    def build(self, input_shape=None):
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.max_length + self.offset, self.d_model), initializer=truncated_normal()
        )

    def call(self, inputs, start=0):
        if inputs.shape[1] is not None and inputs.shape[1] > self.max_length:
            raise ValueError(
                f"The input has {inputs.shape[1]} positions, but the model has {self.max_length}: cut the input, or "
                "lower `max_length`."
            )
        rows = ops.slice(self.embeddings, (start + self.offset, 0), (ops.shape(inputs)[1], self.d_model))
        return ops.expand_dims(rows, axis=0)

    def compute_output_shape(self, input_shape):
        return (1, input_shape[1], self.d_model)

    def get_config(self):
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "d_model": self.d_model,
            "offset": self.offset,
        }


@keras.saving.register_keras_serializable("kformer")
class SinusoidalPositionEmbedding(keras.layers.Layer):
    """Fixed vectors of sines and cosines: PE(p, 2i) = sin(p / 10000^(2i / d_model)), PE(p, 2i+1) = cos of the same.

    Paper: Vaswani et al., arXiv 1706.03762, section 3.5.

    Args:
        max_length: int, number of positions that the table holds.
        d_model: int, width of the vectors.

    Call arguments:
        inputs: (batch, length, d_model) or (batch, length); only the length is read.
        start: int or scalar tensor, the position of the first input.

    Returns:
        (1, length, d_model), to be added to the token vectors.
    """

    def __init__(self, max_length, d_model, **kwargs):
        super().__init__(**kwargs)
        self.max_length = max_length
        self.d_model = d_model

    def build(self, input_shape=None):
        self.table = sinusoids(self.max_length, self.d_model)

    def call(self, inputs, start=0):
        table = ops.convert_to_tensor(self.table, dtype=self.compute_dtype)
        rows = ops.slice(table, (start, 0), (ops.shape(inputs)[1], self.d_model))
        return ops.expand_dims(rows, axis=0)

    def compute_output_shape(self, input_shape):
        return (1, input_shape[1], self.d_model)

    def get_config(self):
        return {**super().get_config(), "max_length": self.max_length, "d_model": self.d_model}


def sinusoids(max_length, d_model):
    """The table of `SinusoidalPositionEmbedding`: float32 (max_length, d_model), sines in even columns."""
    position = np.arange(max_length)[:, None]
    column = np.arange(d_model)[None, :]
    angle = position / np.power(10000.0, 2 * (column // 2) / d_model)
    return np.where(column % 2 == 0, np.sin(angle), np.cos(angle)).astype("float32")
