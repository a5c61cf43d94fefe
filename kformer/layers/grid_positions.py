"""Learned positions on a grid, stretched to grids of other sizes."""

import keras
import numpy as np
from keras import ops

from kformer.layers.embeddings import sinusoids
from kformer.layers.initializers import truncated_normal

POSITION_INITIALIZERS = ("truncated_normal", "sinusoidal")
CUBIC = -0.75  # the kernel's parameter in PyTorch, whose interpolation the checkpoints were tuned with


@keras.saving.register_keras_serializable("kformer")
class GridPositionEmbedding(keras.layers.Layer):
    """A learned vector per place of a grid, and per token that stands before or after it.

    Grids of another size read the table through bicubic interpolation, as in Dosovitskiy et al., arXiv 2010.11929,
    section 3.2; the tokens outside the grid keep their vectors.

    Args:
        grid: two ints, rows and columns of the table.
        d_model: int, width of the vectors.
        num_before, num_after: ints, tokens before the grid (a class token) and after it.
        initializer: str, how the vectors begin: "truncated_normal", or "sinusoidal", see `sinusoidal_grid`, from which
            they learn sooner what lies beside what (Beyer et al., "Better plain ViT baselines for ImageNet-1k", arXiv
            2205.01580, who leave them so). Tokens outside the grid begin with 0 then.

    Call arguments:
        patches: (batch, rows, columns, d_model); only the grid's size is read.

    Returns:
        (1, num_before + rows x columns + num_after, d_model), to be added to the tokens, the grid row by row.
    """

    def __init__(self, grid, d_model, num_before=0, num_after=0, initializer="truncated_normal", **kwargs):
        super().__init__(**kwargs)
        self.grid = tuple(grid)
        if len(self.grid) != 2 or min(self.grid) < 1:
            raise ValueError(f"`grid` must be two positive integers, rows and columns. Received: grid={grid}.")
        if initializer not in POSITION_INITIALIZERS:
            raise ValueError(
                f"`initializer` must be one of {', '.join(POSITION_INITIALIZERS)}. Received: "
                f"initializer={initializer!r}."
            )
        self.d_model = d_model
        self.num_before = num_before
        self.num_after = num_after
        self.initializer = initializer

    def build(self, patches_shape=None):
        positions = self.num_before + self.grid[0] * self.grid[1] + self.num_after
        initializer = self._begin if self.initializer == "sinusoidal" else truncated_normal()
        self.embeddings = self.add_weight(name="embeddings", shape=(positions, self.d_model), initializer=initializer)

    def _begin(self, shape, dtype=None):
        table = np.pad(sinusoidal_grid(self.grid, self.d_model), ((self.num_before, self.num_after), (0, 0)))
        return ops.convert_to_tensor(table, dtype)

    def call(self, patches):
        rows, columns = ops.shape(patches)[1:3]
        table = stretch(self.embeddings, self.grid, (rows, columns), self.num_before)
        return ops.expand_dims(table, axis=0)

    def compute_output_shape(self, patches_shape):
        rows, columns = patches_shape[1:3]
        known = None not in (rows, columns)
        return (1, self.num_before + rows * columns + self.num_after if known else None, self.d_model)

    def get_config(self):
        return {
            **super().get_config(),
            "grid": list(self.grid),
            "d_model": self.d_model,
            "num_before": self.num_before,
            "num_after": self.num_after,
            "initializer": self.initializer,
        }


def sinusoidal_grid(grid, d_model):
    """Positions on a grid as the Transformer has them in a sentence, half of the vector for each axis.

    Args:
        grid: two ints, rows and columns.
        d_model: int, a multiple of 4.

    Returns:
        float32 (rows x columns, d_model), row by row: sines and cosines of the row, then those of the column.

    Raises:
        ValueError: `d_model` is no multiple of 4.
    """
    if d_model % 4:
        raise ValueError(f"Sinusoidal positions need a `d_model` that 4 divides. Received: d_model={d_model}.")
    rows, columns = grid
    down, across = sinusoids(rows, d_model // 2), sinusoids(columns, d_model // 2)
    return np.concatenate([np.repeat(down, columns, axis=0), np.tile(across, (rows, 1))], axis=1)


def stretch(table, grid, new_grid, num_before=0):
    """A table of positions with its grid at another size: (..., positions, d_model).

    Args:
        table: (..., positions, d_model): `num_before` tokens, the grid row by row, and the tokens after it.
        grid: two ints, rows and columns of the table's grid.
        new_grid: two ints or scalar tensors.
        num_before: int.
    """
    if all(isinstance(new, int) and new == old for new, old in zip(new_grid, grid, strict=True)):
        return table
    end = num_before + grid[0] * grid[1]
    before, patches, after = table[..., :num_before, :], table[..., num_before:end, :], table[..., end:, :]
    leading, d_model = table.shape[:-2], table.shape[-1]
    down, across = (ops.cast(bicubic_matrix(new, old), table.dtype) for new, old in zip(new_grid, grid, strict=True))
    x = ops.matmul(down, ops.reshape(patches, (-1, grid[0], grid[1] * d_model)))
    x = ops.matmul(across, ops.reshape(x, (-1, grid[1], d_model)))
    x = ops.reshape(x, (*leading, -1, d_model))
    return ops.concatenate([before, x, after], axis=-2)


def bicubic_matrix(length, table_length):
    """(length, table_length): the weights with which `length` places read a row of `table_length` values.

    Place i lies at (i + 1/2) table_length / length - 1/2 and reads the four values around it, those at the ends in
    place of the values that would lie outside (Keys, "Cubic Convolution Interpolation", 1981, equation 15).

    Args:
        length: int, for a constant NumPy matrix (float64); or a scalar tensor.
        table_length: int.
    """
    if isinstance(length, int):
        xp, place = np, np.arange(length)
    else:
        xp, place, length = ops, ops.cast(ops.arange(length), "float32"), ops.cast(length, "float32")
    position = (place + 0.5) * (table_length / length) - 0.5
    neighbour = xp.expand_dims(xp.floor(position), axis=1) + np.arange(-1, 3, dtype="float32")
    distance = xp.abs(xp.expand_dims(position, axis=1) - neighbour)
    near = (CUBIC + 2) * distance**3 - (CUBIC + 3) * distance**2 + 1
    far = CUBIC * (distance**3 - 5 * distance**2 + 8 * distance - 4)
    weight = xp.where(distance <= 1, near, far)
    column = xp.expand_dims(xp.clip(neighbour, 0, table_length - 1), axis=2)
    is_read = xp.equal(column, np.arange(table_length, dtype="float32"))
    return xp.sum(xp.where(is_read, xp.expand_dims(weight, axis=2), 0.0), axis=1)
