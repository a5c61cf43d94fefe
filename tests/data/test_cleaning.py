"""Cleaning of examples."""

import pyarrow as pa
import pytest

import kformer.data as kd


def examples(*rows, kind="class"):
    texts, labels = zip(*rows, strict=True)
    table = pa.table({"text": list(texts), "label": list(labels)})
    return kd.Examples(table, {"text": "text", "label": "label"}, label_kind=kind, labels=("x", "y"), source="a.csv")


def test_texts_are_cleaned_in_place():
    train, _, report = kd.clean(examples(("  a  b ", "x"), ("cafe\u0301\x00", "y")))
    assert train.values("text") == ["a b", "caf\u00e9"]
    assert (report.white_space, report.not_nfc, report.control_characters) == (1, 1, 1)


def test_html_is_counted_and_kept_and_the_switch_is_named():
    train, _, report = kd.clean(examples(("a<br>b", "x"), ("c", "y")))
    assert train.values("text")[0] == "a<br>b"
    assert "1 texts with HTML tags or entities (kept; `html` removes them)" in report.lines()


def test_html_is_removed_on_request():
    train, _, report = kd.clean(examples(("a<br>b", "x"), ("c", "y")), cleaning=kd.Cleaning(html=True))
    assert train.values("text")[0] == "a b"
    assert "1 texts with HTML tags or entities (removed)" in report.lines()


def test_text_that_is_empty_once_cleaned_is_dropped_on_both_sides():
    train, validation, report = kd.clean(examples(("\u200b", "x"), ("a", "y")), examples(("\x00", "x"), ("b", "y")))
    assert (len(train), len(validation), report.empty) == (1, 1, 2)


def test_a_repeated_training_row_is_dropped():
    train, _, report = kd.clean(examples(("a", "x"), ("b", "y"), ("a ", "x")))
    assert (train.values("text"), report.duplicates) == (["a", "b"], 1)


def test_a_repeated_validation_row_is_kept_and_counted():
    _, validation, report = kd.clean(examples(("a", "x"), ("b", "y")), examples(("c", "x"), ("c", "x")))
    assert (len(validation), report.validation_duplicates) == (2, 1)


@pytest.mark.parametrize("label", ["x", "y"])
def test_a_training_row_whose_text_is_in_validation_is_dropped(label):
    train, validation, report = kd.clean(examples(("a", label), ("b", "y")), examples((" a", "x")))
    assert (train.values("text"), len(validation), report.leaked) == (["b"], 1, 1)


def test_duplicates_are_kept_on_request_and_counted():
    cleaning = kd.Cleaning(duplicates=False)
    train, _, report = kd.clean(examples(("a", "x"), ("a", "x"), ("b", "y")), examples(("b", "y")), cleaning)
    assert (len(train), report.duplicates, report.leaked) == (3, 1, 1)
    assert "1 training rows that repeat another kept" in report.lines()


def test_a_text_with_several_labels_is_kept_and_counted():
    train, _, report = kd.clean(examples(("a", "x"), ("a", "y"), ("b", "y")))
    assert (len(train), report.label_conflicts) == (3, 1)


def test_the_order_of_several_labels_makes_no_difference():
    assert kd.clean(examples(("a", ["x", "y"]), ("a", ["y", "x"]), kind="multi"))[2].duplicates == 1


def test_pairs_are_equal_only_in_both_texts():
    table = pa.table({"q": ["a", "a"], "p": ["b", " c"], "label": ["x", "x"]})
    pairs = kd.Examples(table, {"text": "q", "text_pair": "p", "label": "label"}, label_kind="class", labels=("x",))
    train, _, report = kd.clean(pairs)
    assert (train.values("text_pair"), report.duplicates) == (["b", "c"], 0)


def test_examples_without_labels_are_cleaned():
    table = pa.table({"text": [" a", "a"]})
    assert kd.clean(kd.Examples(table, {"text": "text"}))[0].values("text") == ["a"]


def test_the_first_line_says_how_many_rows_are_left():
    report = kd.clean(examples(("a", "x"), ("a", "x"), ("b", "y")), examples(("c", "x")))[2]
    assert report.lines()[0] == "train: 2 of 3 rows; validation: 1 rows"


def test_the_report_is_plain_numbers_by_name():
    assert kd.clean(examples(("a", "x"), ("b", "y")))[2].to_dict()["train_rows_kept"] == 2


def test_nothing_left_to_train_on_is_refused():
    message = "a.csv: no training row is left of 2: 1 are empty once cleaned, 1 are in validation too"
    with pytest.raises(ValueError, match=message):
        kd.clean(examples(("\x00", "x"), ("a", "y")), examples(("a", "x")))


def test_nothing_left_to_validate_on_is_refused():
    with pytest.raises(ValueError, match="a.csv: all 1 texts are empty once cleaned"):
        kd.clean(examples(("a", "x")), examples(("\x00", "x")))
