"""Boxes in batches: where they are painted there they are found, whatever is done to the image."""

import keras
import numpy as np
import pytest

from tests.tiny import box_scenes, detector


@pytest.fixture(scope="module")
def examples():
    return box_scenes(12)


def batches(task, examples, **options):
    batch = next(iter(task.batches(examples, batch_size=len(examples), **options)))
    return keras.tree.map_structure(np.asarray, batch)


def assert_boxes_are_where_the_colours_are(inputs, targets):
    """Blue boxes are class 0, red ones class 1, all else is grey."""
    images = inputs["images"] * 0.5 + 0.5
    # The colour, beside its opposite: 1 within a blue or a red box, 0 outside.
    shades = np.clip(np.stack([images[..., 2] - images[..., 0], images[..., 0] - images[..., 2]], axis=-1), 0, 1)
    for shade, boxes, classes in zip(shades, targets["boxes"], targets["classes"], strict=True):
        painted = np.zeros_like(shade)
        rows, columns = (np.arange(side)[:, None] for side in shade.shape[:2])
        for (x0, y0, x1, y1), label in zip(boxes[classes >= 0], classes[classes >= 0], strict=True):
            down = np.clip(np.minimum(rows + 1, y1) - np.maximum(rows, y0), 0, 1)
            across = np.clip(np.minimum(columns + 1, x1) - np.maximum(columns, x0), 0, 1)
            painted[..., label] = np.maximum(painted[..., label], down * across.T)
        # Inside and outside, but for edges that are blurred and boxes over boxes.
        agree = np.abs((shade > 0.35) - (painted > 0.5).astype(float))
        assert agree.mean() < 0.03


@pytest.mark.parametrize("options", [{}, {"training": True, "augment": "standard", "color_jitter": 0.0, "hue": 0.0}])
def test_boxes_lie_where_the_image_shows_them(examples, options):
    inputs, targets, weights = batches(detector(), examples, **options)
    assert inputs["images"].shape == (12, 32, 48, 3) and targets["boxes"].shape == (12, 2, 4)
    np.testing.assert_array_equal(weights, 1.0)
    assert_boxes_are_where_the_colours_are(inputs, targets)


def test_a_mosaic_has_the_boxes_of_four(examples):
    options = {"training": True, "augment": "none", "mosaic": 1.0}
    inputs, targets, _ = batches(detector(), examples, **options)
    assert set(inputs) == {"images"} and targets["classes"].shape == (12, 8)
    assert (targets["classes"] >= 0).sum(axis=1).max() > 2
    assert_boxes_are_where_the_colours_are(inputs, targets)


def test_padding_stands_behind_the_boxes_and_an_image_may_have_none(examples):
    _, targets, _ = batches(detector(), examples)
    np.testing.assert_array_equal((targets["classes"] >= 0).sum(axis=1), [0, 1, 2] * 4)
    np.testing.assert_array_equal(targets["classes"][1], [1, -1])


def test_large_images_are_stored_smaller_and_their_boxes_with_them():
    large = box_scenes(6, size=(160, 240))
    task = detector()
    assert task.processor.store(large).scales.max() < 0.5
    inputs, targets, _ = batches(task, large)
    assert_boxes_are_where_the_colours_are(inputs, targets)


def test_a_label_that_is_not_known_is_named(examples):
    with pytest.raises(ValueError, match="tiny scenes has labels that are not known: 'blue'"):
        detector(labels=("red", "green")).batches(examples)
