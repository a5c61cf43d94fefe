"""A look at each image when it is loaded."""

import io
import warnings

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from kformer.data.images.checking import check_all, check_image
from kformer.data.images.decoding import decode_image
from tests.data.images.pictures import encoded, picture, png_header, rotated_jpeg


def frames(format, **options):
    first, second = picture(seed=1), picture(seed=2)
    return encoded(first, format, save_all=True, append_images=[second], **options)


def exif(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def as_training_sees(content):
    """The image that is decoded once `check_image` has looked at it."""
    checked = check_image(content)
    assert checked.problem == ""
    image = decode_image(checked.content).numpy()
    assert image.shape == (checked.height, checked.width, 3)
    return image


def by_pillow(content):
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))


@pytest.mark.parametrize(
    "content",
    [
        *(pytest.param(encoded(picture().convert(mode)), id=f"PNG {mode}") for mode in ("1", "L", "LA", "P", "RGBA")),
        *(pytest.param(encoded(picture().convert(mode), "BMP"), id=f"BMP {mode}") for mode in ("1", "L", "P", "RGB")),
        *(pytest.param(encoded(picture().convert(mode), "TIFF"), id=f"TIFF {mode}") for mode in ("L", "LA", "CMYK")),
        pytest.param(encoded(picture(), "WEBP", lossless=True), id="WebP"),
        pytest.param(encoded(picture(), "PNG", exif=exif(6)), id="PNG that says to turn it"),
        pytest.param(frames("GIF"), id="animated GIF"),
        pytest.param(frames("WEBP", lossless=True), id="animated WebP"),
        pytest.param(frames("TIFF"), id="TIFF of two pages"),
        pytest.param(frames("PNG"), id="animated PNG"),
    ],
)
def test_every_kind_of_image_is_seen_as_pillow_sees_it(content):
    np.testing.assert_array_equal(as_training_sees(content), by_pillow(content))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_is_decoded_as_it_is(mode):
    content = encoded(picture().convert(mode), "JPEG")
    assert check_image(content).content == content


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_size_is_that_of_the_image_the_right_way_up(orientation):
    as_training_sees(rotated_jpeg(orientation))


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_of_16_bits_the_higher_8_are_taken(format):
    values = np.arange(54, dtype="uint16").reshape(6, 9) * 1200
    np.testing.assert_array_equal(as_training_sees(encoded(Image.fromarray(values), format))[..., 0], values >> 8)


def test_a_path_stands_for_its_file(write):
    path = str(write("a.png", encoded(picture())))
    checked = check_image(path)
    assert (checked.content, checked.height, checked.width) == (path, 6, 9)


def test_a_file_that_is_converted_is_kept_in_the_cache_under_its_name(write, tmp_path, monkeypatch):
    monkeypatch.setenv("KFORMER_CACHE", str(tmp_path / "cache"))
    path = str(write("a cat.tif", encoded(picture(), "TIFF")))
    first, second = check_image(path), check_image(path)
    assert first == second
    assert first.content.endswith("/a cat.png")
    np.testing.assert_array_equal(decode_image(tf.io.read_file(first.content)), np.asarray(picture()))
    assert [entry.name for entry in (tmp_path / "cache").rglob("*.*")] == ["a cat.png"]


def test_the_hash_is_that_of_the_file(write):
    a, b = (check_image(str(write(f"{name}.tif", encoded(picture(), "TIFF")))) for name in "ab")
    assert a.content != b.content
    assert a.sha256 == b.sha256 != check_image(encoded(picture(seed=3), "TIFF")).sha256


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "it has no image"),
        ("", "it has no image"),
        (b"", "the file is empty"),
        ("/nowhere/a.jpg", "there is no such file"),
        (b"only text, whatever its name", "it is no image, whatever its name says"),
        (encoded(picture(), "EPS"), "it is no image, whatever its name says"),
        (png_header(30_000, 30_000), "it has 30,000 x 30,000 pixels, and `max_pixels` is 178,000,000"),
        (encoded(picture(480, 640), "JPEG")[:3000], "the image is damaged: image file is truncated"),
        (encoded(picture(480, 640))[:3000], "the image is damaged: image file is truncated"),
        (png_header(10, 10), "the image is damaged: "),
        (encoded(Image.fromarray(np.zeros((4, 4), "float32")), "TIFF"), "its pixels are numbers of 32 bits: save it"),
    ],
)
def test_what_cannot_be_used_says_why(content, problem):
    assert check_all(check_image, [content])[0].problem.startswith(problem)


def test_a_folder_is_no_image(tmp_path):
    assert check_image(str(tmp_path)).problem == "the file cannot be read (Is a directory)"


def test_the_bound_on_pixels_can_be_chosen():
    assert check_image(encoded(picture()), max_pixels=54).problem == ""
    assert check_image(encoded(picture()), max_pixels=53).problem == "it has 6 x 9 pixels, and `max_pixels` is 53"


def test_equal_images_are_looked_at_once():
    seen = []
    assert check_all(lambda source: seen.append(source) or source.upper(), ["a", "b", "a"]) == ["A", "B", "A"]
    assert sorted(seen) == ["a", "b"]


def test_large_images_are_looked_at_without_pillow_s_warning():
    most = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check_all(check_image, [png_header(12_000, 12_000)])[0].problem.startswith("the image is damaged")
    assert most == Image.MAX_IMAGE_PIXELS


def test_what_is_not_damaged_for_pillow_is_not_for_tensorflow():
    """Bytes at random places of a JPEG are changed: what passes must not stop a training later."""
    random, passed = np.random.default_rng(0), 0
    whole = np.frombuffer(encoded(picture(96, 128), "JPEG"), "uint8")
    for _ in range(200):
        content = whole.copy()
        content[random.integers(2, len(content), 2)] = random.integers(0, 256, 2)
        checked = check_image(content.tobytes())
        if not checked.problem:
            passed += 1
            assert decode_image(checked.content).shape == (checked.height, checked.width, 3)
    assert passed > 20
