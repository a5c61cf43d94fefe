import numpy as np
import pytest

from kformer.layers import PatchEmbedding
from tests.tiny import randomise

IMAGES = np.random.default_rng(0).normal(size=(2, 8, 12, 3)).astype("float32")


@pytest.fixture
def layer():
    layer = PatchEmbedding(4, 5)
    layer.build(IMAGES.shape)
    return randomise(layer)


def test_a_vector_is_the_product_of_its_patch_and_the_kernel(layer):
    patch = IMAGES[1, 4:8, 8:12]
    expected = np.einsum("hwc,hwcd->d", patch, np.asarray(layer.kernel)) + np.asarray(layer.bias)
    np.testing.assert_allclose(layer(IMAGES)[1, 1, 2], expected, atol=1e-5)


def test_the_grid_is_the_image_s(layer):
    assert layer(IMAGES).shape == layer.compute_output_shape(IMAGES.shape) == (2, 2, 3, 5)


def test_an_unknown_size_stays_unknown(layer):
    assert layer.compute_output_shape((None, None, 12, 3)) == (None, None, 3, 5)


def test_pixels_begin_with_vectors_of_their_size():
    layer = PatchEmbedding(16, 64)
    images = np.random.default_rng(0).normal(size=(4, 64, 64, 3)).astype("float32")
    assert np.std(layer(images)) == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("height, width", [(9, 12), (8, 10)])
def test_sides_must_be_multiples_of_the_patch_size(layer, height, width):
    message = f"must be multiples of the patch size, 4. Received: height={height}, width={width}; resize or pad the im"
    with pytest.raises(ValueError, match=message):
        layer(np.zeros((1, height, width, 3), "float32"))


@pytest.mark.parametrize("shape", [(1, 8, 8, 1), (8, 8, 3)])
def test_images_must_have_the_model_s_channels(layer, shape):
    with pytest.raises(ValueError, match=r"`images` must be \(batch, height, width, 3\). Received: shape .*`num_chann"):
        layer(np.zeros(shape, "float32"))


@pytest.mark.parametrize("name", ["patch_size", "d_model"])
def test_sizes_must_be_positive(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer. Received: {name}=0"):
        PatchEmbedding(**{"patch_size": 4, "d_model": 5, name: 0})
