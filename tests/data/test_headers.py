"""A header told from a first row of data."""

import pytest

import kformer.data as kd
from kformer.data.sources.headers import why_data


@pytest.mark.parametrize(
    ("first", "below", "reason"),
    [
        (("a stirring film", "1"), [("dull", "0")], "'1' beside text is no name"),
        (("a stirring film", "0.75"), [], "'0.75' beside text is no name"),
        (("great", "pos"), [("dull", "neg"), ("fine", "pos")], "'pos' occurs again in its column"),
        (("no", "great"), [("yes", "dull"), ("no", "bad")], "'no' occurs again in its column"),
        (("Go.", "Geh!"), [("Hi.", "Hallo.")], "it holds sentences"),
        (("A dog runs over the grass", "Ein Hund rennt."), [("Hi.", "Hallo.")], "it holds sentences"),
    ],
)
def test_a_first_row_of_data_is_found(first, below, reason):
    assert why_data(first, below) == reason


@pytest.mark.parametrize(
    ("first", "below"),
    [
        (("text", "1"), [("a film", "1")]),
        (("en", "de"), [("a dog", "ein Hund")]),
        (("what was said", "who said it"), [("a film", "a friend")]),
        (("country", "2019"), [("France", "2020")]),
        (("0", "1"), [("a film", "x")]),
        (("", "remark"), [("0", "a film"), ("1", "")]),
        (("How was the film?", "Would you see it again?"), [("dull", "no")]),
        (("I liked it.", "I would see it again."), [("4", "1"), ("5", "5")]),
        (("remark", "verdict"), [("a film", "x"), ("remark", "verdict"), ("dull", "y")]),
    ],
)
def test_a_header_is_left_one(first, below):
    assert why_data(first, below) == ""


@pytest.mark.parametrize(("name", "separator"), [("a.tsv", "\t"), ("a.csv", ",")])
def test_the_first_row_of_a_file_without_a_header_is_kept(write, name, separator):
    rows = [("a stirring film", "1"), ("a dull film", "0"), ("a good film", "1")]
    path = write(name, "".join(f"{text}{separator}{label}\n" for text, label in rows))
    examples = kd.load(path)
    assert examples.values("text") == [text for text, _ in rows]
    assert examples.fields == {"text": "field 1", "label": "field 2"}


def test_a_file_without_a_header_is_told_of(write):
    path = write("a.tsv", "a stirring film\t1\na dull film\t0\n")
    assert kd.load(path).notes[0] == (
        f"{path} has no header: its first row is read as data ('1' beside text is no name), and its columns are "
        "called field 1, field 2"
    )


def test_a_label_may_be_in_the_first_column(write):
    examples = kd.load(write("a.csv", "pos,a stirring film\nneg,a dull film\npos,a good film\n"))
    assert examples.values("label") == ["pos", "neg", "pos"]


def test_rows_without_a_header_have_their_numbers(write):
    path = write("a.csv", "a stirring film,1\na dull film,0\nbad\n" + "a good film,1\n" * 30)
    assert [rejection.row for rejection in kd.load(path).rejected] == [3]


def test_translations_without_a_header_are_read(write):
    examples = kd.load(write("a.tsv", "Go.\tGeh.\nHi.\tHallo!\n"), required=("text", "target"))
    assert examples[0] == {"text": "Go.", "target": "Geh."}
