"""Decoded images in memory, or decoded anew."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kformer.data as kd
from kformer.data.images.store import ImageStore
from tests.data.images.pictures import encoded, mask, picture, rotated_jpeg

BUDGETS = pytest.mark.parametrize("budget", [None, 0], ids=["in memory", "decoded anew"])


@pytest.fixture
def sizes(write, tmp_path):
    """Three images of different sizes, one of them turned by its EXIF."""
    write("a/1.png", encoded(picture(30, 40)))
    write("b/2.jpg", rotated_jpeg(6, 48, 64))
    write("b/3.png", encoded(picture(100, 20)))
    return kd.load(tmp_path, required=("image", "label"))


def all_of(store):
    dataset = tf.data.Dataset.range(len(store)).map(store.read, tf.data.AUTOTUNE, deterministic=True)
    return list(dataset.as_numpy_iterator())


@BUDGETS
def test_images_are_those_of_the_files(sizes, budget):
    images = all_of(ImageStore(sizes, budget=budget))
    assert [image.shape for image in images] == [(30, 40, 3), (64, 48, 3), (100, 20, 3)]
    np.testing.assert_array_equal(images[0], np.asarray(picture(30, 40)))


def test_images_are_the_same_wherever_they_are(sizes):
    in_memory, anew = (all_of(ImageStore(sizes, size=24, budget=budget)) for budget in (None, 0))
    for left, right in zip(in_memory, anew, strict=True):
        np.testing.assert_array_equal(left, right)


@BUDGETS
def test_the_shorter_side_has_at_most_the_size(sizes, budget):
    store = ImageStore(sizes, size=24, budget=budget)
    shapes = [image.shape[:2] for image in all_of(store)]
    assert shapes == [(24, 32), (32, 24), (100, 20)] == list(map(tuple, store.shapes.tolist()))


def test_boxes_find_their_pixels_by_the_scales(sizes):
    store = ImageStore(sizes, size=24)
    assert store.original_shapes.tolist() == [[30, 40], [64, 48], [100, 20]]
    np.testing.assert_allclose(store.scales, [[0.8, 0.8], [0.5, 0.5], [1, 1]])


@BUDGETS
def test_an_image_may_be_bytes(budget):
    examples = kd.load("digits", required=("image", "label")).take(range(5))
    images = all_of(ImageStore(examples, budget=budget))
    expected = [np.asarray(Image.open(io.BytesIO(content)).convert("RGB")) for content in examples.values("image")]
    np.testing.assert_array_equal(images, expected)


@BUDGETS
def test_masks_are_scaled_like_their_images(write, tmp_path, budget):
    values = np.random.default_rng(0).choice([0, 1, 255], (48, 64))
    write("images/a.png", encoded(picture(48, 64)))
    write("masks/a.png", encoded(mask(values)))
    examples = kd.load(tmp_path, required=("image", "mask"))
    (whole,), (small,) = (all_of(ImageStore(examples, "mask", size, budget)) for size in (None, 24))
    np.testing.assert_array_equal(whole, values)
    assert (small.dtype, small.shape) == (np.int32, all_of(ImageStore(examples, size=24))[0].shape[:2])
    assert set(small.ravel()) <= {0, 1, 255}


@BUDGETS
def test_what_is_read_has_a_known_rank(sizes, streets, budget):
    masks = kd.load(streets, required=("image", "mask"))
    for store, spec in (
        (ImageStore(sizes, budget=budget), tf.TensorSpec((None, None, 3), "uint8")),
        (ImageStore(masks, "mask", budget=budget), tf.TensorSpec((None, None), "int32")),
    ):
        assert tf.data.Dataset.range(1).map(store.read).element_spec == spec


def test_images_in_memory_need_no_file(sizes, tmp_path):
    store = ImageStore(sizes)
    for path in tmp_path.rglob("*.*"):
        path.unlink()
    assert len(all_of(store)) == 3


def test_a_store_outlives_the_function_that_made_it(sizes):
    dataset = tf.data.Dataset.range(3).map(ImageStore(sizes).read)
    junk = [np.full(10_000, 7, "uint8") for _ in range(100)]
    np.testing.assert_array_equal(next(iter(dataset)), np.asarray(picture(30, 40)))
    assert len(junk) == 100


@pytest.mark.parametrize(
    ("budget", "note"),
    [
        (None, "decoded images: 19 kB in memory"),
        (18_816, "decoded images: 19 kB in memory"),
        (
            18_815,
            "decoded images: decoded anew in each epoch, since they need 19 kB of a budget of 19 kB (`image_memory`)",
        ),
    ],
)
def test_a_line_says_where_decoded_images_are_and_why(sizes, budget, note):
    store = ImageStore(sizes, budget=budget)
    assert store.num_bytes == 3 * (30 * 40 + 64 * 48 + 100 * 20)
    assert store.note == note


def test_a_line_says_where_masks_are(streets):
    assert ImageStore(kd.load(streets, required=("image", "mask")), "mask").note == "decoded masks: 0 kB in memory"


def test_large_numbers_of_bytes_are_told_in_their_unit(sizes, monkeypatch):
    store = ImageStore(sizes, budget=0)
    for factor, unit in ((1_000, "18.8 MB"), (100_000, "1.9 GB")):
        monkeypatch.setattr(store, "_offsets", store._offsets * 0 + 18_816 * factor)
        assert f"since they need {unit} of" in store.note


def test_an_image_that_went_bad_is_named(sizes, write):
    path = write("b/3.png", encoded(picture(100, 20))[:200])
    with pytest.raises(ValueError, match=f"{path} cannot be decoded .Invalid PNG data, size 200.. Take it out"):
        ImageStore(sizes)


def test_an_image_that_was_changed_is_named(sizes, write):
    path = write("b/3.png", encoded(picture(100, 21)))
    with pytest.raises(ValueError, match=f"{path} was changed since it was loaded. Load the examples again"):
        ImageStore(sizes)
