"""Labels."""

import pytest

from kformer.data.labels import apply_names, guess_kind, parse_labels, read_label_names, sort_names


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["yes", "no"], "class"),
        ([0, 1, 2], "class"),
        (["1", "5", "3"], "class"),
        ([True, False], "class"),
        (["1.0", "2.0", ""], "class"),
        (["5.000", "3.8"], "number"),
        ([0.25, 0.5], "number"),
        (list(range(300)), "number"),
        (list(range(100)) * 5, "class"),
        (["a|b", "a"], "multi"),
        ([["a"], []], "multi"),
    ],
)
def test_the_kind_is_guessed(values, kind):
    assert guess_kind(values, "|") == kind


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([0, 1], ["0", "1"]),
        ([True, False], ["True", "False"]),
        ([" yes", "no "], ["yes", "no"]),
        (["1.0", "2.0"], ["1", "2"]),
        ([1.0, 2.0], ["1", "2"]),
        (["01", "02"], ["01", "02"]),
        (["1.0", "beta"], ["1.0", "beta"]),
    ],
)
def test_a_class_is_text(values, names):
    assert parse_labels(values, "class", "|") == (names, {})


@pytest.mark.parametrize("value", [None, float("nan"), "", "  ", "nan", "NaN", "null"])
def test_an_empty_label_is_a_problem(value):
    assert parse_labels(["a", value], "class", "|") == (["a", None], {1: "the label is empty or NaN"})


def test_a_label_that_is_no_number_is_a_problem():
    assert parse_labels(["1.5", "x"], "number", "|") == ([1.5, None], {1: "the label 'x' is not a number"})


def test_an_infinite_number_is_a_problem():
    assert parse_labels(["inf"], "number", "|")[1] == {0: "the label 'inf' is not a number"}


def test_several_labels_are_divided_and_each_kept_once():
    assert parse_labels(["a| b|a", "", "b"], "multi", "|") == ([["a", "b"], [], ["b"]], {})


def test_a_list_of_labels_is_taken_as_it_is():
    assert parse_labels([["a", 1], None], "multi", "|") == ([["a", "1"], None], {1: "the label is empty or NaN"})


def test_numbers_are_sorted_as_numbers():
    assert sort_names(["10", "9", "1"]) == ("1", "9", "10")


def test_other_names_are_sorted_alphabetically():
    assert sort_names(["b", "a", "10"]) == ("10", "a", "b")


def test_positions_become_names():
    assert apply_names(["1", "0", None], ("no", "yes")) == ["yes", "no", None]


def test_names_and_unknown_labels_stay():
    assert apply_names(["yes", "7"], ("no", "yes")) == ["yes", "7"]


def test_numbers_are_not_positions_among_names_that_are_numbers():
    assert apply_names(["0", "1"], ("1", "2", "3")) == ["0", "1"]


def test_names_are_read_from_a_file(write):
    assert read_label_names(write("classes.txt", "World\nSports\n\n")) == ("World", "Sports")


def test_a_missing_file_of_names_is_named():
    with pytest.raises(FileNotFoundError, match="`label_names` must be names or a file.*There is no file nowhere.txt"):
        read_label_names("nowhere.txt")


@pytest.mark.parametrize("names", [["a"], ["a", "a"]])
def test_names_must_be_two_or_more_and_differ(names):
    with pytest.raises(ValueError, match="`label_names` must be two or more different names. Received: a"):
        read_label_names(names)
