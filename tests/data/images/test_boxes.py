"""Boxes inside their image."""

import pytest

from kformer.data.images.boxes import boxes_notes, boxes_problem, clip_boxes


def box(x0, y0, x1, y1, label="cat"):
    return {"label": label, "x0": x0, "y0": y0, "x1": x1, "y1": y1}


def test_a_box_inside_its_image_is_kept():
    clipped = clip_boxes([box(0, 0, 9, 6)], height=6, width=9)
    assert (clipped.boxes, clipped.num_clipped, clipped.num_dropped) == ([box(0, 0, 9, 6)], 0, 0)


def test_a_box_that_reaches_beyond_is_cut():
    clipped = clip_boxes([box(-1.5, 2, 4, 7)], height=6, width=9)
    assert (clipped.boxes, clipped.num_clipped, clipped.num_dropped) == ([box(0, 2, 4, 6)], 1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(box(3, 1, 3, 4), id="empty"),
        pytest.param(box(4, 1, 3, 4), id="inverted"),
        pytest.param(box(9, 1, 12, 4), id="outside"),
        pytest.param(box(-3, -3, 0, 4), id="outside on the left"),
        pytest.param(box(float("nan"), 1, 3, 4), id="no number"),
        pytest.param(box(0, 1, float("inf"), 4), id="endless"),
    ],
)
def test_a_box_of_which_nothing_is_inside_is_dropped(wrong):
    clipped = clip_boxes([wrong, box(1, 1, 2, 2)], height=6, width=9)
    assert (clipped.boxes, clipped.num_clipped, clipped.num_dropped) == ([box(1, 1, 2, 2)], 0, 1)


def test_what_was_done_is_told():
    clipped = clip_boxes([box(3, 1, 3, 4), box(-1, 1, 3, 4), box(-1, 1, 3, 5)], height=6, width=9)
    assert boxes_notes([clipped, clip_boxes([], 1, 1)]) == (
        "2 boxes reaching beyond the image: cut to it",
        "1 box empty, inverted or outside the image: dropped",
    )
    assert boxes_notes([]) == ()


@pytest.mark.parametrize(
    ("boxes", "problem"),
    [
        ([], ""),
        ([box(0, 0, 1, 1)], ""),
        (None, "it has no list of boxes"),
        ([None], "a box lacks its label or a side"),
        ([box(0, 0, 1, 1, label="")], "a box lacks its label or a side"),
        ([box(0, 0, None, 1)], "a box lacks its label or a side"),
    ],
)
def test_boxes_that_lack_something_say_what(boxes, problem):
    assert boxes_problem(boxes) == problem
