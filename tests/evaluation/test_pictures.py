"""Pictures of answers, as notebooks show them."""

import numpy as np

from kformer.evaluation import drawn_answer, overlaid
from tests.tiny import images


def test_the_boxes_of_an_answer_are_drawn_in_their_class_color():
    box = {"label": "b", "score": 0.9, "x0": 1.0, "y0": 1.0, "x1": 7.0, "y1": 7.0}
    picture = np.asarray(drawn_answer(images().values("image")[0], [box], ("a", "b")))
    assert (picture == (60, 180, 75)).all(axis=-1).any()


def test_an_answer_without_boxes_is_the_picture():
    content = images().values("image")[0]
    assert drawn_answer(content, [], ("a",)).getcolors() is not None


def test_a_mask_colors_its_pixels_and_leaves_those_without_a_class():
    picture = np.full((2, 2, 3), 100, "uint8")
    colored = overlaid(picture, np.array([[0, 255], [255, 255]], "uint8"))
    assert (colored[0, 0] != 100).any()
    assert (colored[1] == 100).all()
