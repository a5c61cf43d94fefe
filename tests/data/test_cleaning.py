"""Cleaning of examples."""

import pyarrow as pa
import pytest

import kformer.data as kd
from tests.data.images.pictures import encoded, picture


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
    assert "1 text with HTML tags or entities (kept; `html` removes them)" in report.lines()


def test_html_is_removed_on_request():
    train, _, report = kd.clean(examples(("a<br>b", "x"), ("c", "y")), cleaning=kd.Cleaning(html=True))
    assert train.values("text")[0] == "a b"
    assert "1 text with HTML tags or entities (removed)" in report.lines()


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
    assert "1 training row that repeats another kept" in report.lines()


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
    assert report.lines()[0] == "train: 2 of 3 rows; validation: 1 row"


def test_the_report_is_plain_numbers_by_name():
    assert kd.clean(examples(("a", "x"), ("b", "y")))[2].to_dict()["train_rows_kept"] == 2


def test_nothing_left_to_train_on_is_refused():
    message = "a.csv: no training row is left of 2: 1 empty once cleaned, 1 in validation too"
    with pytest.raises(ValueError, match=message):
        kd.clean(examples(("\x00", "x"), ("a", "y")), examples(("a", "x")))


def test_nothing_left_to_validate_on_is_refused():
    with pytest.raises(ValueError, match="a.csv: no validation row is left of 1: 1 empty once cleaned"):
        kd.clean(examples(("a", "x")), examples(("\x00", "x")))


def translations(*rows):
    texts, targets = zip(*rows, strict=True)
    return kd.Examples(pa.table({"en": texts, "de": targets}), {"text": "en", "target": "de"}, source="a.tsv")


DOGS = [(f"{number} dogs in the park", f"{number} Hunde im Park") for number in range(20)]


def test_both_sides_of_a_translation_are_cleaned():
    train, _, report = kd.clean(translations((" a ", "cafe\u0301"), ("b", "c")))
    assert train[0] == {"text": "a", "target": "caf\u00e9"}
    assert (report.white_space, report.not_nfc) == (1, 1)


def test_translations_are_equal_only_on_both_sides():
    train, _, report = kd.clean(translations(("a", "x"), ("a", "y"), ("a", "x"), ("b", "z")), translations(("b", "w")))
    assert (train.values("target"), report.duplicates, report.leaked) == (["x", "y", "z"], 1, 0)


def test_a_translation_that_is_in_validation_too_is_dropped():
    assert kd.clean(translations(("a", "x"), ("b", "y")), translations(("b", "y")))[2].leaked == 1


@pytest.mark.parametrize("row", [("dogs", "Hunde und Katzen " * 10), ("dogs and cats " * 10, "Hunde")])
def test_a_translation_of_unusual_length_is_dropped_and_told(row):
    train, _, report = kd.clean(translations(*DOGS, row))
    assert (len(train), report.unequal) == (20, 1)
    told = "1 training translation unusually longer or shorter than the text dropped (`max_ratio`)"
    assert told in report.lines()


def test_short_texts_may_differ_by_a_word():
    assert kd.clean(translations(*DOGS, ("no", "ganz und gar nicht")))[2].unequal == 0


def test_what_is_usual_is_learnt_from_the_data():
    japanese = [("one hundred and twenty-three thousand", "\u5341\u4e8c\u4e07\u4e09\u5343")] * 3
    assert kd.clean(translations(*japanese))[2].unequal == 0


def test_a_long_translation_is_dropped_and_told():
    report = kd.clean(translations(*DOGS, ("a" * 1001, "b" * 900)))[2]
    assert (report.too_long, report.unequal) == (1, 0)
    assert "1 training translation that is too long dropped (`max_characters`)" in report.lines()


def test_lengths_are_not_judged_on_request():
    cleaning = kd.Cleaning(max_ratio=None, max_characters=None)
    assert len(kd.clean(translations(*DOGS, ("a" * 2000, "b")), cleaning=cleaning)[0]) == 21


