import numpy as np
import pytest

from kformer.layers import FeedForward
from tests.layers import oracles
from tests.tiny import randomise

X = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")


def test_it_is_w2_gelu_w1():
    layer = FeedForward(8, 16)
    layer.build(X.shape)
    np.testing.assert_allclose(randomise(layer)(X), oracles.feed_forward(layer, X), atol=1e-5)


def test_the_output_is_linear():
    layer = FeedForward(8, 16, activation="relu")
    layer.build(X.shape)
    hidden = np.maximum(oracles.dense(X, randomise(layer).hidden), 0)
    outputs = np.asarray(layer(X))
    np.testing.assert_allclose(outputs, oracles.dense(hidden, layer.output_projection), atol=1e-5)
    assert outputs.min() < 0


def test_dropout_acts_between_the_layers_in_training_only():
    layer = FeedForward(8, 16, dropout=0.5)
    np.testing.assert_array_equal(layer(X), layer(X))
    assert not np.allclose(layer(X, training=True), layer(X))


@pytest.mark.parametrize(("sizes", "name"), [((0, 16), "d_model=0"), ((8, -1), "d_ff=-1")])
def test_sizes_must_be_positive(sizes, name):
    with pytest.raises(ValueError, match=f"must be a positive integer. Received: {name}"):
        FeedForward(*sizes)
