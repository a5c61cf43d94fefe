"""Names of strengths, numbers in their place, and what contradicts."""

import pytest

from kformer.data.image_augmentation import AugmentationSettings
from kformer.data.image_augmentation.settings import STRENGTHS, TASKS

NOTHING = AugmentationSettings("classification", "none").numbers()


@pytest.mark.parametrize("task", TASKS)
def test_none_changes_nothing(task):
    assert AugmentationSettings(task, "none").numbers() == NOTHING


@pytest.mark.parametrize("task", TASKS)
def test_every_strength_is_another(task):
    strengths = [AugmentationSettings(task, augment).numbers() for augment in STRENGTHS]
    assert all(strengths.count(numbers) == 1 for numbers in strengths)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("augment", STRENGTHS)
def test_the_numbers_of_a_strength_do_not_contradict_each_other(task, augment):
    numbers = AugmentationSettings(task, augment).numbers()
    if not numbers["rand_augment"]:
        del numbers["rand_augment_ops"]
    AugmentationSettings(task, "none", **numbers)


def test_a_number_stands_in_the_place_of_the_strength_s():
    numbers = AugmentationSettings("classification", "standard", flip=0, rotation=5).numbers()
    standard = AugmentationSettings("classification", "standard").numbers()
    assert numbers == {**standard, "flip": 0, "rotation": 5}


def test_a_given_scale_stands_in_the_place_of_whatever_changes_the_scale():
    numbers = AugmentationSettings("detection", "standard", crop_area=0.5).numbers()
    assert numbers["crop_area"] == 0.5
    assert numbers["scale_jitter"] == 1


def test_none_with_a_number_is_that_alone():
    assert AugmentationSettings("faces", "none", flip=0.5).numbers() == {**NOTHING, "flip": 0.5}


def test_settings_come_from_values_by_name():
    assert AugmentationSettings.from_dict({"task": "faces", "flip": 0}) == AugmentationSettings("faces", flip=0)


def test_an_unknown_name_is_refused_with_the_nearest():
    message = "Augmentation has no setting 'rotate'. Did you mean 'rotation'.* Known: task, augment, flip, .*, mosaic."
    with pytest.raises(ValueError, match=message):
        AugmentationSettings.from_dict({"task": "faces", "rotate": 3})


@pytest.mark.parametrize(
    ("task", "settings", "message"),
    [
        ("poetry", {}, "`task` must be one of classification, detection, segmentation, faces. Received: task='poetry'"),
        (
            "faces",
            {"augment": "hard"},
            "`augment` must be one of none, light, standard, strong. Received: augment='hard'",
        ),
        ("faces", {"flip": 2}, "`flip` must be from 0 to 1. Received: flip=2"),
        ("faces", {"zoom": 0.5}, "`zoom` must be from 1 to 10. Received: zoom=0.5"),
        ("classification", {"mixup": -1}, "`mixup` must be at least 0. Received: mixup=-1"),
        ("classification", {"mixup": float("inf")}, "`mixup` must be at least 0. Received: mixup=inf"),
        (
            "detection",
            {"crop_area": 0.5, "scale_jitter": 2},
            "`crop_area` 0.5 and `scale_jitter` 2 contradict each other: both decide how large things are seen. Drop",
        ),
        ("faces", {"zoom": 2, "crop_area": 0.5}, "`crop_area` 0.5 and `zoom` 2 contradict each other"),
        (
            "detection",
            {"mixup": 0.2},
            "`mixup` 0.2 and `task` detection contradict each other: two images that are laid over each other have no "
            "one set of boxes. Drop `mixup`, which is for classification.",
        ),
        (
            "faces",
            {"cutmix": 1},
            "`cutmix` 1 and `task` faces contradict each other: an image with a part of another in it has no one "
            "person. Drop `cutmix`, which is for classification and segmentation.",
        ),
        (
            "segmentation",
            {"mosaic": 1},
            "`mosaic` 1 and `task` segmentation contradict each other: four images in one have no one mask. Drop "
            "`mosaic`, which is for detection.",
        ),
        (
            "detection",
            {"rand_augment_ops": 3},
            "`rand_augment_ops` 3 and `rand_augment` 0 contradict each other: at magnitude 0 there are no operations",
        ),
    ],
)
def test_wrong_and_contradicting_values_are_refused(task, settings, message):
    with pytest.raises(ValueError, match=message):
        AugmentationSettings(task, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"flip": "often"}, "`flip` must be a number. Received: flip='often'"),
        ({"flip": True}, "`flip` must be a number. Received: flip=True"),
        (
            {"rand_augment": 5, "rand_augment_ops": 1.5},
            "`rand_augment_ops` must be an integer. Received: rand_augment_ops=1.5",
        ),
    ],
)
def test_values_of_the_wrong_type_are_refused(settings, message):
    with pytest.raises(TypeError, match=message):
        AugmentationSettings("faces", **settings)


def test_what_changes_nothing_contradicts_nothing():
    AugmentationSettings("detection", crop_area=1, zoom=1, mixup=0, scale_jitter=2)
