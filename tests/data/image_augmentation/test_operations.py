"""What holds of every operation: the table is of operations, a test is a property."""

import functools

import numpy as np
import pytest

from kformer.data.image_augmentation import (
    CenterCrop,
    ColorJitter,
    Compose,
    Letterbox,
    RandAugment,
    RandomErasing,
    RandomFlip,
    RandomResizedCrop,
    RandomRotation,
    RandomShift,
    RandomZoom,
    ScaleJitter,
    Stretch,
)
from tests.data.image_augmentation.scenes import SEEDS, in_numpy, painted_box, picture, scene

SIZE = (48, 72)
DRAWN = {
    "crop": RandomResizedCrop(SIZE),
    "scale": ScaleJitter(SIZE, (0.3, 2.0)),
    "flip": RandomFlip(0.5, 0.5),
    "rotation": RandomRotation(30),
    "zoom": RandomZoom((0.5, 2.0)),
    "shift": RandomShift(0.2),
    "jitter": ColorJitter(0.4, 0.4, 0.4, 0.1),
    "rand_augment": RandAugment(9, 2),
    "erasing": RandomErasing(1.0),
    "all": Compose(
        (
            RandomResizedCrop(SIZE, (0.3, 1)),
            RandomFlip(),
            RandomRotation(),
            RandAugment(),
            ColorJitter(),
            RandomErasing(),
        )
    ),
}
FIXED = {"stretch": Stretch(SIZE), "letterbox": Letterbox(SIZE), "center": CenterCrop(SIZE)}
NOTHING = {
    "crop": RandomResizedCrop((60, 80), (1, 1), (1, 1)),
    "scale": ScaleJitter((60, 80), (1, 1)),
    "stretch": Stretch((60, 80)),
    "letterbox": Letterbox((60, 80)),
    "center": CenterCrop((60, 80)),
    "flip": RandomFlip(0),
    "rotation": RandomRotation(0),
    "zoom": RandomZoom((1, 1)),
    "shift": RandomShift(0),
    "jitter": ColorJitter(0, 0, 0, 0),
    "rand_augment": RandAugment(0),
    "erasing": RandomErasing(0),
    "none": Compose(()),
}
ALIGNED = ("crop", "scale", "flip", "zoom", "shift", *FIXED)
MOVING = {name: operation for name, operation in (DRAWN | FIXED).items() if name not in ("jitter", "erasing")}


def table(rows):
    return pytest.mark.parametrize("operation", [pytest.param(row, id=name) for name, row in rows.items()])


def example(seed=0):
    return {**scene(seed), "image": picture(seed=seed), "label": np.int32(7)}


@functools.cache
def data_set_of_all():
    """What each operation makes of one example with each of four seeds, then with the same backwards; traced once."""
    import tensorflow as tf

    def apply(one, seed):
        return {name: operation(one, seed) for name, operation in (DRAWN | FIXED).items()}

    seeds = np.concatenate([SEEDS[:4], SEEDS[:4][::-1]])
    columns = {name: np.stack([value] * 8) for name, value in example().items()}
    data_set = tf.data.Dataset.from_tensor_slices((columns, seeds)).map(apply, num_parallel_calls=2)
    return data_set.element_spec, list(data_set.as_numpy_iterator())


def in_data_set(name):
    """The results of an operation, in the order of the seeds, forwards and backwards."""
    results = [result[name] for result in data_set_of_all()[1]]
    return results[:4], results[4:][::-1]


@pytest.mark.parametrize("name", DRAWN | FIXED)
def test_the_graph_of_a_data_set_gives_what_a_plain_call_gives(name):
    for seed, result in zip(SEEDS, in_data_set(name)[0], strict=False):
        alone = in_numpy((DRAWN | FIXED)[name](example(), seed))
        assert alone.keys() == result.keys()
        for entry in alone:
            np.testing.assert_allclose(result[entry], alone[entry], atol=0.01 if entry == "image" else 0)


@pytest.mark.parametrize("name", DRAWN | FIXED)
def test_only_the_seed_decides_what_is_drawn(name):
    for result, other in zip(*in_data_set(name), strict=True):
        for entry in result:
            np.testing.assert_array_equal(result[entry], other[entry])


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "flip"])
def test_every_image_is_drawn_differently(name):
    """`RandAugment` and `RandomCrop` of Keras draw once for a batch."""
    assert len({result["image"].tobytes() for result in in_data_set(name)[0]}) == 4


@table(NOTHING)
def test_at_strength_0_nothing_changes(operation):
    before = example()
    after = in_numpy(operation(before, SEEDS[0]))
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value, err_msg=name)


