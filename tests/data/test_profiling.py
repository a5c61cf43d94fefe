"""What a source holds."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

import kformer.data as kd
from tests.data.images.pictures import encoded, picture

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "reviews.csv"


@pytest.fixture(scope="module")
def sample():
    return kd.profile(kd.load(SAMPLE))


def test_it_is_plain_json(sample):
    assert json.loads(json.dumps(sample)) == sample


def test_columns_and_roles_are_named(sample):
    assert sample["columns"] == {"id": "string", "review": "string", "stars": "string", "shop": "string"}
    assert sample["fields"] == {"text": "review", "label": "stars"}


def test_labels_are_counted_in_their_order(sample):
    assert sample["labels"] == {"1": 12, "2": 11, "3": 11, "4": 9, "5": 17}


def test_unusable_rows_are_counted_by_reason(sample):
    assert sample["rejected"] == {"the label is empty or NaN": 1, "the text is empty": 1}


def test_problems_are_told(sample):
    assert sample["problems"] == [
        "2 of 62 rows cannot be used: "
        "1 x the label is empty or NaN (first: row 63); 1 x the text is empty (first: row 64)",
        "2 texts rid of superfluous white space",
        "2 texts with HTML tags or entities (kept; `html` removes them)",
        "2 training rows that repeat another dropped",
        "1 training text that occurs with several labels kept",
    ]


def test_lengths_are_quantiles_of_characters_and_words():
    table = pa.table({"text": ["a", "a b", "a b c"], "label": ["x", "y", "x"]})
    examples = kd.Examples(table, {"text": "text", "label": "label"}, label_kind="class", labels=("x", "y"))
    assert kd.profile(examples)["lengths"]["words"] == {"least": 1, "median": 2, "95 %": 3, "most": 3}


def test_lengths_in_tokens_are_those_given(reviews):
    assert kd.profile(kd.load(reviews), lengths=[7] * 10)["lengths"]["tokens"]["most"] == 7


def test_numbers_are_described_by_quantiles(shared_data):
    profile = kd.profile(kd.load(shared_data / "stsb" / "train.tsv"))
    assert profile["labels"] == {"least": 0.0, "median": 3.0, "95 %": 4.8, "most": 5.0}


def test_unbalanced_classes_are_a_problem(write):
    path = write("a.csv", "text,label\n" + "".join(f"text {row},{int(row == 0)}\n" for row in range(50)))
    assert "classes are unbalanced: 49 of '0', 1 of '1'" in kd.profile(kd.load(path))["problems"]


def test_a_class_for_nearly_every_row_is_a_problem(write):
    path = write("a.csv", "text,label\na b,x\nc d,y\ne f,z\n")
    assert "3 classes for 3 rows: is the label column the right one?" in kd.profile(kd.load(path))["problems"]


def test_examples_without_labels_are_described(write):
    profile = kd.profile(kd.load(write("a.csv", "text\na b\n"), required=()))
    assert (profile["labels"], profile["label_kind"]) == ({}, None)


def test_a_text_may_become_several_rows_of_tokens(reviews):
    assert kd.profile(kd.load(reviews), lengths=[7] * 10 + [9])["lengths"]["tokens"]["most"] == 9


def test_the_lengths_of_both_sides_of_a_translation_are_described():
    table = pa.table({"en": ["a dog", "dogs"], "de": ["ein Hund", "Hunde"]})
    profile = kd.profile(kd.Examples(table, {"text": "en", "target": "de"}), lengths=[(3, 4), (2, 2)])
    units = ["characters", "words", "target characters", "target words", "tokens", "target tokens"]
    assert list(profile["lengths"]) == units
    assert [profile["lengths"][unit]["most"] for unit in units] == [5, 2, 8, 2, 3, 4]


def test_the_white_space_of_text_by_itself_is_no_problem():
    assert kd.profile(kd.Examples(pa.table({"text": ["def f():\n    pass\n"]}), {"text": "text"}))["problems"] == []


def test_images_are_described_by_their_sizes(write, tmp_path):
    for number, (height, width) in enumerate([(6, 9), (8, 9), (6, 20)]):
        write(f"{'ab'[number % 2]}/{number}.png", encoded(picture(height, width)))
    profile = kd.profile(kd.load(tmp_path, required=("image", "label")))
    assert profile["lengths"] == {
        "height": {"least": 6, "median": 6, "95 %": 8, "most": 8},
        "width": {"least": 9, "median": 9, "95 %": 20, "most": 20},
    }
    assert (profile["labels"], profile["columns"]) == ({"a": 2, "b": 1}, {"image": "string", "label": "string"})
    assert json.loads(json.dumps(profile)) == profile


def test_boxes_are_counted_by_image_and_by_label(shared_data):
    profile = kd.profile(kd.load(shared_data / "bccd", required=("image", "boxes")))
    assert profile["lengths"]["boxes"] == {"least": 1, "median": 14, "95 %": 20, "most": 28}
    assert profile["labels"] == {"Platelets": 209, "RBC": 2381, "WBC": 214}
    assert profile["columns"] == {"image": "string", "boxes": "list<box>"}


def test_classes_of_masks_have_shares_of_the_pixels(streets):
    profile = kd.profile(kd.load(streets, required=("image", "mask")))
    assert profile["labels"] == {"sky": 1 / 3, "road": 1 / 3, "car": 1 / 3}
    assert profile["problems"] == []


def test_images_with_texts_have_lengths_too(pets, write):
    path = write("a.csv", "image,caption\npets/cat/0.png,a cat\n")
    profile = kd.profile(kd.load(path, required=("image", "text")))
    assert list(profile["lengths"]) == ["height", "width", "characters", "words"]
