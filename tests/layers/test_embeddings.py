import math

import numpy as np
import pytest
import tensorflow as tf

from kformer.layers import PositionEmbedding, SinusoidalPositionEmbedding, TokenEmbedding
from kformer.layers.embeddings import sinusoids

TOKEN_IDS = np.array([[3, 1, 0], [2, 2, 4]], "int32")


def test_a_token_s_vector_is_its_row():
    layer = TokenEmbedding(5, 8)
    outputs = layer(TOKEN_IDS)
    np.testing.assert_array_equal(outputs, np.asarray(layer.embeddings)[TOKEN_IDS])


def test_the_scale_is_the_root_of_the_width():
    layer = TokenEmbedding(5, 8, scale=True)
    outputs = layer(TOKEN_IDS)
    np.testing.assert_allclose(outputs, np.asarray(layer.embeddings)[TOKEN_IDS] * math.sqrt(8), rtol=1e-6)


@pytest.mark.parametrize("offset", [0, 2])
def test_positions_are_rows_from_the_offset_on(offset):
    layer = PositionEmbedding(6, 8, offset=offset)
    outputs = layer(TOKEN_IDS)
    assert layer.embeddings.shape == (6 + offset, 8)
    np.testing.assert_array_equal(outputs[0], np.asarray(layer.embeddings)[offset : offset + 3])


def test_positions_can_start_later():
    layer = PositionEmbedding(6, 8)
    outputs = layer(TOKEN_IDS, positions=np.array([[2, 3, 4]]))
    np.testing.assert_array_equal(outputs[0], np.asarray(layer.embeddings)[2:5])


def test_more_positions_than_there_are_are_refused():
    with pytest.raises(ValueError, match="The input has 3 positions, but the model has 2: cut the input"):
        PositionEmbedding(2, 8)(TOKEN_IDS)


def test_sinusoids_are_the_paper_s_formula():
    table = sinusoids(4, 6)
    for position in range(4):
        for i in range(3):
            angle = position / 10000 ** (2 * i / 6)
            assert table[position, 2 * i] == pytest.approx(math.sin(angle), abs=1e-6)
            assert table[position, 2 * i + 1] == pytest.approx(math.cos(angle), abs=1e-6)


def test_sinusoidal_positions_are_rows_of_the_table():
    outputs = SinusoidalPositionEmbedding(10, 8)(tf.constant(TOKEN_IDS), positions=np.array([[4, 5, 6]]))
    np.testing.assert_allclose(outputs[0], sinusoids(10, 8)[4:7], atol=1e-6)


def test_sinusoids_can_stand_before_cosines():
    table, apart = sinusoids(4, 6), sinusoids(4, 6, interleaved=False)
    np.testing.assert_array_equal(apart, np.concatenate([table[:, 0::2], table[:, 1::2]], axis=1))


def test_each_row_may_have_its_own_positions():
    layer = PositionEmbedding(6, 8)
    outputs = layer(TOKEN_IDS, positions=np.array([[0, 0, 1], [3, 4, 5]]))
    np.testing.assert_array_equal(outputs, np.asarray(layer.embeddings)[[[0, 0, 1], [3, 4, 5]]])


def test_tied_logits_are_products_with_each_vector():
    layer = TokenEmbedding(5, 8)
    layer.build()
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")
    np.testing.assert_allclose(layer.logits(x), x @ np.asarray(layer.embeddings).T, rtol=1e-5, atol=1e-6)


def test_sinusoids_are_not_trained():
    layer = SinusoidalPositionEmbedding(10, 8)
    layer.build()
    assert layer.variables == []
