"""From settings to functions for a data set."""

import numpy as np
import pytest

from kformer.data.image_augmentation import (
    AugmentationSettings,
    CutMix,
    MixUp,
    MixUpOrCutMix,
    batch_mixing,
    evaluation_transform,
    training_augmentation,
)
from kformer.data.image_augmentation.settings import STRENGTHS, TASKS
from tests.data.image_augmentation.scenes import SEEDS, painted_box, picture, scene

SIZE = (48, 64)


def training(task, augment="standard", **settings):
    return training_augmentation(AugmentationSettings(task, augment, **settings), SIZE)


@pytest.mark.parametrize("augment", STRENGTHS)
@pytest.mark.parametrize("task", TASKS)
def test_examples_come_out_at_one_size_in_float32(task, augment):
    example = (scene(),) * 4 if task == "detection" and augment == "strong" else scene()
    for seed in SEEDS[:3]:
        after = training(task, augment)(example, seed)
        assert after["image"].shape == (*SIZE, 3) and after["image"].dtype == "float32"
        assert after["mask"].shape == SIZE and after["mask"].dtype == "int32"


@pytest.mark.parametrize("task", TASKS)
def test_without_augmentation_training_and_evaluation_see_the_same(task):
    example = {**scene(), "image": picture()}
    train, evaluation = training(task, "none")(example, SEEDS[0]), evaluation_transform(task, SIZE)(example)
    np.testing.assert_array_equal(train["image"], evaluation["image"])
    np.testing.assert_array_equal(train["mask"], evaluation["mask"])


def test_every_number_reaches_its_operation():
    numbers = {
        "flip": 0.4, "vertical_flip": 0.3, "rotation": 5, "shift": 0.1, "zoom": 1.5, "color_jitter": 0.2, "hue": 0.1,
        "rand_augment": 3, "rand_augment_ops": 1, "erasing": 0.6,
    }  # fmt: skip
    operations = training("classification", "none", **numbers).alone.operations
    expected = [
        "CenterCrop(size=(48, 64), share=1.0)", "RandomFlip(horizontal=0.4, vertical=0.3)", "RandomRotation(degrees=5)",
        f"RandomZoom(scale=({1 / 1.5}, 1.5))", "RandomShift(share=0.1)", "RandAugment(magnitude=3, num_ops=1)",
        "ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.1)",
    ]  # fmt: skip
    assert [repr(operation) for operation in operations[:-1]] == expected
    assert operations[-1].probability == 0.6
    assert training("faces", "none", crop_area=0.3).alone.operations[0].area == (0.3, 1.0)
    assert training("faces", "none", scale_jitter=2).alone.operations[0].scale == (0.5, 2)


@pytest.mark.parametrize(
    ("settings", "mixing"),
    [
        ({}, None),
        ({"mixup": 0.2}, MixUp(0.2)),
        ({"cutmix": 1}, CutMix(1)),
        ({"mixup": 0.8, "cutmix": 1}, MixUpOrCutMix()),
    ],
)
def test_batches_are_mixed_as_the_numbers_say(settings, mixing):
    assert batch_mixing(AugmentationSettings("classification", "none", **settings)) == mixing


def test_as_many_pictures_are_mosaics_as_asked_for():
    white = {
        "image": np.full((48, 64, 3), 255, "uint8"),
        "boxes": np.array([[0, 0, 64, 48]], "float32"),
        "classes": [1],
    }
    augmentation = training("detection", "none", mosaic=0.4)
    boxes = [len(augmentation((white,) * 4, seed)["boxes"]) for seed in SEEDS[:50]]
    assert set(boxes) <= {1, 2, 3, 4}
    assert np.mean(np.array(boxes) > 1) == pytest.approx(0.4, abs=0.2)


