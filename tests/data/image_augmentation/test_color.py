"""Colours, against Pillow and, for hue, against what defines it."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from kformer.data.image_augmentation import color
from tests.data.image_augmentation.scenes import picture

BYTES = picture(40, 60, seed=3) // 2 + 30
IMAGE = BYTES.astype("float32")
PILLOW = Image.fromarray(BYTES)


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 1.9])
@pytest.mark.parametrize(
    ("name", "enhance"),
    [("brightness", ImageEnhance.Brightness), ("saturation", ImageEnhance.Color), ("contrast", ImageEnhance.Contrast)],
)
def test_factors_are_pillow_s(name, enhance, factor):
    ours = color.recolor(IMAGE, **{name: factor})
    np.testing.assert_allclose(ours, np.asarray(enhance(PILLOW).enhance(factor)), atol=1.6)


@pytest.mark.parametrize("factor", [0.1, 1.9])
def test_sharpness_is_pillow_s(factor):
    ours = color.sharpen(IMAGE, factor)
    np.testing.assert_allclose(ours, np.asarray(ImageEnhance.Sharpness(PILLOW).enhance(factor)), atol=1.6)


def test_smoothing_leaves_the_outermost_pixels():
    smooth = np.asarray(PILLOW.filter(ImageFilter.SMOOTH))
    np.testing.assert_allclose(color.sharpen(IMAGE, 0.0), smooth, atol=1)


def test_auto_contrast_is_pillow_s():
    np.testing.assert_allclose(color.auto_contrast(IMAGE), np.asarray(ImageOps.autocontrast(PILLOW)), atol=1)


def test_equalize_is_pillow_s_exactly():
    np.testing.assert_array_equal(color.equalize(IMAGE), np.asarray(ImageOps.equalize(PILLOW)))


@pytest.mark.parametrize("threshold", [0, 100, 256])
def test_solarize_is_pillow_s_exactly(threshold):
    np.testing.assert_array_equal(color.solarize(IMAGE, threshold), np.asarray(ImageOps.solarize(PILLOW, threshold)))


@pytest.mark.parametrize("bits", [1, 4, 8])
def test_posterize_is_pillow_s_exactly(bits):
    np.testing.assert_array_equal(color.posterize(IMAGE, bits), np.asarray(ImageOps.posterize(PILLOW, bits)))


@pytest.mark.parametrize("function", [color.auto_contrast, color.equalize])
def test_a_channel_of_one_value_stays(function):
    flat = np.full((5, 7, 3), [0, 128, 255], "float32")
    np.testing.assert_array_equal(function(flat), flat)


@pytest.mark.parametrize("hue", [-0.4, 0.1, 0.5])
def test_hue_keeps_grey_values_and_luma(hue):
    grey = np.repeat(IMAGE[..., :1], 3, axis=-1)
    np.testing.assert_allclose(color.recolor(grey, hue=hue), grey, atol=0.05)
    muted = 128 + (IMAGE - 128) / 4
    np.testing.assert_allclose(
        color.recolor(muted, hue=hue) @ color.GREY[:, None], muted @ color.GREY[:, None], atol=0.05
    )


def test_a_turn_of_hue_and_its_opposite_undo_each_other():
    muted = 128 + (IMAGE - 128) / 4
    np.testing.assert_allclose(color.recolor(color.recolor(muted, hue=0.2), hue=-0.2), muted, atol=0.05)


def test_red_becomes_more_green_than_red_after_a_third_of_a_turn():
    red = np.full((1, 1, 3), [200, 60, 60], "float32")
    r, g, b = color.recolor(red, hue=-1 / 3)[0, 0].numpy()
    assert g > r and g > b


def test_all_changes_at_once_are_one_after_the_other():
    muted = 100 + (IMAGE - 100) / 8
    at_once = color.recolor(muted, brightness=1.1, saturation=0.6, hue=0.1, contrast=1.3)
    steps = color.recolor(muted, brightness=1.1)
    for step in ({"saturation": 0.6}, {"hue": 0.1}, {"contrast": 1.3}):
        steps = color.recolor(steps, **step)
    np.testing.assert_allclose(at_once, steps, atol=0.01)


def test_the_mean_colour_is_numpy_s():
    np.testing.assert_allclose(color.mean_color(IMAGE), IMAGE.mean(axis=(0, 1)), rtol=1e-5)
