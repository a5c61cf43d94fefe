import numpy as np
import pytest

from kformer.layers import FeatureFusion
from kformer.layers.feature_fusion import bilinear_matrix, resize

random = np.random.default_rng(0)
MAPS = [random.normal(size=shape).astype("float32") for shape in ((2, 8, 12, 8), (2, 4, 6, 16), (2, 2, 3, 5))]


def test_the_result_is_of_the_finest_map():
    layer = FeatureFusion((8, 16))
    assert layer(MAPS).shape == layer.compute_output_shape([one.shape for one in MAPS]) == (2, 8, 12, 8)


@pytest.mark.parametrize("changed", range(3))
def test_every_map_counts(changed):
    layer = FeatureFusion((8, 16))
    others = [one + (i == changed) * random.normal(size=one.shape).astype("float32") for i, one in enumerate(MAPS)]
    assert np.abs(layer(MAPS) - layer(others)).max() > 1e-3


def test_no_maps_are_refused():
    with pytest.raises(ValueError, match="`widths` must name the channels of one or more maps. Received: none."):
        FeatureFusion(())


def test_maps_are_stretched_with_bilinear_weights():
    row = np.array([0.0, 4.0], "float32").reshape(1, 1, 2, 1)
    np.testing.assert_allclose(np.asarray(resize(row, (1, 4)))[0, 0, :, 0], [0, 1, 3, 4])


@pytest.mark.parametrize("size", [(16, 24), (5, 7), (8, 12)])
def test_sizes_that_only_a_graph_knows_give_the_same(size):
    down, across = (np.asarray(bilinear_matrix(*sides)) for sides in zip(size, MAPS[0].shape[1:3], strict=True))
    expected = np.einsum("ih,bhwc,jw->bijc", down, MAPS[0], across)
    np.testing.assert_allclose(resize(MAPS[0], size), expected, atol=1e-5)
