"""Which column is what."""

import pyarrow as pa
import pytest

from kformer.data.schema import choose_fields, unpack_translations

CLASSIFICATION = ("text", "label")
TRANSLATION = ("text", "target")


def fields(table, required=CLASSIFICATION, **named):
    return choose_fields(pa.table(table), named, required, "a.csv")[0]


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
    notes = choose_fields(pa.table({"review": ["a b"], "kind": ["x"], "stars": [1]}), {}, CLASSIFICATION, "a.csv")[1]
    assert notes == ("text = 'review' (guessed: its usual name)", "label = 'stars' (guessed: its usual name)")


def test_named_columns_are_not_told():
    named = {"text": "review", "label": "stars"}
    assert choose_fields(pa.table({"review": ["a b"], "stars": [1]}), named, CLASSIFICATION, "a.csv")[1] == ()


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
    assert fields({"text": ["a b", "c d"]}, required=()) == {"text": "text"}


@pytest.mark.parametrize(
    "columns",
    [("source", "target"), ("SRC", "TGT"), ("en", "de"), ("en-GB", "pt_BR"), ("id", "en", "ja"), ("de", "en", "file")],
)
def test_a_text_and_its_translation_are_recognised(columns):
    first, second = [name for name in columns if name not in ("id", "file")]
    expected = {"text": first, "target": second}
    assert fields({name: ["a b", "c d"] for name in columns}, TRANSLATION) == expected


def test_the_other_side_of_a_named_text_is_its_translation():
    assert fields({"en": ["a b"], "de": ["c d"]}, TRANSLATION, text="de") == {"text": "de", "target": "en"}


def test_the_guess_of_a_translation_is_told():
    notes = choose_fields(pa.table({"en": ["a b"], "de": ["c d"]}), {}, TRANSLATION, "a.csv")[1]
    assert notes == ("text = 'en' (guessed: its language)", "target = 'de' (guessed: its language)")


@pytest.mark.parametrize("columns", [("en", "de", "fr"), ("english", "german", "remark")])
def test_a_translation_is_not_guessed_among_several_columns(columns):
    message = (
        "a.csv has no column that is the target of a translation by its name. "
        f"Its columns are: {', '.join(columns)}. Name the columns with `text` and `target`."
    )
    with pytest.raises(ValueError, match=message):
        fields({name: ["a b"] for name in columns}, TRANSLATION)


def test_the_second_of_two_columns_of_text_is_the_translation():
    notes = choose_fields(pa.table({"english": ["a b"], "german": ["c d"]}), {}, TRANSLATION, "a.csv")[1]
    assert [note.partition(" (")[0] for note in notes] == ["text = 'english'", "target = 'german'"]


def test_the_other_of_two_columns_is_the_translation_of_a_named_text():
    assert fields({"english": ["a b"], "german": ["c d"]}, TRANSLATION, text="german")["target"] == "english"


def test_a_translation_beside_a_named_text_is_asked_for_by_its_own_name():
    with pytest.raises(ValueError, match="target of a translation by its name.*Name the column with `target`."):
        fields({"en": ["a b"], "de": ["c d"], "fr": ["e f"]}, TRANSLATION, text="en")


def test_neither_labels_nor_pairs_are_guessed_where_only_text_is_required():
    table = {"sentence1": ["a b"], "sentence2": ["c d"], "text": ["e f"], "label": ["x"]}
    assert fields(table, ("text",)) == {"text": "text"}


def test_a_translation_is_recognised_where_nothing_is_required():
    assert fields({"en": ["a b"], "de": ["c d"], "score": [1]}, required=()) == {"text": "en", "target": "de"}


def test_a_label_called_target_is_no_translation():
    assert fields({"text": ["a b", "c d"], "target": ["x", "y"]}, required=()) == {"text": "text", "label": "target"}


def test_a_source_without_required_second_texts_is_refused():
    with pytest.raises(ValueError, match="a.csv has no column of second texts.*Name the column with `text_pair`"):
        fields({"text": ["a b"], "label": ["x"]}, ("text", "text_pair"))


def test_a_source_without_required_groups_is_refused():
    with pytest.raises(ValueError, match="a.csv has no column of groups.*Name the column with `group`"):
        fields({"text": ["a b"], "label": ["x"]}, ("text", "group"))


def test_translations_in_one_column_become_a_column_a_language():
    table = unpack_translations(
        pa.table({"nr": [1, 2], "translation": [{"en": "a", "de": "b"}, {"en": "c", "de": "d"}]})
    )
    assert table.to_pydict() == {"nr": [1, 2], "en": ["a", "c"], "de": ["b", "d"]}


def test_a_language_beside_a_column_of_its_name_keeps_its_path():
    table = unpack_translations(pa.table({"en": ["x"], "translation": [{"en": "a", "de": "b"}]}))
    assert table.column_names == ["en", "translation.en", "de"]


def test_a_column_translation_of_text_is_left_as_it_is():
    assert unpack_translations(pa.table({"translation": ["a"]})).column_names == ["translation"]


def test_one_column_cannot_have_two_roles():
    with pytest.raises(ValueError, match="column 'text' is both `text` and `label`"):
        fields({"text": ["a b"]}, text="text", label="text")


def test_a_column_of_objects_holds_no_labels():
    with pytest.raises(ValueError, match=r"column 'label' \(`label`\) holds objects, not labels"):
        fields({"text": ["a b"], "label": [{"x": 1}]})


def test_a_column_of_numbers_is_no_text():
    with pytest.raises(ValueError, match=r"column 'x' \(`text`\) holds int64, not text"):
        fields({"x": [1], "label": ["a"]}, text="x")
