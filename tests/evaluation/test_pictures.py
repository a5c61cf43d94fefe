"""Pictures of examples as pages show them."""

import warnings

import numpy as np
import pytest
from PIL import Image

from kformer.evaluation import drawn_answer, overlaid
from kformer.evaluation.pictures import upright
from tests.data.images.pictures import encoded, rotated_jpeg
from tests.tiny import images


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


def test_the_boxes_of_an_answer_are_drawn_in_their_class_color():
    box = {"label": "b", "score": 0.9, "x0": 1.0, "y0": 1.0, "x1": 7.0, "y1": 7.0}
    picture = np.asarray(drawn_answer(images().values("image")[0], [box], ("a", "b")))
    assert (picture == (60, 180, 75)).all(axis=-1).any()


def test_a_small_picture_is_enlarged_by_a_whole_number_so_that_names_can_be_read():
    assert drawn_answer(encoded(Image.new("RGB", (128, 96))), [], ()).size == (640, 480)
    assert drawn_answer(encoded(Image.new("RGB", (321, 96))), [], ()).size == (321, 96)


def test_an_answer_without_boxes_is_the_picture():
    content = images().values("image")[0]
    assert drawn_answer(content, [], ("a",)).getcolors() is not None


def test_a_mask_colors_its_pixels_and_leaves_those_without_a_class():
    picture = np.full((2, 2, 3), 100, "uint8")
    colored = overlaid(picture, np.array([[0, 255], [255, 255]], "uint8"))
    assert (colored[0, 0] != 100).any()
    assert (colored[1] == 100).all()
