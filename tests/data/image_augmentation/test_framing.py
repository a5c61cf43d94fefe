"""From any size to that of the batch."""

import numpy as np
import pytest

from kformer.data.image_augmentation import CenterCrop, Letterbox, RandomResizedCrop, ScaleJitter, Stretch
from tests.data.image_augmentation.scenes import SEEDS, picture

IMAGE = picture(60, 100)


def placed(operation, frame=(60, 100), seed=SEEDS[0]):
    forward, target = operation.place(np.array(frame, "float32"), seed)
    np.testing.assert_array_equal(target, operation.size)
    return forward.numpy()


def parts(operation, frame=(60, 100), count=200):
    """What is seen of the image: x0, y0, width, height for each seed."""
    for seed in SEEDS[:count]:
        forward = placed(operation, frame, seed)
        (x, y), scale = forward[:2, 2], np.diag(forward)[:2]
        yield np.array([*(-np.array([x, y]) / scale), *(np.array(operation.size)[::-1] / scale)])


def test_a_stretched_image_is_all_of_it():
    np.testing.assert_allclose(placed(Stretch((30, 25))), np.diag([0.25, 0.5, 1]))


def test_a_letterbox_keeps_proportions_and_centres():
    np.testing.assert_allclose(placed(Letterbox((50, 50))), [[0.5, 0, 0], [0, 0.5, 10], [0, 0, 1]])


def test_a_letterbox_around_an_image_that_fits_is_a_border():
    result = Letterbox((64, 100))({"image": IMAGE}, SEEDS[0])["image"].numpy()
    np.testing.assert_array_equal(result[2:62], IMAGE)


def test_a_crop_of_the_middle_is_that_of_numpy():
    result = CenterCrop((60, 60))({"image": IMAGE}, SEEDS[0])["image"].numpy()
    np.testing.assert_array_equal(result, IMAGE[:, 20:80])


def test_of_the_middle_a_share_is_seen():
    np.testing.assert_allclose(placed(CenterCrop((30, 30), 0.5)), [[1, 0, -35], [0, 1, -15], [0, 0, 1]])


def test_random_crops_have_the_areas_and_proportions_asked_for():
    found = np.array(list(parts(RandomResizedCrop((32, 32), (0.2, 0.6), (0.5, 2.0)))))
    x, y, width, height = found.T
    area, ratio = width * height / 6000, width / height
    assert area.min() >= 0.199 and area.max() <= 0.601
    assert ratio.min() >= 0.499 and ratio.max() <= 2.001
    assert area.mean() == pytest.approx(0.4, abs=0.03)
    assert np.log(ratio).mean() == pytest.approx(0, abs=0.15)
    assert (x >= -1e-3).all() and (y >= -1e-3).all() and (x + width <= 100.01).all() and (y + height <= 60.01).all()


def test_when_no_crop_fits_the_largest_in_the_middle_is_taken():
    for part in parts(RandomResizedCrop((32, 32), (1, 1), (1, 1)), count=5):
        np.testing.assert_allclose(part, [20, 0, 60, 60], atol=1e-3)


def test_proportions_are_those_of_the_result():
    for part in parts(RandomResizedCrop((30, 60), (0.1, 1), (1, 1)), count=20):
        assert part[2] / part[3] == pytest.approx(2, rel=1e-4)


def test_scales_are_uniform_in_the_range_and_keep_proportions():
    maps = np.array([placed(ScaleJitter((60, 100), (0.5, 1.5)), seed=seed) for seed in SEEDS])
    np.testing.assert_array_equal(maps[:, 0, 0], maps[:, 1, 1])
    np.testing.assert_allclose(np.histogram(maps[:, 0, 0], 4, (0.5, 1.5))[0], 50, atol=20)


def test_a_small_image_lies_inside_and_a_large_one_covers_all():
    for seed in SEEDS[:50]:
        small, large = (placed(ScaleJitter((60, 100), (scale, scale)), seed=seed) for scale in (0.5, 2))
        for axis, side in ((0, 100), (1, 60)):
            assert 0 <= small[axis, 2] <= side / 2
            assert -side <= large[axis, 2] <= 0


@pytest.mark.parametrize("size", [(0, 5), (4,), 7, (3.5, 2)])
@pytest.mark.parametrize("operation", [Stretch, Letterbox, CenterCrop, RandomResizedCrop, ScaleJitter])
def test_a_wrong_size_is_refused(operation, size):
    with pytest.raises(ValueError, match=r"`size` must be two positive integers \(height, width\). Received: size="):
        operation(size)


def test_a_share_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="`share` must be a number from 0.01 to 1. Received: share=0"):
        CenterCrop((4, 4), 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"area": (0, 1)},
            r"`area` must be two numbers \(least, most\), above 0 and at most 1. Received: area=\(0, 1\)",
        ),
        ({"area": (0.5, 1.5)}, r"above 0 and at most 1. Received: area=\(0.5, 1.5\)"),
        ({"ratio": (2, 1)}, r"`ratio` must be two numbers \(least, most\), above 0. Received: ratio=\(2, 1\)"),
        ({"ratio": 1}, "Received: ratio=1"),
    ],
)
def test_wrong_ranges_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RandomResizedCrop((4, 4), **settings)
    with pytest.raises(ValueError, match=r"`scale` must be two numbers \(least, most\), above 0. Received: scale="):
        ScaleJitter((4, 4), (0, 1))
