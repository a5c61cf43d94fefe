"""Several operations with one resampling."""

import numpy as np
import pytest

from kformer.data.image_augmentation import (
    Compose,
    RandAugment,
    RandomFlip,
    RandomRotation,
    RandomShift,
    Stretch,
    composition,
)
from tests.data.image_augmentation.scenes import SEEDS, picture

IMAGE = picture()


def test_movements_together_are_the_product_of_their_maps():
    operations = (Stretch((50, 40)), RandomFlip(1), RandomRotation(30), RandomShift(0.2))
    frame = np.array([60, 80], "float32")
    whole, last = Compose(operations).place(frame, SEEDS[0])
    product = np.eye(3)
    for operation in operations:
        forward, frame = operation.place(frame, SEEDS[0])
        product = forward.numpy() @ product
    np.testing.assert_allclose(whole, product, atol=1e-3)
    np.testing.assert_array_equal(last, [50, 40])


def test_all_movements_are_one_resampling(monkeypatch):
    calls = []
    monkeypatch.setattr(composition, "warp", lambda example, *arguments: calls.append(arguments) or example)
    Compose((RandomFlip(), RandomRotation(), RandomShift(), RandAugment()))({"image": IMAGE}, SEEDS[0])
    assert len(calls) == 1


def test_two_flips_undo_each_other():
    np.testing.assert_array_equal(Compose((RandomFlip(1), RandomFlip(1)))({"image": IMAGE}, SEEDS[0])["image"], IMAGE)


def test_two_of_a_kind_are_drawn_apart():
    halves = [
        Compose((RandomFlip(), RandomFlip())).place(np.array([60, 80], "float32"), seed)[0] for seed in SEEDS[:64]
    ]
    assert np.mean([forward[0, 0] < 0 for forward in halves]) == pytest.approx(0.5, abs=0.2)


def test_an_operation_draws_the_same_alone_and_among_others():
    alone = RandomFlip()({"image": IMAGE}, SEEDS[3])["image"]
    np.testing.assert_array_equal(
        Compose((RandomRotation(0), RandomFlip()))({"image": IMAGE}, SEEDS[3])["image"], alone
    )


def test_the_fill_reaches_what_lies_outside():
    shifted = Compose((RandomShift(1.0),), fill=(1, 2, 3), ignore_index=9)
    after = shifted({"image": IMAGE, "mask": np.zeros((60, 80), "int32")}, SEEDS[0])
    outside = after["mask"] == 9
    assert outside.numpy().any()
    np.testing.assert_array_equal(np.unique(after["image"][outside], axis=0), [[1, 2, 3]])


@pytest.mark.parametrize("fill", ["median", -1, (1, 2), "noise"])
def test_a_wrong_fill_is_refused(fill):
    choices = r"'mean', 'reflect', a number from 0 to 255 or three of them \(red, green, blue\)"
    with pytest.raises(ValueError, match=f"`fill` must be {choices}. Received: fill="):
        Compose((), fill=fill)


def test_a_wrong_share_of_boxes_is_refused():
    with pytest.raises(ValueError, match="`min_box_share` must be a number from 0 to 1. Received: min_box_share=2"):
        Compose((), min_box_share=2)


@pytest.mark.parametrize("shape", [(2, 60, 80, 3), (60, 80), (60, 80, 4)])
def test_an_image_of_another_shape_is_refused(shape):
    message = (
        r"`image` must be of shape \(height, width, 3\). Received: \(.*\). Augmentations take one image at a time: map"
    )
    with pytest.raises(ValueError, match=message):
        RandomFlip()({"image": np.zeros(shape, "uint8")}, SEEDS[0])


def test_boxes_without_classes_are_refused():
    with pytest.raises(
        ValueError,
        match="`boxes` need `classes` beside them, so that both are dropped together. Received: image, boxes.",
    ):
        RandomFlip()({"image": IMAGE, "boxes": np.zeros((1, 4), "float32")}, SEEDS[0])
