"""Positions on a grid, and their interpolation against NumPy; against PyTorch's in `tests/parity`."""

import numpy as np
import pytest
import tensorflow as tf

from kformer.layers import GridPositionEmbedding
from kformer.layers.grid_positions import bicubic_matrix, sinusoidal_grid, stretch
from tests.tiny import randomise

random = np.random.default_rng(0)


def cubic(distance, a=-0.75):
    d = abs(distance)
    if d <= 1:
        return (a + 2) * d**3 - (a + 3) * d**2 + 1
    return a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a if d < 2 else 0.0


def interpolated(grid, rows, columns):
    """Bicubic interpolation, one pixel at a time: (rows, columns, d_model)."""
    height, width, _ = grid.shape
    result = np.zeros((rows, columns, grid.shape[2]))
    for i in range(rows):
        for j in range(columns):
            y, x = (i + 0.5) * height / rows - 0.5, (j + 0.5) * width / columns - 0.5
            for k in range(int(np.floor(y)) - 1, int(np.floor(y)) + 3):
                for m in range(int(np.floor(x)) - 1, int(np.floor(x)) + 3):
                    value = grid[np.clip(k, 0, height - 1), np.clip(m, 0, width - 1)]
                    result[i, j] += cubic(y - k) * cubic(x - m) * value
    return result


@pytest.mark.parametrize("size", [(3, 4), (6, 8), (5, 2), (1, 1), (7, 4)])
def test_a_stretched_table_is_interpolated(size):
    table = random.normal(size=(1 + 12 + 2, 5)).astype("float32")
    stretched = np.asarray(stretch(table, (3, 4), size, num_before=1))
    expected = interpolated(table[1:13].reshape(3, 4, 5), *size).reshape(-1, 5)
    np.testing.assert_allclose(stretched[1:-2], expected, atol=1e-6)
    np.testing.assert_array_equal(stretched[[0, -2, -1]], table[[0, -2, -1]])


def test_several_tables_are_stretched_at_once():
    tables = random.normal(size=(2, 1 + 12, 5)).astype("float32")
    expected = [stretch(table, (3, 4), (5, 6), num_before=1) for table in tables]
    np.testing.assert_allclose(stretch(tables, (3, 4), (5, 6), num_before=1), expected, atol=1e-6)


def test_a_constant_table_stays_constant():
    np.testing.assert_allclose(bicubic_matrix(7, 3).sum(axis=1), 1.0, rtol=1e-12)


def test_a_table_read_at_its_own_size_is_itself():
    np.testing.assert_array_equal(bicubic_matrix(4, 4), np.eye(4))


@pytest.mark.parametrize("length", [1, 2, 5, 9])
def test_a_length_known_only_in_the_graph_gives_the_same_weights(length):
    @tf.function(input_signature=[tf.TensorSpec((), "int32")])
    def matrix(length):
        return bicubic_matrix(length, 4)

    np.testing.assert_allclose(matrix(length), bicubic_matrix(length, 4), atol=5e-6)


def test_the_table_s_own_grid_costs_no_interpolation():
    layer = GridPositionEmbedding((2, 3), 4, num_before=1)
    layer.build()
    randomise(layer)
    np.testing.assert_array_equal(layer(np.zeros((5, 2, 3, 9)))[0], layer.embeddings)


def test_its_shape_is_known_where_the_grid_is():
    layer = GridPositionEmbedding((2, 3), 4, num_before=1, num_after=2)
    assert layer.compute_output_shape((None, 5, 6, 4)) == (1, 33, 4)
    assert layer.compute_output_shape((None, None, 6, 4)) == (1, None, 4)


@pytest.mark.parametrize("grid", [(0, 3), (2,)])
def test_a_grid_has_two_sides(grid):
    with pytest.raises(ValueError, match="`grid` must be two positive integers, rows and columns. Received: grid="):
        GridPositionEmbedding(grid, 4)


def test_sinusoidal_positions_are_those_of_a_sentence_on_each_axis():
    table = sinusoidal_grid((3, 4), 8).reshape(3, 4, 8)
    rate = np.array([1.0, 0.01])  # 1 and 10000^(-2 / 4)
    for row in range(3):
        for column in range(4):
            expected = [f(place * r) for place in (row, column) for r in rate for f in (np.sin, np.cos)]
            np.testing.assert_allclose(table[row, column], expected, atol=1e-6)


def test_positions_begin_sinusoidal_and_learn():
    layer = GridPositionEmbedding((3, 4), 8, num_before=1, num_after=2, initializer="sinusoidal")
    layer.build()
    np.testing.assert_array_equal(layer.embeddings[1:13], sinusoidal_grid((3, 4), 8))
    np.testing.assert_array_equal(np.asarray(layer.embeddings)[[0, 13, 14]], 0.0)
    assert layer.trainable_variables == [layer.embeddings]


def test_sinusoidal_positions_need_a_width_that_4_divides():
    with pytest.raises(ValueError, match="a `d_model` that 4 divides. Received: d_model=6."):
        sinusoidal_grid((2, 2), 6)


def test_an_unknown_initializer_is_refused():
    with pytest.raises(ValueError, match="must be one of truncated_normal, sinusoidal. Received: initializer='zero'."):
        GridPositionEmbedding((2, 2), 8, initializer="zero")
