"""One resampling, against NumPy, Pillow and TensorFlow's own resizing."""

import numpy as np
import pytest

from kformer.data.image_augmentation import affine
from kformer.data.image_augmentation.warping import warp_boxes, warp_image, warp_mask
from tests.data.image_augmentation.scenes import picture

IMAGE = picture(40, 60)
IDENTITY = affine.scaling(1.0, 1.0)


def turned(degrees, scale=1.0, frame=(40, 60)):
    angle = np.radians(degrees)
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return affine.about_center((cos, -sin, sin, cos), np.array(frame, "float32"))


def test_whole_pixels_move_exactly():
    shifted = warp_image(IMAGE, affine.scaling(1.0, 1.0, -7.0, -5.0), (30, 50)).numpy()
    np.testing.assert_array_equal(shifted, IMAGE[5:35, 7:57])


@pytest.mark.parametrize("size", [(20, 30), (13, 47), (80, 120), (40, 60)])
def test_a_change_of_size_is_that_of_tensorflow_with_antialiasing(size):
    import tensorflow as tf

    ours = warp_image(IMAGE, affine.scaling(size[1] / 60, size[0] / 40), size)
    np.testing.assert_allclose(ours, tf.image.resize(IMAGE, size, antialias=True), atol=1e-2)


def test_a_quarter_turn_is_exact():
    turn = affine.matrix(0.0, -1.0, 40.0, 1.0, 0.0, 0.0)
    np.testing.assert_allclose(warp_image(IMAGE, turn, (60, 40)), np.rot90(IMAGE, -1), atol=1e-3)


def test_a_turned_image_is_pillow_s():
    from PIL import Image

    ours = warp_image(IMAGE, turned(20), (40, 60), fill=0)
    pillow = np.asarray(Image.fromarray(IMAGE).rotate(-20, Image.Resampling.BILINEAR))
    inside = warp_mask(np.ones((40, 60), "int32"), turned(20), (40, 60), 0).numpy().astype(bool)
    assert np.abs(ours - pillow)[inside].max() < 2


def test_a_turned_image_that_shrinks_a_lot_is_filtered_first():
    """Every fourth pixel of stripes would be all of one colour."""
    stripes = np.zeros((160, 160, 3), "uint8")
    stripes[:, ::4] = 255
    shrunk = warp_image(stripes, turned(1, 0.25, (160, 160)), (160, 160)).numpy()[70:90, 70:90]
    np.testing.assert_allclose(shrunk, 255 / 4, atol=8)


@pytest.mark.parametrize(
    ("fill", "expected"), [(7, (7, 7, 7)), ((1, 2, 3), (1, 2, 3)), ("mean", IMAGE.mean(axis=(0, 1)))]
)
@pytest.mark.parametrize("forward", [affine.scaling(1.0, 1.0, 100.0, 0.0), affine.matrix(1, 0.1, 100, 0.1, 1, 0)])
def test_outside_is_the_fill_colour(fill, expected, forward):
    np.testing.assert_allclose(warp_image(IMAGE, forward, (40, 60), fill)[0, 0], expected, rtol=1e-4)


@pytest.mark.parametrize(("down", "across"), [(5, 0), (0, -7), (4, 3)])
def test_outside_can_be_the_image_mirrored_at_its_edges(down, across):
    height, width = IMAGE.shape[:2]
    moved = warp_image(IMAGE, affine.scaling(1.0, 1.0, float(across), float(down)), (height, width), "reflect")
    margin = ((8, 8), (8, 8), (0, 0))
    padded = np.pad(np.asarray(IMAGE, "float32"), margin, mode="symmetric")
    expected = padded[8 - down : 8 - down + height, 8 - across : 8 - across + width]
    np.testing.assert_allclose(moved, expected, atol=1e-2)


def test_the_edge_of_the_image_does_not_mix_with_the_fill_colour():
    enlarged = warp_image(np.full((4, 4, 3), 200, "uint8"), affine.scaling(3.0, 3.0, 6.0, 6.0), (24, 24), 0).numpy()
    assert set(np.unique(enlarged)) == {0, 200}
    np.testing.assert_array_equal(enlarged[6:18, 6:18], 200)


def test_no_dark_line_is_left_at_borders_of_half_pixels():
    for shift in (0.5, 3.5, 10.5, 1 / 3):
        image = warp_image(np.full((20, 20, 3), 200, "uint8"), affine.scaling(0.7, 0.7, shift, shift), (40, 40), 250)
        assert set(np.unique(np.round(image))) == {200, 250}


def test_mask_pixels_outside_are_to_be_ignored():
    mask = warp_mask(np.ones((4, 4), "uint8"), affine.scaling(1.0, 1.0, 2.0, 0.0), (4, 6), 255).numpy()
    np.testing.assert_array_equal(mask, [[255, 255, 1, 1, 1, 1]] * 4)


def test_boxes_are_clipped_and_dropped_with_their_classes():
    boxes = np.array([[0, 0, 10, 10], [6, 0, 10, 10], [-6, 0, 2, 10], [20, 0, 30, 10]], "float32")
    kept, classes = warp_boxes(boxes, np.array([5, 6, 7, 8]), IDENTITY, (0, 0), (8, 9), 0.3)
    np.testing.assert_array_equal(kept, [[0, 0, 9, 8], [6, 0, 9, 8]])
    np.testing.assert_array_equal(classes, [5, 6])


def test_a_box_without_area_is_dropped_whatever_share_is_asked_for():
    boxes = np.array([[3, 3, 3, 9], [20, 20, 30, 30]], "float32")
    kept, _ = warp_boxes(boxes, np.array([1, 2]), IDENTITY, (0, 0), (10, 10), 0.0)
    assert len(kept) == 0
