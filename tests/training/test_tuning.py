"""`fine_tune` without a folder: what a recipe does to a training."""

import numpy as np
import pytest

import kformer as kf
from kformer.data.plan import make_plan
from kformer.training.tuning import _few_updates
from tests.tiny import examples, task

RECIPE = kf.TextClassificationRecipe(epochs=2, learning_rate=1e-2, max_length=16, batch_size=8)


def tune(recipe=RECIPE, model=None, problem="single_label", **changes):
    data = examples(24, problem)
    model = task(problem, dropout=0.1) if model is None else model
    return kf.fine_tune(model, data, data.take(range(8)), recipe.replace(**changes))


@pytest.fixture(scope="module")
def tuned():
    return tune()


def test_one_seed_gives_equal_weights_twice(tuned):
    for first, second in zip(tuned.task.get_weights(), tune().task.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)


def test_another_seed_gives_other_weights(tuned):
    assert not np.array_equal(tuned.task.head.kernel, tune(seed=1).task.head.kernel)


def test_the_history_tells_the_speed(tuned):
    assert tuned.history[0]["examples_per_second"] > 0 < tuned.history[0]["tokens_per_second"]


@pytest.mark.parametrize(
    ("lengths", "changes", "told"),
    [
        ([10] * 20, {"batch_tokens": 4096}, "lower `batch_tokens` from 4,096 to 25, or raise `epochs` from 2."),
        ([(10, 12)] * 8, {"batch_tokens": 40}, "lower `batch_tokens` from 40 to 12, or raise `epochs` from 2."),
        ([10] * 20, {"batch_size": 32}, "lower `batch_size` from 32 to 2, or raise `epochs` from 2."),
        ([10] * 2, {"batch_size": 1}, "An epoch has 2 updates of the weights, which teaches little: raise `epochs`"),
    ],
)
def test_few_updates_of_an_epoch_are_told_with_what_to_set(lengths, changes, told):
    recipe = RECIPE.replace(**changes)
    plan = make_plan(lengths, recipe.batch_size, batch_tokens=recipe.batch_tokens)
    (line,) = _few_updates(plan, recipe)
    assert told in line


def test_enough_updates_of_an_epoch_are_not_told():
    assert _few_updates(make_plan([10] * 80, batch_size=8), RECIPE) == ()


def test_in_a_file_each_epoch_is_a_plain_line(capsys):
    tune()
    out = capsys.readouterr().out
    lines = [line.partition(":")[0] for line in out.splitlines()]
    assert [line for line in lines if line.startswith("epoch")] == ["epoch 1/2", "epoch 2/2"]
    assert not {"\r", "\b", "\x1b"} & set(out)


def test_a_terminal_shows_keras_progress_bar(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    tune(epochs=1)
    out = capsys.readouterr().out
    assert "\u2501" in out and "epoch 1/1" not in out


def test_nothing_is_written_without_a_folder(tuned):
    assert tuned.folder is None


def test_early_stopping_ends_before_the_last_epoch():
    assert len(tune(epochs=6, early_stopping=1, learning_rate=0.0).history) == 2


def test_the_best_epochs_weights_are_restored():
    run = tune(epochs=4, learning_rate=0.3, monitor="val_loss")
    best = min(logs["val_loss"] for logs in run.history)
    assert run.metrics["validation"]["log_loss"]["value"] == pytest.approx(best, abs=1e-4)


def test_a_plateau_lowers_the_rate():
    run = tune(epochs=3, plateau=1, learning_rate=1e-12)
    assert float(run.task.optimizer.learning_rate) < 1e-12


def test_frozen_stages_keep_their_weights():
    before = task().backbone.get_weights()
    run = tune(freeze=-1)
    for first, second in zip(before[:3], run.task.backbone.get_weights()[:3], strict=True):
        np.testing.assert_array_equal(first, second)


def test_accumulation_makes_fewer_updates():
    optimizer = tune(accumulation=2).task.optimizer
    assert float(optimizer.total) == float(optimizer.iterations)


def test_a_recipes_dropout_reaches_every_layer():
    model = tune(dropout=0.25, epochs=1).task
    assert {float(layer.rate) for layer in model.dropout_layers()} == {0.25}


def test_a_regression_learns_in_the_units_of_its_targets():
    run = tune(problem="regression", epochs=1)
    assert float(run.task.target_mean) == pytest.approx(11.5)


def test_label_smoothing_contradicts_a_regression():
    with pytest.raises(ValueError, match="`label_smoothing` 0.1 has no meaning for a regression: leave it at 0."):
        tune(problem="regression", label_smoothing=0.1)


def test_balanced_classes_need_single_labels():
    with pytest.raises(ValueError, match="`class_weights` balanced needs single labels. Received: a multi_label task."):
        tune(problem="multi_label", class_weights="balanced")


def test_more_frozen_stages_than_there_are_is_refused():
    with pytest.raises(ValueError, match="`freeze` must be below the model's 4 stages .* Received: freeze=9."):
        tune(freeze=9)


def test_examples_of_one_class_are_refused_before_anything_is_written(tmp_path):
    data = examples(24)
    message = "tiny has one class only: all 12 labels in column 'label' are 'bad'. Give examples of two or more classes"
    with pytest.raises(ValueError, match=message):
        kf.fine_tune(task(), data.take(range(0, 24, 2)), data, RECIPE, tmp_path / "run")
    assert not (tmp_path / "run").exists()
