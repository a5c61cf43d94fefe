"""Boxes and their names, drawn into pictures."""

import numpy as np
from PIL import Image

from kformer.data.images.drawing import class_color, draw_boxes

RED, GREEN = class_color(0), class_color(1)


def drawn(boxes, names=None, size=(200, 160), background=(100, 100, 100)):
    picture = Image.new("RGB", size, background)
    draw_boxes(picture, boxes, [RED, GREEN][: len(boxes)], names)
    return np.asarray(picture).astype(int)


def area(pixels, color):
    return int((pixels == color).all(axis=-1).sum())


def test_the_first_box_is_on_top():
    box = (20, 40, 90, 120)
    assert area(drawn([box, box]), GREEN) == 0


def test_two_names_at_one_place_are_both_written():
    box = (20, 40, 120, 120)
    both, frames = drawn([box, box], ["cat", "dog"]), drawn([box, box])
    assert area(both, GREEN) > 100
    assert area(both, RED) > area(frames, RED)


def test_a_name_at_the_upper_edge_is_written_inside_the_picture():
    box = (20, 0, 120, 120)
    assert area(drawn([box], ["cat"]), RED) > area(drawn([box]), RED) + 50


def test_a_name_at_the_right_edge_is_written_whole():
    boxes = [(20, 40, 120, 120)], [(190, 40, 199, 120)]
    names = [drawn(box, ["a long name"]) - drawn(box) for box in boxes]
    columns = [np.flatnonzero((name != 0).any(axis=(0, 2))) for name in names]
    assert len(columns[0]) == len(columns[1])


def test_a_name_wider_than_its_box_hides_no_other_box():
    boxes = [(20, 40, 30, 50), (31, 20, 120, 150)]
    crowded = drawn(boxes, ["a long name", ""])
    alone = drawn(boxes)
    np.testing.assert_array_equal(crowded[20:150, 32:120], alone[20:150, 32:120])


def test_a_frame_is_seen_on_its_own_color():
    assert area(drawn([(20, 40, 90, 120)], background=RED), (255, 255, 255)) > 200


def test_a_box_without_extent_is_a_dot():
    assert 1 <= area(drawn([(20, 40, 20, 40)]), RED) <= 16
