"""Maps of the plane."""

import numpy as np

from kformer.data.image_augmentation import affine

RANDOM = np.random.default_rng(0)


def test_a_map_and_its_inverse_undo_each_other():
    for numbers in RANDOM.normal(size=(20, 6)):
        forward = affine.matrix(*numbers)
        if abs(np.linalg.det(forward)) > 0.1:
            np.testing.assert_allclose(forward.numpy() @ affine.inverse(forward).numpy(), np.eye(3), atol=1e-4)


def test_the_inverse_of_a_flip_is_exact():
    flip = affine.scaling(-1.0, 1.0, 333.0, 0.0)
    np.testing.assert_array_equal(affine.inverse(flip), flip)


def test_the_middle_stays_where_it_is():
    forward = affine.about_center((0.8, -0.6, 0.6, 0.8), np.array([30, 50], "float32"), (2.0, 3.0)).numpy()
    np.testing.assert_allclose(forward @ [25, 15, 1], [27, 18, 1], atol=1e-5)


def test_boxes_are_those_of_the_mapped_corners():
    for numbers in RANDOM.normal(size=(20, 6)):
        x0, y0 = RANDOM.uniform(0, 50, (2, 7))
        x1, y1 = x0 + RANDOM.uniform(1, 50, 7), y0 + RANDOM.uniform(1, 50, 7)
        forward = affine.matrix(*numbers)
        corners = np.stack([np.stack([x, y, np.ones(7)]) for x in (x0, x1) for y in (y0, y1)])
        points = (forward.numpy() @ corners)[:, :2]
        expected = np.concatenate([points.min(axis=0), points.max(axis=0)]).T
        boxes = np.stack([x0, y0, x1, y1], axis=1).astype("float32")
        np.testing.assert_allclose(affine.map_boxes(forward, boxes), expected, atol=1e-3)
