"""Encoded bytes to pixels."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from kformer.data.images.decoding import (
    decode_image,
    decode_mask,
    fitted_shapes,
    resize_mask_to_fit,
    resize_to_fit,
    turn_upright,
)
from tests.data.images.pictures import encoded, mask, picture, rotated_jpeg

DECODE = tf.function(decode_image, input_signature=[tf.TensorSpec((), "string")])


def by_pillow(content):
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"), int)


def difference(image, content):
    """The largest difference of a pixel from Pillow's."""
    return np.abs(image.numpy().astype(int) - by_pillow(content)).max()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_a_png_of_any_number_of_channels_has_three(mode):
    content = encoded(picture().convert(mode))
    image = DECODE(content).numpy()
    assert (image.dtype, image.shape) == (np.uint8, (6, 9, 3))
    np.testing.assert_array_equal(image, by_pillow(content))


@pytest.mark.parametrize(("mode", "most"), [("L", 4), ("RGB", 6), ("CMYK", 16)])
def test_a_jpeg_is_what_pillow_sees(mode, most):
    content = encoded(picture(48, 64).convert(mode), "JPEG", quality=95)
    assert difference(DECODE(content), content) <= most


def test_of_16_bits_the_higher_8_are_taken():
    values = np.arange(54, dtype="uint16").reshape(6, 9) * 1200
    image = DECODE(encoded(Image.fromarray(values))).numpy()
    np.testing.assert_array_equal(image[..., 0], values >> 8)


def test_the_first_frame_of_a_gif_is_taken():
    frames = [picture(seed=seed).convert("P") for seed in range(2)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(DECODE(content), by_pillow(content))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_the_right_way_up(orientation):
    content = rotated_jpeg(orientation)
    assert difference(DECODE(content), content) <= 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_turn_is_pillow_s(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(picture(), "PNG", exif=exif)
    turned = turn_upright(np.asarray(Image.open(io.BytesIO(content))), tf.constant(orientation))
    np.testing.assert_array_equal(turned, by_pillow(content))


def test_images_are_decoded_in_a_dataset_in_parallel():
    contents = [encoded(picture(seed=seed)) for seed in range(8)]
    dataset = tf.data.Dataset.from_tensor_slices(contents).map(decode_image, tf.data.AUTOTUNE, deterministic=True)
    assert dataset.element_spec == tf.TensorSpec((None, None, 3), "uint8")
    for content, image in zip(contents, dataset, strict=True):
        np.testing.assert_array_equal(image, by_pillow(content))


def test_a_saved_model_takes_bytes(tmp_path):
    class Decoder(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((), "string")])
        def __call__(self, contents):
            return decode_image(contents)

    tf.saved_model.save(Decoder(), str(tmp_path / "model"))
    content = rotated_jpeg(6)
    assert difference(tf.saved_model.load(str(tmp_path / "model"))(content), content) <= 6


def test_a_mask_is_its_indices():
    values = np.arange(54).reshape(6, 9)
    decoded = decode_mask(encoded(mask(values)))
    assert decoded.dtype == tf.int32
    np.testing.assert_array_equal(decoded, values)


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [
        ((480, 640), 240, (240, 320)),
        ((640, 480), 240, (320, 240)),
        ((480, 641), 240, (240, 321)),
        ((100, 640), 240, (100, 640)),
        ((240, 240), 240, (240, 240)),
        ((30_000, 1_000), 999, (29_970, 999)),
        ((480, 640), None, (480, 640)),
    ],
)
def test_the_shorter_side_is_at_most_the_size(shape, size, expected):
    assert tuple(fitted_shapes(shape, size).numpy()) == expected


def test_an_image_is_scaled_down_without_aliasing():
    stripes = np.repeat(np.arange(64)[None, :, None] % 2 * 255, 64, axis=0).repeat(3, axis=2).astype("uint8")
    resized = resize_to_fit(tf.constant(stripes), 16).numpy()
    assert (resized.dtype, resized.shape) == (np.uint8, (16, 16, 3))
    assert np.abs(resized[:, 1:-1].astype(int) - 128).max() <= 20


def test_an_image_is_never_scaled_up():
    image = np.asarray(picture())
    np.testing.assert_array_equal(resize_to_fit(tf.constant(image), 100), image)
    np.testing.assert_array_equal(resize_to_fit(tf.constant(image), None), image)


def test_a_mask_never_gains_a_class():
    values = np.random.default_rng(0).choice([0, 3, 255], (40, 60)).astype("int32")
    resized = resize_mask_to_fit(tf.constant(values), 13).numpy()
    assert (resized.dtype, resized.shape) == (np.int32, (13, 20))
    assert set(resized.ravel()) <= {0, 3, 255}
    np.testing.assert_array_equal(resize_mask_to_fit(tf.constant(values), None), values)


def test_a_mask_smaller_than_the_size_is_as_it_is():
    values = np.arange(54, dtype="int32").reshape(6, 9)
    np.testing.assert_array_equal(resize_mask_to_fit(tf.constant(values), 100), values)