@table(DRAWN | FIXED)
def test_an_image_of_bytes_becomes_float32_and_stays_in_range(operation):
    for seed in SEEDS[:5]:
        image = operation({"image": picture()}, seed)["image"].numpy()
        assert image.dtype == np.float32
        assert image.min() >= 0 and image.max() <= 255.001


@table(DRAWN | FIXED)
def test_bytes_and_floats_give_the_same(operation):
    of_bytes = operation({"image": picture()}, SEEDS[1])["image"]
    of_floats = operation({"image": picture().astype("float32")}, SEEDS[1])["image"]
    np.testing.assert_array_equal(of_bytes, of_floats)


@table(DRAWN | FIXED)
def test_what_is_not_moved_passes_through(operation):
    assert operation(example(), SEEDS[0])["label"] == 7


def test_the_shape_is_known_in_the_graph():
    specs, _ = data_set_of_all()
    for name, operation in (DRAWN | FIXED).items():
        assert specs[name]["image"].shape == (*(getattr(operation, "size", None) or (60, 80)), 3)


@table(MOVING)
@pytest.mark.parametrize("seed", range(5))
def test_boxes_stay_on_what_was_painted_into_the_mask(operation, seed):
    before = scene(seed)
    keep_all = Compose(getattr(operation, "operations", (operation,)), min_box_share=0.0)
    after = in_numpy(keep_all(before, SEEDS[seed]))
    for box, number in zip(after["boxes"], after["classes"], strict=True):
        painted = painted_box(after["mask"], number)
        if painted is None:  # a sliver, or a corner of a turned box
            continue
        assert (painted[:2] >= box[:2] - 1.01).all() and (painted[2:] <= box[2:] + 1.01).all()
    assert set(np.unique(after["mask"])) - {0, 255} <= set(after["classes"])


@table({name: MOVING[name] for name in ALIGNED})
@pytest.mark.parametrize("seed", range(5))
def test_without_rotation_boxes_are_exactly_what_was_painted(operation, seed):
    """Axes of boxes and images are easily confused: `RandomCrop` of Keras does (keras#23518)."""
    keep_all = Compose((operation,), min_box_share=0.0)
    after = in_numpy(keep_all(scene(seed), SEEDS[seed]))
    for box, number in zip(after["boxes"], after["classes"], strict=True):
        painted = painted_box(after["mask"], number)
        if painted is None:
            assert (box[2:] - box[:2]).min() < 1
        else:
            np.testing.assert_allclose(painted, box, atol=0.51)


@table(MOVING)
@pytest.mark.parametrize("seed", range(4))
def test_image_and_mask_move_together(operation, seed):
    movements = getattr(operation, "operations", (operation,))
    movements = [movement for movement in movements if hasattr(movement, "place")]
    black = Compose(tuple(Moved(movement) for movement in movements), fill=0)
    after = in_numpy(black(scene(seed), SEEDS[seed]))
    objects = (after["mask"] > 0) & (after["mask"] < 255)
    assert np.mean((after["image"][..., 0] > 127.5) != objects) < 0.02


class Moved:
    """The movement of an operation without its colours."""

    def __init__(self, operation):
        self.place, self.aligned = operation.place, operation.aligned
        if hasattr(operation, "size"):
            self.size = operation.size


@table(MOVING)
@pytest.mark.parametrize("dtype", ["int32", "uint8"])
def test_a_mask_keeps_its_dtype_and_gains_no_class(operation, dtype):
    """Layers of Keras made floats of masks, and 3 between 2 and 4 (keras#23191)."""
    mask = np.random.default_rng(0).choice([2, 4, 250], (60, 80)).astype(dtype)
    for seed in SEEDS[:6]:
        after = operation({"image": picture(), "mask": mask}, seed)["mask"].numpy()
        assert after.dtype == dtype
        assert set(np.unique(after)) <= {2, 4, 250, 255}


@table(MOVING)
def test_an_image_without_objects_has_none_afterwards(operation):
    empty = {"image": picture(), "boxes": np.zeros((0, 4), "float32"), "classes": np.zeros(0, "int32")}
    after = operation(empty, SEEDS[0])
    assert after["boxes"].shape == (0, 4) and after["classes"].shape == (0,)


@table(MOVING)
def test_images_of_one_pixel_pass(operation):
    after = operation({"image": np.full((1, 1, 3), 7, "uint8"), "mask": np.zeros((1, 1), "int32")}, SEEDS[0])
    assert np.isfinite(after["image"].numpy()).all()
