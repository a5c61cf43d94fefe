import numpy as np
import pytest

from kformer.data.image_augmentation import ColorJitter
from tests.data.image_augmentation.scenes import SEEDS, picture

GREY = np.full((4, 4, 3), 100, "float32")


def test_factors_are_uniform_around_1():
    factors = np.array([ColorJitter(0.4, 0, 0).paint(GREY, seed)[0, 0, 0] / 100 for seed in SEEDS])
    np.testing.assert_allclose(np.histogram(factors, 4, (0.6, 1.4))[0], 50, atol=20)


@pytest.mark.parametrize("settings", [(0, 0.5, 0), (0, 0, 0.5), (0, 0, 0, 0.5)])
def test_contrast_saturation_and_hue_leave_grey(settings):
    np.testing.assert_allclose(ColorJitter(*settings).paint(GREY, SEEDS[0]), GREY, atol=0.05)


@pytest.mark.parametrize("settings", [(0, 0.5, 0), (0, 0, 0.5), (0, 0, 0, 0.5)])
def test_each_strength_changes_a_picture(settings):
    image = picture().astype("float32")
    assert np.abs(ColorJitter(*settings).paint(image, SEEDS[0]) - image).mean() > 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"brightness": 1.5}, "`brightness` must be a number from 0 to 1. Received: brightness=1.5"),
        ({"contrast": -1}, "`contrast` must be a number from 0 to 1. Received: contrast=-1"),
        ({"saturation": True}, "`saturation` must be a number from 0 to 1. Received: saturation=True"),
        ({"hue": 0.6}, "`hue` must be a number from 0 to 0.5. Received: hue=0.6"),
    ],
)
def test_wrong_strengths_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ColorJitter(**settings)
