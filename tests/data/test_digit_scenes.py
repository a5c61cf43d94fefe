"""Scenes of handwritten digits, with their boxes."""

import io

import numpy as np
import pytest
from PIL import Image

import kformer.data as kd

REQUIRED = ("image", "boxes")


@pytest.fixture(scope="module")
def parts():
    return kd.load_splits("digit-scenes", required=REQUIRED)


def test_there_are_scenes_to_train_on_and_others_to_validate(parts):
    train, validation = parts
    assert (len(train), len(validation)) == (400, 100)
    assert train.labels == tuple("0123456789")


def test_a_box_is_the_smallest_around_its_digit(parts):
    example = next(row for row in (parts[0][i] for i in range(20)) if len(row["boxes"]) == 1)
    (box,) = example["boxes"]
    pixels = np.asarray(Image.open(io.BytesIO(example["image"])).convert("L"))
    # The paper is at most 60 bright, give or take its grain.
    rows, columns = np.nonzero(pixels > 110)
    inside = (box["x0"] <= columns) & (columns < box["x1"]) & (box["y0"] <= rows) & (rows < box["y1"])
    assert inside.all() and len(rows)
    assert box["x1"] - columns.max() <= 3 and box["y1"] - rows.max() <= 3


def test_boxes_do_not_overlap_and_a_scene_may_be_empty(parts):
    counts = [len(boxes) for boxes in parts[0].values("boxes")]
    assert min(counts) == 0 and max(counts) > 3


def test_the_scenes_are_always_the_same(parts):
    assert kd.load("digit-scenes", required=REQUIRED).fingerprint == parts[0].fingerprint


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="digit-scenes has no part 'test'. Its parts are: train, validation"):
        kd.load("digit-scenes", split="test", required=REQUIRED)
