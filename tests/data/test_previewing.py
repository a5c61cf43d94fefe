"""A contact sheet of what training sees."""

import io

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from kformer.data import Examples, preview
from kformer.data.image_augmentation import AugmentationSettings
from kformer.data.previewing import kind_of
from tests.tiny import box_scenes, images


def test_a_sheet_has_a_row_for_each_example_and_a_column_for_each_version():
    small = Image.open(io.BytesIO(preview(images(), count=2, versions=1)))
    large = Image.open(io.BytesIO(preview(images(), count=4, versions=3)))
    assert large.width > 1.7 * small.width and large.height > 1.7 * small.height


def test_a_seed_repeats_a_sheet():
    assert preview(images(), count=2, seed=1) == preview(images(), count=2, seed=1)
    assert preview(images(), count=2, seed=1) != preview(images(), count=2, seed=2)


def test_images_without_labels_are_for_classification():
    assert kind_of(images()) == "classification"


def test_texts_have_no_preview():
    examples = Examples(pa.table({"text": ["a"]}), {"text": "text"}, source="poems")
    with pytest.raises(ValueError, match="poems has no images to preview. Its roles are: text."):
        preview(examples)


def test_boxes_are_drawn():
    examples = images(2)
    boxes = [[{"label": "spot", "x0": 1.0, "y0": 1.0, "x1": 8.0, "y1": 8.0}]] * 2
    table = examples.table.append_column("boxes", pa.array(boxes))
    fields = {"image": "image", "boxes": "boxes"}
    with_boxes = Examples(table, fields, labels=("spot",), source="spots")
    assert kind_of(with_boxes) == "detection"
    sheet = np.asarray(Image.open(io.BytesIO(preview(with_boxes, "none", count=1, versions=0))))
    # The first class' red.
    assert (sheet == (230, 25, 75)).all(axis=-1).any()


def test_a_mosaic_is_made_with_the_rows_that_follow():
    settings = AugmentationSettings("detection", "none", mosaic=1.0)
    assert preview(box_scenes(5), settings, (32, 48), count=4, versions=1).startswith(b"\x89PNG")