def test_a_mosaic_keeps_boxes_on_their_objects_in_the_graph():
    import tensorflow as tf

    def numbered(seed, number):
        example = scene(seed + number)
        mask = np.where(example["mask"], example["mask"] + 3 * number, 0).astype("int32")
        return {**example, "mask": mask, "classes": example["classes"] + 3 * number}

    examples = [tuple(numbered(seed, number) for number in range(4)) for seed in range(3)]
    columns = tf.nest.map_structure(lambda *values: np.stack(values), *examples)
    data_set = tf.data.Dataset.from_tensor_slices((columns, SEEDS[:3]))
    for after in data_set.map(training("detection", "strong", mosaic=1)).as_numpy_iterator():
        painted = [painted_box(after["mask"], number) for number in after["classes"]]
        found = [(box, other) for box, other in zip(after["boxes"], painted, strict=True) if other is not None]
        assert len(found) >= 3
        for box, other in found:
            np.testing.assert_allclose(other, box, atol=0.51)


def test_a_mosaic_of_one_example_is_refused():
    with pytest.raises(
        ValueError, match="`mosaic` 0.5 needs four examples for each picture. Received: one. Give the example"
    ):
        training("detection", "strong")(scene(), SEEDS[0])


@pytest.mark.parametrize("fit", ["letterbox", "stretch"])
@pytest.mark.parametrize("size", [(60, 80), (120, 90), (30, 200)])
def test_what_is_found_at_evaluation_goes_back_to_the_original(fit, size):
    """Where nothing is cut off, boxes come back exactly and masks up to the pixels that were lost."""
    example = scene(3, *size)
    transform = evaluation_transform("detection", (128, 96), fit)
    after = transform(example)
    np.testing.assert_allclose(transform.boxes_in_image(after["boxes"], size), example["boxes"], atol=0.01)
    mask = transform.mask_in_image(after["mask"], size)
    assert mask.shape == size
    assert np.mean(mask != example["mask"]) < 0.08


def test_of_a_crop_the_rest_of_the_original_is_to_be_ignored():
    transform = evaluation_transform("classification", (60, 60))
    mask = transform.mask_in_image(np.ones((60, 60), "int32"), (60, 80)).numpy()
    np.testing.assert_array_equal(mask[0], [255] * 10 + [1] * 60 + [255] * 10)


def test_boxes_found_beside_the_image_are_clipped_to_it():
    transform = evaluation_transform("detection", (100, 100))
    boxes = transform.boxes_in_image(np.array([[0, 0, 100, 100]], "float32"), (50, 100))
    np.testing.assert_allclose(boxes, [[0, 0, 100, 50]])


def test_evaluation_keeps_the_smallest_rest_of_a_box():
    example = {"image": picture(60, 80), "boxes": np.array([[0, 0, 11, 60]], "float32"), "classes": np.array([4])}
    np.testing.assert_allclose(evaluation_transform("classification", (60, 60))(example)["boxes"], [[0, 0, 1, 60]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("poetry", SIZE),
            "`task` must be one of classification, detection, segmentation, faces. Received: task='poetry'",
        ),
        (("faces", SIZE, "zoom"), "`fit` must be one of crop, letterbox, stretch. Received: fit='zoom'"),
        (("faces", (0, 1)), r"`size` must be two positive integers \(height, width\). Received: size=\(0, 1\)"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        evaluation_transform(*arguments)


@pytest.mark.parametrize(
    ("settings", "fit", "fill"),
    [
        ({"augment": "light"}, None, "reflect"),
        ({"augment": "none", "rotation": 10}, "stretch", "reflect"),
        ({"augment": "light"}, "letterbox", "mean"),
        ({"augment": "standard"}, None, "mean"),
        ({"augment": "none"}, None, "mean"),
    ],
)
def test_images_to_classify_are_mirrored_at_edges_that_they_are_moved_over(settings, fit, fill):
    augmentation = training_augmentation(AugmentationSettings("classification", **settings), (8, 8), fit)
    assert augmentation.alone.fill == fill


@pytest.mark.parametrize(("task", "fill"), [("detection", "mean"), ("segmentation", "mean"), ("faces", "reflect")])
def test_other_edges_are_the_task_s_own(task, fill):
    settings = AugmentationSettings(task, augment="none", shift=0.1)
    assert training_augmentation(settings, (8, 8)).alone.fill == fill
