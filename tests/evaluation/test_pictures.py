"""Pictures of examples as pages show them."""

import warnings

import numpy as np
import pytest
from PIL import Image

from kformer.evaluation.pictures import overlaid, upright
from tests.data.images.pictures import encoded, rotated_jpeg


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_of_16_bits_the_higher_8_are_shown(format):
    values = np.arange(54, dtype="uint16").reshape(6, 9) * 1200
    np.testing.assert_array_equal(upright(encoded(Image.fromarray(values), format))[..., 0], values >> 8)


def test_a_picture_is_shown_the_right_way_up(tmp_path):
    (tmp_path / "a.jpg").write_bytes(rotated_jpeg(6, 48, 64))
    assert upright(str(tmp_path / "a.jpg")).shape == (64, 48, 3)


def test_a_large_picture_is_shown_without_pillow_s_warning(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert upright(encoded(Image.new("RGB", (9, 9)))).shape == (9, 9, 3)


def test_classes_without_colour_stay_as_they_are():
    image = np.full((1, 3, 3), 100, "uint8")
    shown = overlaid(image, np.array([[0, 1, 255]], "uint8"), unpainted=[0])
    assert [(pixel == 100).all() for pixel in shown[0]] == [True, False, True]
