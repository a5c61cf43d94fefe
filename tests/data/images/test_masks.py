"""Masks of class indices."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from kformer.data.images.decoding import decode_mask
from kformer.data.images.masks import CheckedMask, check_mask, mask_problem
from tests.data.images.pictures import encoded, mask, picture

VALUES = np.array([[0, 1, 2, 3], [3, 2, 1, 0]], "uint8")


def png(bits, rows):
    """A PNG of greys with fewer than 8 bits, as no library here writes them; rows of packed pixels."""
    header = struct.pack(">IIBBBBB", len(rows[0]) * 8 // bits, len(rows), bits, 0, 0, 0, 0)
    chunks = (b"IHDR" + header, b"IDAT" + zlib.compress(b"".join(b"\0" + row for row in rows)), b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


def palette(values):
    image = Image.fromarray(values).convert("P")
    image.putdata(values.ravel().tolist())
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200, 90, 90, 90])
    return image


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded(mask(VALUES)), id="8 bits"),
        pytest.param(encoded(palette(VALUES)), id="palette"),
        pytest.param(encoded(palette(VALUES), bits=2), id="palette of 2 bits"),
        pytest.param(png(4, [b"\x01\x23", b"\x32\x10"]), id="4 bits"),
        pytest.param(png(2, [b"\x1b", b"\xe4"]), id="2 bits"),
        pytest.param(encoded(Image.fromarray(VALUES.astype("uint16"))), id="16 bits"),
        pytest.param(encoded(mask(VALUES).convert("RGB")), id="equal colours"),
        pytest.param(encoded(mask(VALUES).convert("LA")), id="with alpha"),
        pytest.param(encoded(mask(VALUES).convert("RGBA")), id="colours with alpha"),
        pytest.param(encoded(mask(VALUES), "TIFF"), id="TIFF"),
        pytest.param(encoded(mask(VALUES), "BMP"), id="BMP"),
    ],
)
def test_the_indices_are_those_of_the_file_however_it_holds_them(content):
    checked = check_mask(content)
    assert (checked.problem, checked.pixels) == ("", (2, 2, 2, 2))
    np.testing.assert_array_equal(decode_mask(checked.content), VALUES)


def test_one_bit_is_class_0_or_1():
    checked = check_mask(encoded(mask([[0, 255]]).convert("1")))
    assert checked.pixels == (1, 1)
    np.testing.assert_array_equal(decode_mask(checked.content), [[0, 1]])


def test_255_is_class_1_on_request():
    checked = check_mask(encoded(mask([[0, 255, 255]])), is_binary=True)
    assert checked.pixels == (1, 2)
    np.testing.assert_array_equal(decode_mask(checked.content), [[0, 1, 1]])


def test_a_mask_in_8_bits_is_decoded_as_it_is(write):
    path = str(write("a.png", encoded(mask(VALUES))))
    assert check_mask(path).content == path


def test_a_mask_and_an_image_of_equal_bytes_are_converted_apart(write):
    from kformer.data.images.checking import check_image

    path = str(write("a.tif", encoded(mask(VALUES), "TIFF")))
    assert check_mask(path).content != check_image(path).content


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "it has no mask"),
        (b"", "the file is empty"),
        (b"text", "its mask is damaged: it is no image"),
        (encoded(picture(), "EPS"), "its mask is damaged: it is no image"),
        (encoded(picture(480, 640))[:3000], "its mask is damaged: image file is truncated"),
        (encoded(mask(VALUES), "JPEG"), "its mask is a JPEG, which blurs class indices: save masks as PNG"),
        (encoded(picture()), "its mask is a picture in colour (RGB): save the index of each pixel's class"),
        (encoded(Image.fromarray(VALUES.astype("float32")), "TIFF"), "its mask has pixels of the kind 'F': save the"),
        (encoded(Image.fromarray(VALUES.astype("uint16") * 100)), "its mask has class 300: classes are 0 to 255"),
    ],
)
def test_what_cannot_be_used_says_why(content, problem):
    assert check_mask(content).problem.startswith(problem)


def test_a_mask_that_is_too_large_is_refused():
    problem = check_mask(encoded(mask(VALUES)), max_pixels=7).problem
    assert problem == "its mask has 2 x 4 pixels, and `max_pixels` is 7"


def test_the_file_is_named(write):
    path = write("a.png", "text")
    assert check_mask(str(path)).problem == f"its mask {path} is damaged: it is no image"


def test_a_mask_of_another_size_than_its_image_is_refused():
    checked = CheckedMask("a.png", "a.png", height=2, width=4, pixels=(8,))
    assert mask_problem(checked, 2, 4, None) == ""
    assert mask_problem(checked, 4, 2, None) == "its mask a.png has 4 x 2 pixels, the image 2 x 4"


def test_a_class_without_a_name_is_refused_with_file_and_value():
    checked = CheckedMask("a.png", "a.png", height=2, width=4, pixels=(7, 0, 0, 1))
    assert mask_problem(checked, 2, 4, 4) == ""
    message = "its mask a.png has class 3: the 3 classes are 0 to 2, and 255 is none"
    assert mask_problem(checked, 2, 4, 3) == message


def test_255_is_no_class():
    checked = CheckedMask("a.png", "a.png", height=2, width=4, pixels=(7, *[0] * 254, 1))
    assert mask_problem(checked, 2, 4, 2) == ""
