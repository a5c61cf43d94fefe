"""Movements within the frame."""

import numpy as np
import pytest

from kformer.data.image_augmentation import RandomFlip, RandomRotation, RandomShift, RandomZoom
from tests.data.image_augmentation.scenes import SEEDS, picture, scene

IMAGE = picture(60, 80)
FRAME = np.array([60, 80], "float32")


def maps(operation):
    return np.array([operation.place(FRAME, seed)[0] for seed in SEEDS])


@pytest.mark.parametrize(
    ("operation", "expected"),
    [(RandomFlip(1), IMAGE[:, ::-1]), (RandomFlip(0, 1), IMAGE[::-1]), (RandomFlip(1, 1), IMAGE[::-1, ::-1])],
)
def test_flips_are_those_of_numpy(operation, expected):
    np.testing.assert_array_equal(operation({"image": IMAGE}, SEEDS[0])["image"], expected)


def test_a_flipped_mask_and_flipped_boxes_are_exact():
    before = scene()
    after = RandomFlip(1)(before, SEEDS[0])
    np.testing.assert_array_equal(after["mask"], before["mask"][:, ::-1])
    np.testing.assert_array_equal(
        after["boxes"], np.array([80, 0, 80, 0]) + [-1, 1, -1, 1] * before["boxes"][:, [2, 1, 0, 3]]
    )


def test_as_many_images_are_flipped_as_asked_for():
    flipped = maps(RandomFlip(0.3, 0.6))
    assert np.mean(flipped[:, 0, 0] < 0) == pytest.approx(0.3, abs=0.1)
    assert np.mean(flipped[:, 1, 1] < 0) == pytest.approx(0.6, abs=0.1)


def test_angles_are_uniform_to_both_sides():
    turned = maps(RandomRotation(40))
    angles = np.degrees(np.arctan2(turned[:, 1, 0], turned[:, 0, 0]))
    np.testing.assert_allclose(np.histogram(angles, 4, (-40, 40))[0], 50, atol=20)


def test_twice_and_half_are_equally_likely():
    scales = maps(RandomZoom((0.5, 2.0)))[:, 0, 0]
    assert scales.min() >= 0.5 and scales.max() <= 2
    assert np.mean(scales < 1) == pytest.approx(0.5, abs=0.1)


def test_shifts_are_whole_pixels_up_to_the_share():
    shifts = maps(RandomShift(0.1))[:, :2, 2]
    np.testing.assert_array_equal(shifts, np.round(shifts))
    assert set(shifts[:, 0]) == set(range(-8, 9)) and set(shifts[:, 1]) == set(range(-6, 7))


def test_a_shift_is_numpy_s_with_a_border():
    border = np.pad(IMAGE, ((6, 6), (8, 8), (0, 0)))
    for seed in SEEDS[:5]:
        x, y = RandomShift(0.1).place(FRAME, seed)[0].numpy()[:2, 2].astype(int)
        shifted = RandomShift(0.1)({"image": IMAGE}, seed)["image"].numpy()
        expected = border[6 - y : 66 - y, 8 - x : 88 - x]
        inside = expected.any(axis=-1)
        np.testing.assert_array_equal(shifted[inside], expected[inside])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RandomFlip(2), "`horizontal` must be a number from 0 to 1. Received: horizontal=2"),
        (lambda: RandomFlip(0, -1), "`vertical` must be a number from 0 to 1. Received: vertical=-1"),
        (lambda: RandomRotation(181), "`degrees` must be a number from 0 to 180. Received: degrees=181"),
        (lambda: RandomZoom((0, 1)), r"`scale` must be two numbers \(least, most\), above 0. Received: scale=\(0, 1\)"),
        (lambda: RandomShift("a"), "`share` must be a number from 0 to 1. Received: share='a'"),
    ],
)
def test_wrong_strengths_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
