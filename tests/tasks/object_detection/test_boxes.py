import numpy as np

from kformer.tasks.object_detection.boxes import areas, overlaps, to_corners, to_middles

CORNERS = np.array([[0, 0, 4, 2], [1, 1, 3, 5], [10, 10, 11, 12]], "float32")


def giou_of_two(one, other):
    """By the paper's formulas, in plain numbers."""
    width = max(0, min(one[2], other[2]) - max(one[0], other[0]))
    height = max(0, min(one[3], other[3]) - max(one[1], other[1]))
    intersection = width * height
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - intersection
    hull = (max(one[2], other[2]) - min(one[0], other[0])) * (max(one[3], other[3]) - min(one[1], other[1]))
    return intersection / union, intersection / union - (hull - union) / hull


def test_middles_and_corners_are_each_other_s_inverse():
    np.testing.assert_allclose(to_corners(to_middles(CORNERS)), CORNERS)


def test_an_inverted_box_has_no_area():
    np.testing.assert_allclose(areas(np.array([[3, 0, 1, 2], [0, 0, 2, 3]], "float32")), [0, 6])


def test_overlaps_of_all_pairs_are_those_of_two():
    iou, giou = overlaps(CORNERS[:, None], CORNERS[None])
    expected = np.array([[giou_of_two(one, other) for other in CORNERS] for one in CORNERS])
    np.testing.assert_allclose(iou, expected[..., 0], atol=1e-6)
    np.testing.assert_allclose(giou, expected[..., 1], atol=1e-6)
