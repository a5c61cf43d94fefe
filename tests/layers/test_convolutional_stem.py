import numpy as np
import pytest

from kformer.layers import ConvolutionalStem

IMAGES = np.random.default_rng(0).normal(size=(2, 16, 24, 3)).astype("float32")


def test_the_maps_get_coarser_until_a_pixel_is_a_patch():
    layer = ConvolutionalStem(8, 12, channels=8)
    shapes = [tuple(output.shape) for output in layer(IMAGES)]
    assert shapes == [(2, 8, 12, 8), (2, 4, 6, 16), (2, 2, 3, 12)]
    assert layer.compute_output_shape(IMAGES.shape) == shapes


@pytest.mark.parametrize("patch_size", [2, 12])
def test_a_patch_that_halving_does_not_reach_is_refused(patch_size):
    with pytest.raises(ValueError, match=f"must be 4, 8, 16 or another power of 2. Received: patch_size={patch_size}."):
        ConvolutionalStem(patch_size, 8)


def test_sides_must_be_multiples_of_the_patch_size():
    with pytest.raises(ValueError, match="multiples of the patch size, 8. Received: height=12, width=16"):
        ConvolutionalStem(8, 8)(np.zeros((1, 12, 16, 3), "float32"))
