"""Which rows are held out."""

import numpy as np
import pytest

from kformer.data.splits import cut_position, held_out


@pytest.mark.parametrize(("num_rows", "fraction", "amount"), [(100, 0.1, 10), (7, 0.5, 4), (3, 0.01, 1), (2, 0.99, 1)])
def test_exactly_the_fraction_is_held_out(num_rows, fraction, amount):
    assert held_out(num_rows, fraction, seed=0).sum() == amount


def test_classes_keep_their_shares():
    classes = np.repeat(["a", "b", "c"], [600, 300, 100])
    chosen = held_out(1000, 0.1, seed=0, classes=classes)
    assert [int(chosen[classes == name].sum()) for name in "abc"] == [60, 30, 10]


def test_uneven_shares_differ_by_less_than_one_row_and_add_up():
    classes = np.repeat(["a", "b", "c"], [67, 21, 13])
    chosen = held_out(101, 0.1, seed=0, classes=classes)
    shares = np.array([chosen[classes == name].sum() for name in "abc"])
    assert shares.sum() == 10
    assert (np.abs(shares - np.array([67, 21, 13]) * 10 / 101) < 1).all()


def test_the_only_row_of_a_class_is_never_held_out():
    classes = ["a"] * 9 + ["b"]
    assert not any(held_out(10, 0.9, seed=seed, classes=classes)[9] for seed in range(20))


def test_one_seed_chooses_the_same_rows_and_another_others():
    first, again, other = (held_out(1000, 0.1, seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("classes", [None, ["x", "y", "y"] * 100])
@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.5])
def test_a_group_is_on_one_side_only(classes, fraction):
    groups = [f"author {row % 60}" for row in range(300)]
    chosen = held_out(300, fraction, seed=3, classes=classes, groups=groups)
    sides = {(group, bool(side)) for group, side in zip(groups, chosen, strict=True)}
    assert len(sides) == 60
    assert abs(chosen.mean() - fraction) < 0.05


def test_groups_are_chosen_alike_by_one_seed():
    groups = [row % 30 for row in range(300)]
    assert (held_out(300, 0.2, 5, groups=groups) == held_out(300, 0.2, 5, groups=groups)).all()


def test_two_groups_are_enough():
    assert held_out(4, 0.1, 0, groups=["a", "a", "b", "b"]).sum() == 2


def test_a_group_may_be_unknown():
    assert held_out(4, 0.5, 0, groups=[None, None, "b", "b"]).sum() == 2


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, 10])
def test_a_fraction_outside_0_and_1_is_refused(fraction):
    with pytest.raises(
        ValueError, match=f"The fraction to hold out must be between 0 and 1, both excluded. Received: {fraction}"
    ):
        held_out(10, fraction, seed=0)


def test_classes_of_one_row_each_cannot_be_divided():
    with pytest.raises(ValueError, match="Nothing can be held out: each of the 2 classes has one row only"):
        held_out(2, 0.5, seed=0, classes=["a", "b"])


def test_one_row_cannot_be_divided():
    with pytest.raises(ValueError, match="Two or more rows are needed to hold some out. Received: 1"):
        held_out(1, 0.5, seed=0)


def test_one_group_cannot_be_divided():
    with pytest.raises(ValueError, match="Two or more groups are needed to hold some out. Received: 1"):
        held_out(4, 0.5, seed=0, groups=["a"] * 4)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("one\ntwo\nthree\nfour", "one\ntwo\n"), ("one two three four", "one two "), ("a\nb c d e", "a\n")],
)
def test_a_text_is_cut_at_a_line_s_end_or_else_at_a_space(text, kept):
    assert text[: cut_position(text, 0.5)] == kept


def test_a_text_of_one_word_is_not_cut():
    with pytest.raises(
        ValueError, match="A text of 9 characters cannot be cut where 50% of it would be held out. Give"
    ):
        cut_position("Buxtehude", 0.5)


def test_a_fraction_outside_0_and_1_cuts_no_text():
    with pytest.raises(ValueError, match="must be between 0 and 1, both excluded. Received: 1.5"):
        cut_position("one two", 1.5)