def test_validation_translations_of_unusual_length_are_kept():
    assert len(kd.clean(translations(*DOGS), translations(("a", "b" * 2000)))[1]) == 1


def test_of_real_translations_only_those_that_are_none_are_unusual(shared_data):
    train = kd.load(shared_data / "multi30k" / "train.tsv", text="en", target="de", required=("text", "target"))
    kept = kd.clean(train, cleaning=kd.Cleaning(duplicates=False))[0]
    assert len(train) - len(kept) == 2
    assert [part.values("target").count("@@") for part in (train, kept)] == [2, 0]


def test_no_translation_left_says_that_lengths_are_why():
    with pytest.raises(ValueError, match="a.tsv: no training row is left of 1: 1 of unlikely length. Give"):
        kd.clean(translations(("a" * 1001, "b")))


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        ({"max_ratio": 1}, "`max_ratio` must be above 1, or None for no bound. Received: 1"),
        ({"max_characters": 0}, "`max_characters` must be 1 or more, or None. Received: 0"),
    ],
)
def test_a_bound_that_drops_everything_is_refused(bound, message):
    with pytest.raises(ValueError, match=message):
        kd.Cleaning(**bound)


def test_white_space_is_kept_on_request_and_not_told():
    code = kd.Examples(pa.table({"text": ["def f():\n    return\x00\n", " \n"]}), {"text": "text"})
    train, _, report = kd.clean(code, cleaning=kd.Cleaning(white_space=False))
    assert train.values("text") == ["def f():\n    return\n"]
    assert (report.white_space, report.empty) == (0, 1)


def test_a_training_image_that_repeats_another_is_dropped_whatever_its_name(pets, write):
    write("pets/cat/copy.png", encoded(picture(seed=0)))
    train, _, report = kd.clean(kd.load(pets, required=("image", "label")))
    assert (len(train), report.duplicates) == (10, 1)
    assert "1 training row that repeats another dropped" in report.lines()


def test_a_training_image_that_is_in_validation_is_dropped(pets, write):
    write("other/cat/a.png", encoded(picture(seed=0)))
    train, validation = kd.load(pets, required=("image", "label")), kd.load(pets.parent / "other", required=("image",))
    train, _, report = kd.clean(train, validation)
    assert (len(train), report.leaked, report.subject) == (9, 1, "image")
    assert "1 training row whose image is in validation too dropped" in report.lines()


def test_an_image_with_several_labels_is_kept_and_counted(pets, write):
    write("pets/dog/copy.png", encoded(picture(seed=0)))
    train, _, report = kd.clean(kd.load(pets, required=("image", "label")))
    assert (len(train), report.label_conflicts) == (11, 1)
    assert "1 training image that occurs with several labels kept" in report.lines()


def test_a_picture_with_several_captions_is_no_duplicate(pets, write):
    path = write("a.csv", "image,caption\npets/cat/0.png,a cat\npets/cat/0.png,one cat\npets/cat/0.png,a  cat\n")
    train, _, report = kd.clean(kd.load(path, required=("image", "text")))
    assert (train.values("text"), report.duplicates) == (["a cat", "one cat"], 1)


def test_real_pictures_that_were_annotated_twice_are_found(shared_data):
    train, validation = kd.load_splits(shared_data / "raccoon", required=("image", "boxes"))
    report = kd.clean(train, validation)[2]
    assert (report.duplicates, report.leaked) == (3, 1)


def test_a_row_without_text_is_one_row():
    _, _, report = kd.clean(examples(("\u200b", "x"), ("a", "y"), ("b", "x")))
    assert "1 row without text dropped" in report.lines()


def test_the_switch_of_duplicates_is_named_only_where_it_keeps_rows():
    with pytest.raises(ValueError, match="no training row is left of 1: 1 empty once cleaned. Give other data.$"):
        kd.clean(examples(("\u200b", "x")))
    with pytest.raises(ValueError, match="1 in validation too. Give other data, or switch `duplicates` off.$"):
        kd.clean(examples(("a", "x")), examples(("a", "x")))
