"""From a file to a run, the whole way, with a model that takes seconds."""

import csv
import dataclasses
import json
import shutil

import numpy as np
import pytest

import kformer as kf
from tests.tiny import GOLDENS

WORDS = {"good": ["good", "very good", "film good"], "bad": ["bad", "un bad", "the bad film"]}
RECIPE = kf.TextClassificationRecipe(epochs=2, learning_rate=3e-3, max_length=16, batch_size=8)


def write_reviews(path, rows=48):
    """A csv with columns of its own names, half of it good."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["opinion", "verdict"])
        for i in range(rows):
            verdict = ("good", "bad")[i % 2]
            letters = " ".join("abcdefgh"[(i * 7 + j) % 8] for j in range(1 + i % 5))
            writer.writerow([f"{WORDS[verdict][i % 3]} {letters} {i % 9}", verdict])
    return path


def fit(source, out, recipe=RECIPE, init=GOLDENS / "bert", **arguments):
    arguments = {"text": "opinion", "label": "verdict", **arguments}
    return kf.fit("text-classification", source, init=init, recipe=recipe, out=out, **arguments)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit")
    source = write_reviews(folder / "reviews.csv")
    return source, fit(source, folder / "run")


def test_a_run_holds_all_its_files(trained):
    _, run = trained
    names = {path.name for path in run.folder.iterdir()}
    assert names == {
        "checksums.json", "environment.json", "export", "history.csv", "metrics.json", "model.keras", "recipe.yaml",
        "rejected.jsonl", "report.html", "tensorboard",
    }  # fmt: skip


def test_metrics_json_has_every_metric_with_its_interval(trained):
    _, run = trained
    accuracy = json.loads((run.folder / "metrics.json").read_text())["validation"]["accuracy"]
    assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]


def test_a_run_prints_as_one_line_without_its_figures(trained):
    _, run = trained
    epochs = len(run.history)
    assert repr(run) == f"<Run: TextClassification; {epochs} epochs; saved in {run.folder}>"
    assert repr(dataclasses.replace(run, history=[{}], interrupted=True, folder=None)) == (
        "<Run: TextClassification; 1 epoch, interrupted; not saved>"
    )


def test_the_model_learns(trained):
    _, run = trained
    assert run.history[-1]["loss"] < run.history[0]["loss"]


def test_the_recipe_is_read_back_equal(trained):
    _, run = trained
    assert kf.TextClassificationRecipe.from_file(run.folder / "recipe.yaml") == RECIPE


def test_the_saved_model_holds_no_optimizer(trained):
    _, run = trained
    weights = sum(variable.numpy().nbytes for variable in run.task.variables)
    assert (run.folder / "model.keras").stat().st_size < 2 * weights + 200_000


def test_the_predictor_gives_the_label_names(trained):
    _, run = trained
    answer = kf.load(run.folder)("a very good film")
    assert answer["label"] in ("bad", "good")
    assert answer["score"] == max(answer["scores"].values())


def test_the_predictor_keeps_the_order_of_its_inputs(trained):
    _, run = trained
    predictor = kf.load(run.folder)
    texts = ["good " * n for n in (9, 1, 5, 3)]
    together = predictor(texts, batch_size=2)
    for text, answer in zip(texts, together, strict=True):
        assert answer["score"] == pytest.approx(predictor(text)["score"], abs=1e-5)


def test_a_loaded_task_gives_the_outputs_of_the_trained_one(trained):
    source, run = trained
    examples = kf.data.load(source, text="opinion", label="verdict")
    loaded = kf.tasks.load_task(run.folder)
    np.testing.assert_allclose(loaded.outputs_of(examples), run.task.outputs_of(examples), atol=1e-6)


def test_evaluating_the_validation_rows_gives_the_metrics_of_the_run(trained):
    source, run = trained
    _, held_out = kf.data.load(source, text="opinion", label="verdict").split(RECIPE.validation_fraction, RECIPE.seed)
    assert kf.load(run.folder).evaluate(held_out)["log_loss"] == pytest.approx(
        run.metrics["validation"]["log_loss"], abs=1e-5
    )


def test_a_run_that_is_there_is_not_overwritten(trained):
    source, run = trained
    before = (run.folder / "checksums.json").read_text()
    with pytest.raises(FileExistsError, match="overwrite"):
        fit(source, run.folder)
    assert (run.folder / "checksums.json").read_text() == before


def test_a_run_that_is_there_is_told_before_the_data_is_read(trained):
    _source, run = trained
    with pytest.raises(FileExistsError, match="overwrite"):
        fit("nowhere.csv", run.folder)


def test_an_unknown_variant_is_told_before_the_data_is_read(tmp_path):
    with pytest.raises(ValueError, match="There is no model 'bert-bas'. Did you mean 'bert-base'"):
        fit("nowhere.csv", tmp_path / "run", RECIPE.replace(variant="bert-bas"))


def test_overwriting_replaces_the_run(trained, tmp_path):
    source, run = trained
    copy = shutil.copytree(run.folder, tmp_path / "copy")
    fit(source, copy, RECIPE.replace(epochs=1), overwrite=True)
    assert kf.TextClassificationRecipe.from_file(copy / "recipe.yaml").epochs == 1


def test_a_run_that_fails_leaves_nothing(trained, tmp_path):
    source, _ = trained
    with pytest.raises(FloatingPointError, match="The loss became .* Try a lower `learning_rate`"):
        fit(source, tmp_path / "nan", RECIPE.replace(learning_rate=1e30, clip_norm=0.0, warmup=0.0))
    assert not (tmp_path / "nan").exists()


def test_a_run_starts_from_a_run_and_keeps_its_head(trained, tmp_path):
    source, run = trained
    task = kf.tasks.TextClassification.from_pretrained(run.folder, labels=run.task.labels, max_length=16)
    np.testing.assert_array_equal(task.head.kernel, run.task.head.kernel)


def test_from_scratch_learns_its_vocabulary_from_the_data(tmp_path):
    source = write_reviews(tmp_path / "reviews.csv")
    run = fit(source, tmp_path / "run", RECIPE.replace(epochs=1, vocab_size=150), init="none")
    assert "good" in run.task.processor.vocabulary
    assert run.task.backbone.vocab_size == len(run.task.processor.vocabulary) <= 150


@pytest.mark.parametrize(("task", "init"), [("text-classification", "minilm"), ("image-classification", "none")])
def test_without_weights_a_training_starts_as_its_task_does(task, init):
    assert kf.tasks.get_task(task).default_init == init


def test_a_training_of_images_needs_no_word_on_weights(tmp_path):
    recipe = kf.ImageClassificationRecipe(epochs=1, variant="vit-nano-4", image_size=8)
    assert kf.fit("image-classification", "digits", recipe=recipe, out=tmp_path / "run").folder.is_dir()


def test_more_tokens_than_positions_are_refused(trained, tmp_path):
    source, _ = trained
    with pytest.raises(ValueError, match="`max_length` is 64, but the model has 24 positions: lower it."):
        fit(source, tmp_path / "long", RECIPE.replace(max_length=64))


def test_text_that_is_cut_is_counted_and_pairs_are_predicted(tmp_path, capsys):
    source = tmp_path / "pairs.csv"
    lines = [f"good {i},{('good', 'bad')[i % 2]} {i},{('same', 'other')[i % 2]}\n" for i in range(40)]
    source.write_text("premise,hypothesis,verdict\n" + "".join(lines))
    recipe = RECIPE.replace(epochs=1, max_length=6)
    run = fit(source, tmp_path / "run", recipe, text="premise", text_pair="hypothesis")
    assert "training texts are longer than 6 tokens and are cut." in capsys.readouterr().out
    assert kf.load(run.folder)([("good 1", "bad 1")])[0]["label"] in ("same", "other")


def test_several_labels_are_predicted_together(tmp_path):
    source = tmp_path / "topics.csv"
    rows = ["good|film", "bad", "film", "bad|film"]
    source.write_text("opinion,verdict\n" + "".join(f"the film {i},{rows[i % 4]}\n" for i in range(40)))
    run = fit(source, tmp_path / "run", RECIPE.replace(epochs=1), label_kind="multi")
    assert set(kf.load(run.folder)("the film")["scores"]) == {"bad", "film", "good"}
