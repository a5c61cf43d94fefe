import numpy as np
import pytest

from kformer.layers import LinearMaskDecoder, MaskTransformer
from tests.tiny import randomise

random = np.random.default_rng(0)
PATCHES = random.normal(size=(2, 3, 4, 8)).astype("float32")
PIXELS = random.normal(size=(2, 6, 8, 5)).astype("float32")


def built(layer, *shapes):
    layer.build(*shapes)
    return randomise(layer)


def test_a_block_of_pixels_lies_where_its_patch_is():
    layer = built(LinearMaskDecoder(5, 2), PATCHES.shape)
    logits = np.asarray(layer(PATCHES))
    assert logits.shape == layer.compute_output_shape(PATCHES.shape) == (2, 6, 8, 5)
    # The numbers of a vector are its block's, row by row, and those of a pixel are its classes'.
    expected = np.asarray(layer.dense(PATCHES[:, 1, 2])).reshape(2, 2, 2, 5)
    np.testing.assert_allclose(logits[:, 2:4, 4:6], expected, atol=1e-5)


def test_a_block_of_one_pixel_is_a_dense_layer():
    layer = built(LinearMaskDecoder(5), PATCHES.shape)
    np.testing.assert_allclose(layer(PATCHES), layer.dense(PATCHES), atol=1e-6)


def test_masks_are_cosines_of_patches_and_classes_scaled_and_shifted():
    layer = built(MaskTransformer(3, 1, 2, 8, 16), PATCHES.shape)
    tokens = np.asarray(layer.patch_projection(PATCHES.reshape(2, 12, 8)))
    classes = np.broadcast_to(np.asarray(layer.class_tokens.embeddings), (2, 3, 8))
    read = np.asarray(layer.stack(np.concatenate([tokens, classes], axis=1))["sequence_output"])
    patches, classes = read[:, :12] @ layer.pixel_projection.kernel, read[:, 12:] @ layer.class_projection.kernel
    patches, classes = (x / np.linalg.norm(x, axis=-1, keepdims=True) for x in (patches, classes))
    expected = np.einsum("bpd,bcd->bpc", patches, classes) * layer.scale + layer.shift
    np.testing.assert_allclose(np.asarray(layer(PATCHES)).reshape(2, 12, 3), expected, atol=1e-5)


def test_pixels_are_compared_in_the_place_of_patches():
    layer = built(MaskTransformer(3, 1, 2, 8, 16), PATCHES.shape, PIXELS.shape)
    assert layer(PATCHES, PIXELS).shape == layer.compute_output_shape(PATCHES.shape, PIXELS.shape) == (2, 6, 8, 3)


@pytest.mark.parametrize("arguments", [(0,), (3, 0)])
def test_nothing_to_predict_is_refused(arguments):
    with pytest.raises(ValueError, match="must be a positive integer"):
        LinearMaskDecoder(*arguments)
