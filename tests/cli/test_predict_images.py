"""`kformer predict` with a run that reads pictures."""

import csv
import json

import pytest

from kformer.exporting import Predictor
from tests.tiny import image_classifier, images


@pytest.fixture
def predictor(monkeypatch):
    """What `kformer.load` returns."""
    import kformer

    predictor = Predictor(image_classifier())
    monkeypatch.setitem(vars(kformer), "load", lambda folder, precision="auto": predictor)
    return predictor


@pytest.fixture
def folder(tmp_path):
    """A folder of two pictures, and a file that is none."""
    path = tmp_path / "pictures"
    path.mkdir()
    for name, content in zip(("a.png", "b.png"), images(2).values("image"), strict=True):
        (path / name).write_bytes(content)
    (path / "readme.md").write_text("two pictures", encoding="utf-8")
    return path


def test_pictures_are_named_on_the_command_line(kformer, predictor, folder):
    answers = [
        json.loads(line) for line in kformer("predict", "run", folder / "a.png", folder / "b.png").out.splitlines()
    ]
    assert [answer["image"] for answer in answers] == [str(folder / "a.png"), str(folder / "b.png")]
    assert [answer["label"] for answer in answers] == [
        answer["label"] for answer in predictor([folder / "a.png", folder / "b.png"])
    ]


def test_a_folder_gives_a_row_for_each_picture(kformer, predictor, folder, tmp_path):
    assert kformer("predict", "run", "--input", folder, "--output", tmp_path / "out.csv").status == 0
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [row["image"] for row in csv.DictReader(file)] == ["pictures/a.png", "pictures/b.png"]


def test_paths_in_a_file_are_relative_to_it(kformer, predictor, folder, tmp_path):
    (folder / "list.csv").write_text("photo,id\na.png,1\n,2\n", encoding="utf-8")
    result = kformer("predict", "run", "--input", folder / "list.csv", "--output", tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[0]["label"] in ("dark", "light") and rows[1]["label"] is None
    assert "1 of 2 rows have no picture: what is predicted of them is left empty." in result.err


def test_a_folder_without_pictures_says_what_was_looked_for(error, predictor, tmp_path):
    assert "holds no pictures. Looked for: .jpg, .jpeg, .png" in error("predict", "run", "--input", tmp_path)


def test_a_column_of_texts_is_refused(error, predictor, folder):
    assert "The model reads images, but --text note was given. Leave it out." in error(
        "predict", "run", "--input", folder, "--text", "note"
    )


def test_a_picture_that_is_not_there_is_named(error, predictor):
    assert "There is no image 'nowhere.png'." in error("predict", "run", "nowhere.png")


@pytest.fixture
def bad(folder):
    """A text that is called a picture, among the pictures of the folder."""
    path = folder / "bad.png"
    path.write_text("no picture", encoding="utf-8")
    return path


def test_pictures_beside_one_that_cannot_be_read_are_answered(kformer, predictor, folder, bad):
    result = kformer("predict", "run", folder / "a.png", bad, "nowhere.png", folder / "b.png")
    answers = [json.loads(line) for line in result.out.splitlines()]
    assert [answer["image"] for answer in answers] == [str(folder / "a.png"), str(folder / "b.png")]


def test_each_picture_that_cannot_be_read_is_named_with_its_reason(kformer, predictor, folder, bad):
    (folder / "cut.png").write_bytes((folder / "a.png").read_bytes()[:-30])
    result = kformer("predict", "run", bad, folder / "a.png", folder / "cut.png", "nowhere.png")
    named, cut, absent = result.err.splitlines()
    assert named == f"{bad} cannot be used: it is no image, whatever its name says."
    assert cut.startswith(f"{folder / 'cut.png'} cannot be used: the image is damaged: ")
    assert absent == "There is no image 'nowhere.png'."


def test_the_exit_status_tells_that_some_pictures_were_passed_over(kformer, predictor, folder, bad):
    assert kformer("predict", "run", folder / "a.png", bad).status == 1


def test_without_one_readable_picture_it_fails(kformer, predictor, bad):
    result = kformer("predict", "run", bad, "nowhere.png")
    assert result.status == 2 and result.out == ""
    assert "kformer: error: Not one of 2 pictures can be read." in result.err


def test_rows_of_a_folder_s_unreadable_pictures_are_left_empty(kformer, predictor, folder, bad, tmp_path):
    result = kformer("predict", "run", "--input", folder, "--output", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        assert [bool(row["label"]) for row in csv.DictReader(file)] == [True, True, False]
    assert f"{bad} cannot be used: it is no image" in result.err
    assert "1 of 3 pictures cannot be read: what is predicted of them is left empty." in result.err
    assert result.status == 1


def test_a_folder_of_unreadable_pictures_leaves_the_previous_output(kformer, predictor, bad, tmp_path):
    for name in ("a.png", "b.png"):
        (bad.parent / name).unlink()
    (tmp_path / "out.csv").write_text("before", encoding="utf-8")
    assert kformer("predict", "run", "--input", bad.parent, "--output", tmp_path / "out.csv").status == 2
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "before"
