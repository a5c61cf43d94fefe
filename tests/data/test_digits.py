"""The digits that scikit-learn carries."""

import io

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import kformer.data as kd
from kformer.data.examples import label_counts

REQUIRED = ("image", "label")


@pytest.fixture(scope="module")
def parts():
    return kd.load_splits("digits", required=REQUIRED)


def test_a_quarter_is_held_out_with_the_share_of_every_digit(parts):
    train, validation = parts
    assert (len(train), len(validation)) == (1348, 449)
    shares = {digit: label_counts(validation)[digit] / label_counts(train)[digit] for digit in train.labels}
    assert all(0.32 < share < 0.35 for share in shares.values())


def test_no_image_is_in_both(parts):
    train, validation = (set(part.identities("image")) for part in parts)
    assert train.isdisjoint(validation)


def test_the_images_are_scikit_learn_s(parts):
    digits = load_digits()
    pixels = [np.asarray(Image.open(io.BytesIO(content))) for part in parts for content in part.values("image")]
    ours = sorted(np.round(image / 255 * 16).astype(int).tolist() for image in pixels)
    assert ours == sorted(digits.images.astype(int).tolist())


def test_they_are_the_same_every_time(parts):
    assert kd.load("digits", required=REQUIRED).fingerprint == parts[0].fingerprint


def test_an_unknown_part_lists_those_there():
    with pytest.raises(ValueError, match="digits has no part 'test'. Its parts are: train, validation"):
        kd.load("digits", split="test", required=REQUIRED)
