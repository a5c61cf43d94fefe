"""The commands on real parts, one after the other, as a person would type them."""

import json

import pytest

from kformer.exporting import export
from tests.tiny import GOLDENS, roberta_task


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "reviews.csv"
    rows = [
        f"{('good film', 'bad film')[i % 2]} {'abcdefgh'[i % 8]} {i // 8},{('up', 'down')[i % 2]}" for i in range(40)
    ]
    path.write_text("opinion,verdict\n" + "\n".join(rows) + "\n")
    return path


def test_fit_predict_evaluate_and_export(reviews, tmp_path, kformer):
    run = tmp_path / "run"
    fit = kformer(
        "fit", "text-classification", "--data", reviews, "--init", GOLDENS / "bert", "--out", run, "--text", "opinion",
        "--label", "verdict", "--epochs", 1, "--max-length", 16,
    )  # fmt: skip
    assert fit.status == 0, fit.err
    assert "accuracy" in fit.out and "Try it:" in fit.out

    predicted = kformer("predict", run, "good film a")
    assert json.loads(predicted.out)["label"] in ("up", "down")

    table = tmp_path / "labelled.csv"
    assert kformer("predict", run, "--input", reviews, "--text", "opinion", "--output", table).status == 0
    assert table.read_text().splitlines()[0] == "opinion,verdict,label,score"

    scores = tmp_path / "scores.json"
    assert kformer("evaluate", run, "--data", reviews, "--json", scores).status == 0
    assert json.loads(scores.read_text())["num_examples"] == 40

    assert kformer("export", run, "--to", "hf").status == 0
    assert (run / "hf" / "model.safetensors").exists()


@pytest.mark.parametrize("pair", [False, True])
def test_a_roberta_is_fine_tuned_from_its_folder_and_again_from_the_run(pair, reviews, tmp_path, kformer):
    folder = export(roberta_task(), tmp_path / "roberta", to="hf")
    data = tmp_path / "pairs.csv"
    head, *rows = reviews.read_text().splitlines()
    data.write_text("\n".join([f"other,{head}", *(f"film,{row}" for row in rows)]))
    columns = ("--text", "opinion", *(("--text-pair", "other") if pair else ()), "--label", "verdict")
    for init, run in ((folder, tmp_path / "first"), (tmp_path / "first", tmp_path / "second")):
        fit = kformer(
            "fit", "text-classification", "--data", data, "--init", init, "--out", run, *columns,
            "--epochs", 1, "--max-length", 16,
        )  # fmt: skip
        assert fit.status == 0, fit.err
    text = ("--pair", "good film", "good film") if pair else ("good film",)
    answer = kformer("predict", tmp_path / "second", *text)
    assert json.loads(answer.out)["label"] in ("up", "down")
    assert kformer("export", tmp_path / "second", "--to", "hf").status == 0
    assert (tmp_path / "second" / "hf" / "merges.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--epochs", "0"), "--epochs must be at least 1. Received: epochs=0."),
        (("--freeze", "-1", "--layer-decay", "0.9"), "--freeze -1 and --layer-decay 0.9 contradict each other"),
        (("--init", "no/such/folder"), "--init 'no/such/folder' is neither a folder nor a known model."),
        (("--text", "review"), "'review'"),
        (("--max-length", "200"), "--max-length is 200, but the model has 24 positions: lower it."),
    ],
)
def test_bad_input_is_one_clear_line(arguments, message, reviews, tmp_path, error):
    given = ["fit", "text-classification", "--data", reviews, "--out", tmp_path / "run"]
    if "--init" not in arguments:
        given += ["--init", GOLDENS / "bert"]
    assert message in error(*given, *arguments)
    assert not (tmp_path / "run").exists()
