"""`kformer enroll` and `kformer identify`, and pairs of pictures for `kformer predict`."""

import csv
import json

import pytest

from kformer.exporting import Predictor
from tests.tiny import face_verifier, people


@pytest.fixture
def predictor(monkeypatch):
    """What `kformer.load` returns."""
    import kformer

    task = face_verifier(embedding_size=8)
    task.threshold.assign(0.5)
    predictor = Predictor(task)
    monkeypatch.setitem(vars(kformer), "load", lambda folder, precision="auto": predictor)
    return predictor


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder: a folder `run`, and one of three people with two pictures each."""
    examples = people(3, 2)
    for number, (name, content) in enumerate(zip(examples.values("label"), examples.values("image"), strict=True)):
        (tmp_path / "people" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "people" / name / f"{number}.png").write_bytes(content)
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def enrolled(kformer, predictor, folder):
    assert kformer("enroll", "run", "people").status == 0
    return folder


def test_enroll_tells_how_many_people_and_where(kformer, predictor, folder):
    assert kformer("enroll", "run", "people").out == "3 people of 6 pictures, in run/gallery\n"


def test_identify_tells_who_it_is(kformer, enrolled):
    rows = kformer("identify", "run", "people/p1/2.png", "--top", "2", "--threshold", "-1").out.splitlines()
    assert "people/p1/2.png" in rows[2] and "p" in rows[2]
    assert "(p" in rows[3]


def test_identify_tells_json(kformer, enrolled, predictor):
    out = kformer("identify", "run", "people/p1/2.png", "people/p2/4.png", "--top", "3", "--json").out
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["image"] for answer in answers] == ["people/p1/2.png", "people/p2/4.png"]
    assert len(answers[0]["candidates"]) == 3
    assert answers[0]["threshold"] == 0.5


def test_somebody_unknown_is_said_to_be(kformer, enrolled):
    assert "unknown" in kformer("identify", "run", "people/p1/2.png", "--threshold", "1").out


def test_a_gallery_elsewhere_knows_its_run(kformer, predictor, folder):
    kformer("enroll", "run", "people", "--out", "staff", "--keep", "all")
    assert kformer("identify", "staff", "people/p1/2.png").status == 0


def test_a_gallery_whose_run_is_gone_asks_for_it(kformer, error, predictor, folder):
    kformer("enroll", "run", "people", "--out", "staff")
    (folder / "run").rename(folder / "moved")
    assert "which is not there: say --run DIR." in error("identify", "staff", "people/p1/2.png")
    assert kformer("identify", "staff", "people/p1/2.png", "--run", "moved").status == 0


def test_a_gallery_is_not_replaced_unless_told(kformer, error, enrolled):
    assert "run/gallery holds a gallery: give another --out, or --overwrite" in error("enroll", "run", "people")
    assert kformer("enroll", "run", "people", "--overwrite").status == 0


def test_a_folder_of_something_else_is_never_overwritten(error, predictor, folder):
    message = error("enroll", "run", "people", "--out", "people", "--overwrite")
    assert "people holds something that is no gallery, which is never overwritten" in message


def test_an_empty_folder_of_people_says_what_was_looked_for(error, predictor, folder):
    (folder / "nobody").mkdir()
    assert "nobody" in error("enroll", "run", "nobody")


def test_a_run_without_a_gallery_says_how_to_make_one(error, predictor, folder):
    message = error("identify", "run", "people/p1/2.png")
    assert "There is no gallery in run: make one with `kformer enroll run PEOPLE_FOLDER`." in message


def test_neither_a_gallery_nor_a_run_is_one_line(error, predictor, folder):
    assert "There is no gallery and no run nowhere." in error("identify", "nowhere", "people/p1/2.png")


def test_a_picture_that_is_not_there_is_named(error, enrolled):
    assert "There is no image 'nowhere.png'." in error("identify", "run", "nowhere.png")


def test_of_several_pictures_one_that_cannot_be_read_is_named_and_passed_over(kformer, enrolled):
    result = kformer("identify", "run", "nowhere.png", "people/p1/2.png", "--json")
    assert result.status == 1
    assert "There is no image 'nowhere.png'." in result.err
    assert [json.loads(line)["image"] for line in result.out.splitlines()] == ["people/p1/2.png"]


def test_several_pictures_of_which_none_can_be_read_fail(kformer, enrolled):
    result = kformer("identify", "run", "nowhere.png", "gone.png")
    assert result.status == 2
    assert "Not one of 2 pictures can be read." in result.err


def test_predict_compares_two_pictures(kformer, predictor, folder):
    out = kformer("predict", "run", "--pair", "people/p0/0.png", "people/p1/2.png").out
    answer = json.loads(out)
    assert list(answer) == ["image", "image_pair", "same", "similarity", "threshold"]
    assert (answer["image"], answer["image_pair"]) == ("people/p0/0.png", "people/p1/2.png")


def test_predict_refuses_a_single_picture(error, predictor, folder):
    assert "reads a pair of images (image, image) per input; on the command line: --pair ONE TWO." in error(
        "predict", "run", "people/p0/0.png"
    )


@pytest.mark.parametrize("columns", [("image", "other"), ("left", "right")])
def test_predict_reads_pairs_of_paths_from_a_file(kformer, predictor, folder, columns):
    lines = [",".join((*columns, "id")), "people/p0/0.png,people/p1/2.png,7"]
    (folder / "pairs.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert kformer("predict", "run", "--input", "pairs.csv", "--output", "out.csv").status == 0
    (row,) = csv.DictReader((folder / "out.csv").read_text(encoding="utf-8").splitlines())
    (answer,) = predictor([("people/p0/0.png", "people/p1/2.png")])
    assert float(row["similarity"]) == pytest.approx(answer["similarity"], abs=1e-5) and row["id"] == "7"


def test_predict_needs_two_columns_of_pictures(kformer, predictor, folder):
    (folder / "one.csv").write_text("image\npeople/p0/0.png\n", encoding="utf-8")
    result = kformer("predict", "run", "--input", "one.csv")
    assert result.status == 2
    assert "has no second column of them. Name two with --image and --image-pair." in result.err
