"""Vectors for tokens and for positions."""

import keras
import numpy as np
from keras import ops

from kformer.layers.initializers import truncated_normal

KERNELS = 4  # parts of a table that are multiplied side by side


@keras.saving.register_keras_serializable("kformer")
class TokenEmbedding(keras.layers.Layer):
    """A learned vector per id, optionally scaled by sqrt(d_model) as in the encoder-decoder Transformer.

    Paper: Vaswani et al., arXiv 1706.03762, section 3.4 (for the scale).

    Args:
        vocab_size: int, number of ids.
        d_model: int, width of the vectors.
        scale: bool, multiply by sqrt(d_model); the table then begins with a standard deviation of 1 / sqrt(d_model),
            so that the vectors have that of 1.

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
        stddev = self.d_model**-0.5 if self.scale else 0.02
        self.embeddings = self.add_weight(
            name="embeddings", shape=(self.vocab_size, self.d_model), initializer=truncated_normal(stddev)
        )

    def call(self, token_ids):
        vectors = ops.take(self.embeddings, token_ids, axis=0)
        return vectors * self.d_model**0.5 if self.scale else vectors

    def logits(self, x, kernels=None):
        """How well vectors (batch, length, d_model) fit each id: (batch, length, vocab_size), a tied output layer.

        Paper: Press and Wolf, "Using the Output Embedding to Improve Language Models", arXiv 1608.05859.

        Args:
            x: (batch, length, d_model).
            kernels: what `kernels` gave, where many calls with few vectors read one table.
        """
        if kernels is None:
            return ops.matmul(x, ops.transpose(ops.cast(self.embeddings, x.dtype)))
        return ops.concatenate([ops.matmul(x, kernel) for kernel in kernels], axis=-1)

    def kernels(self):
        """The table as kernels of an output layer, side by side: a tuple of (d_model, part of vocab_size).

        For the loop of decoding. XLA on a CPU turns a table around at each product with a handful of vectors, and works
        on one product in fewer threads than on several: a step of 8 rows (6 layers, 384, 8,000 words) took 4.9 ms with
        the table, 2.9 ms with one kernel and 2.6 ms with four.
        """
        kernel = ops.transpose(ops.cast(self.embeddings, self.compute_dtype))
        bounds = [self.vocab_size * i // KERNELS for i in range(KERNELS + 1)]
        return tuple(kernel[:, start:end] for start, end in zip(bounds[:-1], bounds[1:], strict=True))

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
        positions: (batch or 1, length) ints; 0, 1, 2, ... when None. They differ where a key-value cache holds the
            earlier positions, or where rows are padded in front.

    Returns:
        (batch or 1, length, d_model), to be added to the token vectors.
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

    def call(self, inputs, positions=None):
        _check_length(inputs, self.max_length)
        return rows_at(self.embeddings, inputs, positions, self.offset)

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
        max_length: int, number of positions that the table holds; longer inputs are an error.
        d_model: int, width of the vectors.
        interleaved: bool, sines in even and cosines in odd columns, as in the paper; otherwise all sines come first,
            as in the authors' own code (tensor2tensor) and in Marian.

    Call arguments:
        inputs: (batch, length, d_model) or (batch, length); only the length is read.
        positions: as in `PositionEmbedding`.

    Returns:
        (batch or 1, length, d_model), to be added to the token vectors.
    """

    def __init__(self, max_length, d_model, interleaved=True, **kwargs):
        super().__init__(**kwargs)
        self.max_length = max_length
        self.d_model = d_model
        self.interleaved = interleaved

    def build(self, input_shape=None):
        self.table = sinusoids(self.max_length, self.d_model, self.interleaved)

    def call(self, inputs, positions=None):
        _check_length(inputs, self.max_length)
        return rows_at(ops.convert_to_tensor(self.table, dtype=self.compute_dtype), inputs, positions)

    def compute_output_shape(self, input_shape):
        return (1, input_shape[1], self.d_model)

    def get_config(self):
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "d_model": self.d_model,
            "interleaved": self.interleaved,
        }


def sinusoids(max_length, d_model, interleaved=True):
    """The table of `SinusoidalPositionEmbedding`: float32 (max_length, d_model)."""
    position = np.arange(max_length)[:, None]
    column = np.arange(d_model)[None, :]
    angle = position / np.power(10000.0, 2 * (column // 2) / d_model)
    table = np.where(column % 2 == 0, np.sin(angle), np.cos(angle)).astype("float32")
    return table if interleaved else np.concatenate([table[:, 0::2], table[:, 1::2]], axis=1)


def rows_at(table, inputs, positions=None, offset=0):
    """The rows of a table of positions: (batch or 1, length, d_model).

    Args:
        table: (positions, d_model).
        inputs: (batch, length, ...); only the length is read.
        positions: (batch or 1, length) ints; 0, 1, 2, ... when None.
        offset: int, row of position 0.
    """
    if positions is None:
        rows = ops.slice(table, (offset, 0), (ops.shape(inputs)[1], table.shape[1]))
        return ops.expand_dims(rows, axis=0)
    return ops.take(table, positions + offset, axis=0)


def _check_length(inputs, max_length):
    if inputs.shape[1] is not None and inputs.shape[1] > max_length:
        raise ValueError(
            f"The input has {inputs.shape[1]} positions, but the model has {max_length}: cut the input, or "
            "lower `max_length`."
        )
