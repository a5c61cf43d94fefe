import json
import re

import pytest

from tests.data.images.pictures import encoded, mask, picture


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "reviews.csv"
    rows = "".join(f"{number},a review with {number} words,{number % 2}\n" for number in range(40))
    path.write_text(f"id,review,stars\n{rows}", encoding="utf-8")
    return path


def test_it_shows_rows_columns_and_their_use(kformer, reviews):
    out = kformer("data", reviews).out
    assert "40 rows" in out
    assert "review   string   text" in out
    assert "stars    string   label" in out


def test_it_shows_guesses(kformer, reviews):
    assert "text = 'review' (guessed: its usual name)" in kformer("data", reviews).out


def test_it_shows_how_often_each_label_occurs(kformer, reviews):
    assert "2 labels" in kformer("data", reviews).out


def test_it_shows_lengths(kformer, reviews):
    assert "length in" in kformer("data", reviews).out


def test_it_shows_unusable_rows_with_their_place(kformer, reviews):
    with reviews.open("a", encoding="utf-8") as file:
        file.write("41\n")
    assert "unusable: row 42: too few fields" in kformer("data", reviews).out


def test_it_writes_the_description(kformer, reviews, tmp_path):
    kformer("data", reviews, "--json", tmp_path / "profile.json")
    assert json.loads((tmp_path / "profile.json").read_text(encoding="utf-8"))["rows"] == 40


