import numpy as np

from kformer.layers import SequencePooling
from tests.layers import oracles
from tests.tiny import randomise

X = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")


def test_it_is_a_mean_by_learned_weights():
    layer = SequencePooling()
    layer.build(X.shape)
    randomise(layer)
    weights = oracles.softmax((X @ np.asarray(layer.weight.kernel))[..., 0])
    np.testing.assert_allclose(layer(X), np.einsum("bl,bld->bd", weights, X), atol=1e-6)


def test_its_shape_has_no_length():
    assert SequencePooling().compute_output_shape((None, 5, 4)) == (None, 4)
