"""Handwritten digits on pictures, with masks."""

import io

import numpy as np
import pytest
from PIL import Image

import kformer.data as kd
from kformer.data.examples import label_counts

REQUIRED = ("image", "mask")


@pytest.fixture(scope="module")
def parts():
    return kd.load_splits("digit-masks", required=REQUIRED)


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)))


def test_there_are_pictures_to_train_and_to_validate_on(parts):
    assert tuple(map(len, parts)) == (800, 200)


def test_every_digit_and_the_background_is_a_class(parts):
    assert parts[0].labels[:3] == ("background", "zero", "one") and len(parts[0].labels) == 11
    assert all(set(label_counts(part)) == set(part.labels) for part in parts)


def test_masks_lie_on_ink(parts):
    images, masks = (np.stack([pixels(row) for row in parts[0].values(role)[:50]]) for role in REQUIRED)
    assert images[masks > 0].mean() > images[masks == 0].mean() + 50


def test_they_are_the_same_every_time(parts):
    assert kd.load("digit-masks", required=REQUIRED).fingerprint == parts[0].fingerprint


def test_an_unknown_part_lists_those_there():
    with pytest.raises(ValueError, match="digit-masks has no part 'test'. Its parts are: train, validation"):
        kd.load("digit-masks", split="test", required=REQUIRED)
