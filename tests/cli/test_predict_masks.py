"""`kformer predict` with a run that finds the classes of pixels."""

import json

import numpy as np
import pytest

from kformer.evaluation.segmentation import read_mask
from kformer.exporting import Predictor
from tests.tiny import image_classifier, scenes, segmenter


@pytest.fixture
def predictor(monkeypatch):
    """What `kformer.load` returns."""
    import kformer

    predictor = Predictor(segmenter())
    monkeypatch.setitem(vars(kformer), "load", lambda folder, precision="auto": predictor)
    return predictor


@pytest.fixture
def folder(tmp_path):
    """A folder of two pictures that are called alike."""
    path = tmp_path / "pictures"
    for place, content in zip(("a", "b"), scenes(2).values("image"), strict=True):
        (path / place).mkdir(parents=True)
        (path / place / "1.png").write_bytes(content)
    return path


def test_a_picture_has_its_shares(kformer, predictor, folder):
    answer = json.loads(kformer("predict", "run", folder / "a" / "1.png").out)
    assert answer == {
        "image": str(folder / "a" / "1.png"),
        "shares": predictor(folder / "a" / "1.png")["shares"],
    }


def test_masks_are_written_with_an_overlay(kformer, predictor, folder, tmp_path):
    masks = tmp_path / "masks"
    answer = json.loads(kformer("predict", "run", folder / "a" / "1.png", "--masks", masks).out)
    assert answer["mask"] == str(masks / "1.png")
    np.testing.assert_array_equal(read_mask(str(masks / "1.png")), predictor(folder / "a" / "1.png")["mask"])
    assert read_mask(str(masks / "1.overlay.png")).shape == (8, 12, 3)


def test_pictures_that_are_called_alike_have_masks_of_their_own(kformer, predictor, folder, tmp_path):
    masks, out = tmp_path / "masks", tmp_path / "out.jsonl"
    assert kformer("predict", "run", "--input", folder, "--masks", masks, "--output", out).status == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["mask"] for row in rows] == [str(masks / "1.png"), str(masks / "1-2.png")]


def test_masks_of_a_run_without_are_refused(error, monkeypatch, folder, tmp_path):
    import kformer

    monkeypatch.setitem(vars(kformer), "load", lambda folder, precision="auto": Predictor(image_classifier()))
    message = error("predict", "run", folder / "a" / "1.png", "--masks", tmp_path / "masks")
    assert "The run predicts no masks, but --masks" in message
