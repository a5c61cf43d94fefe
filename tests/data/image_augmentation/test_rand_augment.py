"""RandAugment: what is drawn, and that each of the fourteen does what its name says."""

import numpy as np
import pytest

from kformer.data.image_augmentation import RandAugment, color
from kformer.data.image_augmentation.rand_augment import COLORS, MOVEMENTS, OPERATIONS
from tests.data.image_augmentation.scenes import SEEDS, picture

IMAGE = picture(seed=5).astype("float32")
FRAME = np.array([60, 80], "float32")
ONE = RandAugment(10, 1)


def drawn(name, sign):
    """A seed for which one operation is drawn."""
    for seed in np.array([[number, 0] for number in range(2000)], "int32"):
        which, signs = ONE._drawn(seed)
        if OPERATIONS[which[0]] == name and signs[0] == sign:
            return seed
    raise LookupError(name)


def test_there_are_the_fourteen_of_the_paper():
    assert len(OPERATIONS) == len(set(OPERATIONS)) == 14


def test_all_are_drawn_alike():
    which = [ONE._drawn(seed)[0].numpy()[0] for seed in np.array([[number, 1] for number in range(1400)], "int32")]
    np.testing.assert_allclose(np.bincount(which, minlength=14), 100, atol=40)


def test_signs_are_drawn_alike():
    signs = [RandAugment(9, 2)._drawn(seed)[1] for seed in SEEDS]
    assert np.mean(signs) == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize("name", ["identity", *COLORS])
def test_a_change_of_colours_moves_nothing(name):
    np.testing.assert_array_equal(ONE.place(FRAME, drawn(name, 1))[0], np.eye(3))


@pytest.mark.parametrize("name", ["identity", *MOVEMENTS])
def test_a_movement_changes_no_colours(name):
    np.testing.assert_array_equal(ONE.paint(IMAGE, drawn(name, 1)), IMAGE)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(
    ("name", "linear", "shift"),
    [
        ("rotate", lambda s: [[np.cos(np.pi / 6), -s / 2], [s / 2, np.cos(np.pi / 6)]], (0, 0)),
        ("shear_x", lambda s: [[1, 0.3 * s], [0, 1]], (0, 0)),
        ("shear_y", lambda s: [[1, 0], [0.3 * s, 1]], (0, 0)),
        ("translate_x", lambda s: np.eye(2), (36, 0)),
        ("translate_y", lambda s: np.eye(2), (0, 27)),
    ],
)
def test_movements_at_full_strength(name, linear, shift, sign):
    forward = ONE.place(FRAME, drawn(name, sign))[0].numpy()
    np.testing.assert_allclose(forward[:2, :2], linear(sign), atol=1e-6)
    middle = np.array([40, 30])
    np.testing.assert_allclose((forward @ [*middle, 1])[:2], middle + sign * np.array(shift), atol=1e-4)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("auto_contrast", lambda s: color.auto_contrast(IMAGE)),
        ("equalize", lambda s: color.equalize(IMAGE)),
        ("posterize", lambda s: color.posterize(IMAGE, 4)),
        ("solarize", lambda s: 255 - IMAGE),
        ("saturation", lambda s: color.recolor(IMAGE, saturation=1 + 0.9 * s)),
        ("contrast", lambda s: color.recolor(IMAGE, contrast=1 + 0.9 * s)),
        ("brightness", lambda s: color.recolor(IMAGE, brightness=1 + 0.9 * s)),
        ("sharpness", lambda s: color.sharpen(IMAGE, 1 + 0.9 * s)),
    ],
)
def test_colours_at_full_strength(name, expected, sign):
    np.testing.assert_allclose(ONE.paint(IMAGE, drawn(name, sign)), expected(sign), atol=1e-3)


def test_several_operations_are_done_one_after_the_other():
    seed = next(
        seed for seed in SEEDS if {OPERATIONS[i] for i in RandAugment(10, 2)._drawn(seed)[0]} == {"solarize", "rotate"}
    )
    forward = RandAugment(10, 2).place(FRAME, seed)[0].numpy()
    assert abs(forward[0, 1]) == pytest.approx(0.5, abs=1e-6)
    np.testing.assert_allclose(RandAugment(10, 2).paint(IMAGE, seed), 255 - IMAGE)


@pytest.mark.parametrize("magnitude", [-1, 11, "strong"])
def test_a_wrong_magnitude_is_refused(magnitude):
    with pytest.raises(
        ValueError, match=f"`magnitude` must be a number from 0 to 10.0. Received: magnitude={magnitude!r}"
    ):
        RandAugment(magnitude)


@pytest.mark.parametrize("num_ops", [0, 1.5])
def test_a_wrong_number_of_operations_is_refused(num_ops):
    with pytest.raises(ValueError, match=f"`num_ops` must be a positive integer. Received: num_ops={num_ops}"):
        RandAugment(num_ops=num_ops)
