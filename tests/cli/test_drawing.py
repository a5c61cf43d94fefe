"""`kformer predict --draw`: what was found, drawn into copies of the pictures."""

import json

import numpy as np
import pytest
from PIL import Image

from kformer.exporting import Predictor
from tests.tiny import box_scenes, detector, image_classifier


@pytest.fixture
def load(monkeypatch):
    """Puts a task in the place of what `kformer.load` opens."""
    import kformer

    def put(task):
        monkeypatch.setitem(vars(kformer), "load", lambda folder, precision="auto": Predictor(task))

    return put


@pytest.fixture
def pictures(tmp_path):
    """Two pictures of one name in two folders."""
    paths = [tmp_path / folder / "a.png" for folder in ("one", "other")]
    for path, content in zip(paths, box_scenes(2).values("image"), strict=True):
        path.parent.mkdir()
        path.write_bytes(content)
    return paths


def test_boxes_are_printed_and_drawn_and_no_picture_takes_another_s_place(kformer, load, pictures, tmp_path):
    load(detector())
    result = kformer("predict", "run", *pictures, "--draw", tmp_path / "drawn")
    answers = [json.loads(line) for line in result.out.splitlines()]
    assert [set(answer["boxes"][0]) for answer in answers] == [{"label", "score", "x0", "y0", "x1", "y1"}] * 2
    assert sorted(path.name for path in (tmp_path / "drawn").iterdir()) == ["a-2.png", "a.png"]
    count = sum(len(answer["boxes"]) for answer in answers)
    assert f"{count} boxes with a score of 0 or more (--score-threshold) found, 2 pictures drawn in" in result.err
    drawn, plain = (np.asarray(Image.open(path)) for path in (tmp_path / "drawn" / "a.png", pictures[0]))
    scale = drawn.shape[0] // plain.shape[0]
    assert drawn.shape == (scale * plain.shape[0], scale * plain.shape[1], 3)
    assert (drawn[::scale, ::scale] != plain).any()


def test_boxes_of_a_lower_score_are_left_out_on_request(kformer, load, pictures):
    load(detector())
    (first, *_others) = (json.loads(line) for line in kformer("predict", "run", *pictures).out.splitlines())
    least = sorted(box["score"] for box in first["boxes"])[-1]
    result = kformer("predict", "run", *pictures, "--score-threshold", least)
    assert all(box["score"] >= least for line in result.out.splitlines() for box in json.loads(line)["boxes"])
    assert len(json.loads(result.out.splitlines()[0])["boxes"]) < len(first["boxes"])


def test_a_score_is_of_boxes(kformer, load, error, pictures):
    load(image_classifier())
    message = "--score-threshold is of boxes, and this run finds none. Leave it out."
    assert message in error("predict", "run", *pictures, "--score-threshold", 0.5)


def test_pictures_of_a_folder_are_drawn(kformer, load, pictures, tmp_path):
    load(detector())
    out = tmp_path / "out.csv"
    result = kformer("predict", "run", "--input", tmp_path, "--output", out, "--draw", tmp_path / "drawn")
    assert result.status == 0 and len(list((tmp_path / "drawn").iterdir())) == 2


def test_a_picture_that_cannot_be_read_is_not_drawn(kformer, load, pictures, tmp_path):
    load(detector())
    result = kformer("predict", "run", *pictures, "nowhere.png", "--draw", tmp_path / "drawn")
    assert result.status == 1 and "2 pictures drawn in" in result.err


def test_a_run_that_finds_no_boxes_draws_none(error, load, pictures, tmp_path):
    load(image_classifier())
    message = error("predict", "run", pictures[0], "--draw", tmp_path / "drawn")
    assert "--draw draws boxes, and this run finds none. Leave it out." in message
