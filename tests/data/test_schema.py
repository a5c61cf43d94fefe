"""Which column is what."""

import pyarrow as pa
import pytest

from kformer.data.schema import choose_fields


def fields(table, require_label=True, **named):
    return choose_fields(pa.table(table), named, require_label, "a.csv")[0]


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (("sentence", "label"), {"text": "sentence", "label": "label"}),
        (("id", "Review", "Stars"), {"text": "Review", "label": "Stars"}),
        (("premise", "hypothesis", "label"), {"text": "premise", "text_pair": "hypothesis", "label": "label"}),
        (
            ("id", "question1", "question2", "is_duplicate"),
            {"text": "question1", "text_pair": "question2", "label": "is_duplicate"},
        ),
        (("title", "text", "topic"), {"text": "text", "label": "topic"}),
    ],
)
def test_usual_names_are_recognised(columns, expected):
    assert fields({name: ["a b", "c d"] for name in columns}) == expected


def test_other_names_are_guessed_by_what_the_columns_hold():
    table = {
        "nr": ["1", "2", "3", "4"],
        "was": ["a long text", "another text", "b", "c d"],
        "art": ["x", "y", "x", "y"],
    }
    assert fields(table) == {"text": "was", "label": "art"}


def test_every_guess_is_told():
    notes = choose_fields(pa.table({"review": ["a b"], "kind": ["x"], "stars": [1]}), {}, True, "a.csv")[1]
    assert notes == ("text = 'review' (guessed: its usual name)", "label = 'stars' (guessed: its usual name)")


def test_named_columns_are_not_told():
    named = {"text": "review", "label": "stars"}
    assert choose_fields(pa.table({"review": ["a b"], "stars": [1]}), named, True, "a.csv")[1] == ()


def test_no_pair_is_guessed_beside_a_named_text():
    table = {"sentence1": ["a b"], "sentence2": ["c d"], "label": ["x"]}
    assert fields(table, text="sentence1") == {"text": "sentence1", "label": "label"}


def test_a_missing_column_lists_those_there_and_the_nearest():
    message = r"a.csv has no column 'star' \(`label`\). Its columns are: review, stars. Did you mean 'stars'"
    with pytest.raises(ValueError, match=message):
        fields({"review": ["a b"], "stars": [1]}, label="star")


def test_a_missing_header_is_recognised():
    with pytest.raises(ValueError, match="The first row looks like data: add a header"):
        fields({"a stirring, funny film": ["dull"], "1": ["0"]}, text="text")


def test_a_source_without_text_is_refused():
    with pytest.raises(
        ValueError, match="a.csv has no column of text. Its columns are: x, y. Name the column with `text`"
    ):
        fields({"x": [1, 2], "y": [3, 4]})


def test_a_source_without_labels_is_refused():
    with pytest.raises(ValueError, match="a.csv has no column of labels.*Name the column with `label`"):
        fields({"text": ["a b", "c d"]})


def test_labels_may_be_missing_where_they_are_not_required():
    assert fields({"text": ["a b", "c d"]}, require_label=False) == {"text": "text"}


def test_one_column_cannot_have_two_roles():
    with pytest.raises(ValueError, match="column 'text' is both `text` and `label`"):
        fields({"text": ["a b"]}, text="text", label="text")


def test_a_column_of_objects_holds_no_labels():
    with pytest.raises(ValueError, match=r"column 'label' \(`label`\) holds objects, not labels"):
        fields({"text": ["a b"], "label": [{"x": 1}]})


def test_a_column_of_numbers_is_no_text():
    with pytest.raises(ValueError, match=r"column 'x' \(`text`\) holds int64, not text"):
        fields({"x": [1], "label": ["a"]}, text="x")
