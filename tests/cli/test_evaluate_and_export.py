import json
from pathlib import Path

import pytest

import kformer as kf


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "test.csv"
    path.write_text("said,stars\na fine film\tindeed,5\ndull,1\na fine day,5\nno,1\n", encoding="utf-8")
    return path


@pytest.fixture
def exported(monkeypatch):
    """The arguments that `kformer.export` was called with."""
    calls = []
    monkeypatch.setitem(vars(kf), "export", lambda predictor, path, to: calls.append((predictor, path, to)))
    return calls


def test_metrics_are_shown_with_their_intervals(kformer, predictor, labelled):
    out = kformer("evaluate", "run", "--data", labelled, "--text", "said", "--label", "stars").out
    assert "0.500" in out
    assert "0.250 to 0.750" in out


def test_metrics_of_single_labels_are_left_to_the_file(kformer, predictor, labelled, tmp_path):
    out = kformer("evaluate", "run", "--data", labelled, "--text", "said", "--json", tmp_path / "metrics.json").out
    assert "f1/long" not in out
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["f1/long"]["value"] == 1.0


def test_guesses_are_shown(kformer, predictor, labelled):
    assert "label = 'stars' (guessed" in kformer("evaluate", "run", "--data", labelled).out


def test_data_is_required(error):
    assert "Missing option '--data'." in error("evaluate", "run")


def test_a_missing_file_is_named(error, predictor):
    assert "There is no file or folder 'absent.csv'" in error("evaluate", "run", "--data", "absent.csv")


def test_export_writes_a_savedmodel_into_the_run(kformer, predictor, exported):
    assert kformer("export", "runs/a").status == 0
    assert exported == [(predictor, Path("runs/a/export"), "savedmodel")]


def test_export_writes_a_hugging_face_folder_on_request(kformer, predictor, exported):
    kformer("export", "runs/a", "--to", "hf")
    assert exported == [(predictor, Path("runs/a/hf"), "hf")]


def test_export_writes_elsewhere_on_request(kformer, predictor, exported):
    assert "written to" in kformer("export", "runs/a", "--out", "served").out
    assert exported[0][1] == Path("served")


def test_export_refuses_an_unknown_form(error):
    assert "Invalid value for '--to': 'onxx' is not one of 'savedmodel', 'hf'." in error(
        "export", "runs/a", "--to", "onxx"
    )


def test_a_run_that_needs_no_labels_is_measured_without(kformer, predictor, tmp_path):
    predictor.required = ("text",)
    path = tmp_path / "book.txt"
    path.write_text("It was a dark and stormy night.", encoding="utf-8")
    assert "0.500" in kformer("evaluate", "run", "--data", path).out