def test_text_in_brackets_is_shown_as_it_is(kformer, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\nfirst text,[bold]\nsecond text,plain\n", encoding="utf-8")
    assert "[bold]" in kformer("data", path).out


def test_a_missing_column_lists_those_there(error, reviews):
    message = error("data", reviews, "--label", "star")
    assert "Its columns are: id, review, stars." in message
    assert "Did you mean 'stars'?" in message


def test_it_shows_both_sides_of_a_translation(kformer, tmp_path):
    (tmp_path / "a.en").write_text("a dog\ntwo dogs\n", encoding="utf-8")
    (tmp_path / "a.de").write_text("ein Hund\nzwei Hunde\n", encoding="utf-8")
    out = kformer("data", f"{tmp_path / 'a.en'},{tmp_path / 'a.de'}").out
    assert "de       string   target" in out
    assert "target characters" in out


def test_it_shows_text_for_a_language_model(kformer, tmp_path):
    (tmp_path / "book.txt").write_text("one line\n\n  another\n", encoding="utf-8")
    out = kformer("data", tmp_path / "book.txt").out
    assert "text     string   text" in out
    assert "no problems found" in out


def test_it_shows_the_sizes_of_images(kformer, tmp_path):
    for number in range(4):
        (tmp_path / "ab"[number % 2]).mkdir(exist_ok=True)
        (tmp_path / "ab"[number % 2] / f"{number}.png").write_bytes(encoded(picture(seed=number)))
    out = kformer("data", tmp_path).out
    assert "image    string   image" in out
    assert "height       6        6      6      6" in out
    assert "no problems found" in out


def test_it_shows_shares_of_the_pixels_of_masks(kformer, tmp_path):
    for folder, content in (("images", encoded(picture())), ("masks", encoded(mask([[0, 1, 1] * 3] * 6)))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(content)
    out = kformer("data", tmp_path).out
    assert "2 labels   share of the pixels" in out
    assert re.search("1 +0.667", out)


def test_it_shows_numbers_of_boxes(kformer, tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(picture()))
    box = {"label": "cat", "x0": 0, "y0": 0, "x1": 5, "y1": 5}
    (tmp_path / "a.jsonl").write_text(json.dumps({"image": "a.png", "things": [box, box]}), encoding="utf-8")
    out = kformer("data", tmp_path / "a.jsonl", "--boxes", "things").out
    assert "things   list<box>   boxes" in out
    assert "1 label   boxes" in out


def test_a_damaged_image_is_one_line(error, tmp_path):
    for name, content in (("a/1.png", encoded(picture())), ("b/2.jpg", b"text")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(content)
    assert "1 of 2 rows cannot be used: 1 x it is no image, whatever its name says (first: " in error("data", tmp_path)
    assert "it has 6 x 9 pixels, and --max-pixels is 9" in error("data", tmp_path, "--max-pixels", "9")


@pytest.fixture
def said(kformer):
    """A function that returns what `kformer data` and `kformer fit TASK` say of a source."""

    def run(source, task="text-classification"):
        fitted = kformer("fit", task, "--data", source, "--init", "none", "--out", source.with_name("run"))
        assert fitted.status == 2
        return kformer("data", source).out, fitted.err.splitlines()[-1].removeprefix("kformer: error: ")

    return run


def test_one_class_alone_is_a_problem_in_the_words_of_fit(said, tmp_path):
    (tmp_path / "texts" / "good").mkdir(parents=True)
    for name in ("1.txt", "2.txt"):
        (tmp_path / "texts" / "good" / name).write_text(f"a film {name}", encoding="utf-8")
    shown, refused = said(tmp_path / "texts")
    assert "has one class only: all 2 labels in column 'label' are 'good'." in refused
    assert refused in shown.splitlines()


@pytest.mark.parametrize(
    ("task", "content", "reason"),
    [
        ("translation", "en,de\na dog,\ntwo dogs,\n", "2 of 2 rows cannot be used: 2 x the target is empty"),
        ("text-classification", "text,label\na b,x\nc d,y\ne f,\n", "1 of 3 rows cannot be used: 1 x the label is"),
        ("text-classification", "text,label\na b,x\n ,y\ne f,x\n", "1 of 3 rows cannot be used: 1 x the text is"),
    ],
)
def test_rows_that_fit_refuses_are_a_problem_in_its_words(said, tmp_path, task, content, reason):
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    shown, refused = said(path, task)
    assert reason in refused
    assert f"to train on, {refused.removeprefix(f'{path}: ')}" in shown.splitlines()
    assert "no problems found" not in shown and "without text" not in shown


def test_an_unusable_row_is_a_problem(kformer, reviews):
    with reviews.open("a", encoding="utf-8") as file:
        file.write("41\n")
    assert "no problems found" not in kformer("data", reviews).out


def test_a_folder_of_neither_texts_nor_images_says_what_was_looked_for(error, tmp_path):
    (tmp_path / "a.heic").write_bytes(b"x")
    expected = "holds no images (files that end in .jpg, .jpeg, .png, .bmp, .gif, .webp, .tif, .tiff), no <class>/*.txt"
    assert expected in error("data", tmp_path)


def test_of_very_many_labels_the_first_are_shown(kformer, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\n" + "".join(f"text {n},name {n // 2:03}\n" for n in range(130)), encoding="utf-8")
    out = kformer("data", path).out
    assert "name 059" in out and "name 060" not in out
    assert "and 5 more, which --json FILE writes" in out


def test_an_unusable_file_is_named_once(kformer, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        for number in range(15):
            (tmp_path / name / f"{number}.png").write_bytes(encoded(picture(seed=number)))
    broken = tmp_path / "a/text.jpg"
    broken.write_text("text", encoding="utf-8")
    out = kformer("data", tmp_path).out
    assert out.count(str(broken)) == 1 and f"it is no image, whatever its name says (first: {broken})" in out
    assert "no problems found" not in out


def test_further_files_that_are_unusable_for_one_reason_are_named(kformer, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
        for number in range(15):
            (tmp_path / name / f"{number}.png").write_bytes(encoded(picture(seed=number)))
    for name in "xy":
        (tmp_path / "a" / f"{name}.jpg").write_text("text", encoding="utf-8")
    out = kformer("data", tmp_path, "--max-rejected", 0.5).out
    assert f"unusable: {tmp_path / 'a/y.jpg'}: it is no image, whatever its name says" in out
    assert out.count(str(tmp_path / "a/x.jpg")) == 1


def test_problems_name_options_as_the_command_line_does(kformer, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\na b,x\nc d,y\n,y\n", encoding="utf-8")
    assert "(--max-rejected)" in kformer("data", path).out
