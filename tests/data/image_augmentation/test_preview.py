"""The contact sheet."""

import io

import numpy as np
import pytest
from PIL import Image

from kformer.data.image_augmentation import AugmentationSettings, contact_sheet, to_png, training_augmentation
from kformer.data.images.drawing import class_color
from tests.data.image_augmentation.scenes import picture, scene

GREY = np.full((160, 200, 3), 200, "uint8")


def contains(sheet, color):
    return (sheet == color).all(axis=-1).any()


def test_rows_are_examples_and_columns_are_epochs():
    augment = training_augmentation(AugmentationSettings("classification"), (160, 200))
    one, wide, high = (
        contact_sheet([{"image": GREY}] * rows, augment, versions) for rows, versions in ((1, 1), (1, 3), (2, 1))
    )
    assert one.dtype == np.uint8
    assert wide.shape[1] - one.shape[1] == 2 * (200 + 6) and wide.shape[0] == one.shape[0]
    assert high.shape[0] - one.shape[0] == 160 + 6 and high.shape[1] == one.shape[1]


def test_versions_are_what_training_sees_in_its_epochs():
    from kformer.data.image_augmentation import graph_seeds

    seen = []
    contact_sheet(
        [{"image": GREY}] * 2, lambda example, seed: seen.append(tuple(seed)) or example, 2, seed=5, indices=[8, 3]
    )
    assert seen == [tuple(seed) for epoch in (0, 1) for seed in graph_seeds(5, epoch, [8, 3])]


def test_tiny_images_are_enlarged_by_whole_pixels_and_large_ones_shrunk():
    tiny = picture(8, 8)
    sheet = contact_sheet([{"image": tiny}])
    np.testing.assert_array_equal(sheet[-150:-6:18, 6:150:18], tiny)
    assert max(contact_sheet([{"image": picture(600, 900)}]).shape) < 300


def test_boxes_are_drawn_where_they_are_in_the_colour_of_their_class():
    example = {"image": GREY, "boxes": np.array([[20, 60, 90, 120]], "float32"), "classes": np.array([1])}
    sheet = contact_sheet([example], class_names=["cat", "dog"])
    tile = sheet[27:187, 6:206]
    for row, column in ((60, 50), (119, 50), (100, 20), (100, 89)):
        np.testing.assert_array_equal(tile[row, column], class_color(1))
    np.testing.assert_array_equal(tile[90, 55], GREY[0, 0])


def test_masks_tint_their_pixels_and_leave_those_to_be_ignored():
    mask = np.full((160, 200), 255)
    mask[:80] = 2
    tile = contact_sheet([{"image": GREY, "mask": mask}])[27:187, 6:206]
    np.testing.assert_allclose(tile[40, 50], 0.55 * GREY[0, 0] + 0.45 * np.array(class_color(2)), atol=1)
    np.testing.assert_array_equal(tile[120, 50], GREY[0, 0])


def test_the_background_has_no_colour():
    sheet = contact_sheet([{"image": GREY, "mask": np.zeros((160, 200), int)}], class_names=["Background", "cat"])
    np.testing.assert_array_equal(sheet[27 + 120, 56], GREY[0, 0])
    assert not contains(sheet, class_color(0))


def test_the_legend_shows_the_classes_that_are_seen_and_breaks_its_lines():
    few = contact_sheet([{"image": GREY, "boxes": np.zeros((1, 4), "float32"), "classes": [4]}])
    assert contains(few, class_color(4)) and not contains(few, class_color(5))
    many = {"image": GREY, "mask": np.arange(160 * 200).reshape(160, 200) % 30}
    assert contact_sheet([many]).shape[0] > few.shape[0] + 21


@pytest.mark.parametrize(
    "label", [np.int32(1), np.array("dog"), np.array(b"dog"), np.array([0.0, 1.0]), np.array("d" * 300)]
)
def test_a_label_stands_above_its_picture(label):
    plain, labelled = (
        contact_sheet([{"image": GREY, **extra}], class_names=["cat", "dog"]) for extra in ({}, {"label": label})
    )
    assert labelled.shape[0] - plain.shape[0] == 18 and labelled.shape[1] == plain.shape[1]
    assert (labelled[27:45] < 128).any()


def test_labels_of_a_mixture_are_told_by_their_shares():
    from kformer.data.image_augmentation.preview import _caption

    assert _caption(np.array([0.25, 0.0, 0.75]), ["cat", "dog", "fox"]) == "fox 75%, cat 25%"


def test_pictures_with_objects_are_drawn_after_any_augmentation():
    augment = training_augmentation(AugmentationSettings("detection"), (64, 64))
    sheet = contact_sheet([scene(seed) for seed in range(2)], augment, 3, class_names=["0", "a", "b", "c"])
    assert all(contains(sheet, class_color(number)) for number in (1, 2, 3))


def test_the_first_colours_differ():
    colors = np.array([class_color(number) for number in range(16)], int)
    distances = np.abs(colors[:, None] - colors[None]).sum(axis=-1) + 1000 * np.eye(16, dtype=int)
    assert distances.min() > 60
    assert len({class_color(number) for number in range(200)}) > 190


def test_a_png_holds_the_sheet():
    sheet = contact_sheet([{"image": GREY}])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(to_png(sheet)))), sheet)


def test_a_sheet_of_nothing_is_refused():
    with pytest.raises(ValueError, match="A contact sheet needs at least one example. Received: none."):
        contact_sheet([])
