import numpy as np
import pytest

from kformer.data.image_augmentation import RandomErasing
from tests.data.image_augmentation.scenes import SEEDS, picture, scene

IMAGE = picture(60, 80).astype("float32")


def erased(operation, seed):
    """The rectangle that is lost: rows, columns, or None."""
    rows, columns = np.nonzero((np.asarray(operation.paint(IMAGE, seed)) != IMAGE).all(axis=-1))
    return (np.unique(rows), np.unique(columns)) if len(rows) else None


def test_the_share_of_images_asked_for_loses_something():
    assert np.mean([erased(RandomErasing(0.3), seed) is not None for seed in SEEDS]) == pytest.approx(0.3, abs=0.1)


def test_a_rectangle_of_the_area_asked_for_is_lost():
    shares, ratios = [], []
    for seed in SEEDS[:60]:
        rows, columns = erased(RandomErasing(1, (0.1, 0.3), (0.5, 2.0), fill=0.5), seed)
        assert (np.diff(rows) == 1).all() and (np.diff(columns) == 1).all()
        shares.append(len(rows) * len(columns) / IMAGE[..., 0].size)
        ratios.append(len(columns) / len(rows))
    assert min(shares) > 0.09 and max(shares) < 0.31
    assert min(ratios) > 0.45 and max(ratios) < 2.2


def test_what_sticks_out_is_cut():
    image = RandomErasing(1, (1, 1), (10, 10), fill=7).paint(IMAGE, SEEDS[0]).numpy()
    np.testing.assert_array_equal((image == 7).all(axis=(1, 2)).sum(), round(np.sqrt(60 * 80 / 10)))


def test_a_random_shade_of_grey_fills_the_rectangle():
    erasing = RandomErasing(1, (1, 1), (4 / 3, 4 / 3), fill="grey")
    shades = [np.unique(erasing.paint(IMAGE, seed)) for seed in SEEDS[:2]]
    assert all(len(shade) == 1 for shade in shades)
    assert not np.array_equal(*shades)


def test_noise_fills_the_range():
    noise = RandomErasing(1, (1, 1), (4 / 3, 4 / 3)).paint(IMAGE, SEEDS[0]).numpy()
    np.testing.assert_allclose(np.histogram(noise, 5, (0, 255))[0] / noise.size, 0.2, atol=0.02)


@pytest.mark.parametrize(
    ("fill", "expected"), [("mean", IMAGE.mean(axis=(0, 1))), (9, [9] * 3), ((1, 2, 3), (1, 2, 3))]
)
def test_other_fills(fill, expected):
    image = RandomErasing(1, (1, 1), (4 / 3, 4 / 3), fill).paint(IMAGE, SEEDS[0])
    np.testing.assert_allclose(image[30, 40], expected, rtol=1e-5)


def test_boxes_and_masks_stay():
    before = scene()
    after = RandomErasing(1)(before, SEEDS[0])
    np.testing.assert_array_equal(after["boxes"], before["boxes"])
    np.testing.assert_array_equal(after["mask"], before["mask"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"probability": 2}, "`probability` must be a number from 0 to 1. Received: probability=2"),
        (
            {"area": (0, 1)},
            r"`area` must be two numbers \(least, most\), above 0 and at most 1. Received: area=\(0, 1\)",
        ),
        ({"ratio": (2, 1)}, r"`ratio` must be two numbers \(least, most\), above 0. Received: ratio=\(2, 1\)"),
        (
            {"fill": "snow"},
            r"`fill` must be 'mean', 'noise', 'grey', a number from 0 to 255 or three .*. Received: fill='snow'",
        ),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RandomErasing(**settings)
