from types import SimpleNamespace

import pytest

import kformer as kf
from kformer.tasks import TASKS

METRICS = {"validation": {"accuracy": {"value": 0.873, "low": 0.85, "high": 0.9}, "num_examples": 1200}}


@pytest.fixture
def fitted(monkeypatch, tmp_path):
    """The arguments that `kformer.fit` was called with, beside files that it may be told to read."""
    calls = []
    for name in ("reviews.csv", "held_out.csv", "nli.csv"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)

    def fit(task, data, validation=None, **arguments):
        calls.append(SimpleNamespace(task=task, data=data, validation=validation, **arguments))
        names = ("text", "text_pair") if "text_pair" in arguments else ("text",)
        task = SimpleNamespace(input_names=names)
        return SimpleNamespace(folder=tmp_path / "a run", metrics=METRICS, task=task)

    monkeypatch.setitem(vars(kf), "fit", fit)
    return calls


def test_without_arguments_it_is_the_quickstart(kformer, fitted):
    assert kformer("fit").status == 0
    (call,) = fitted
    assert (call.task, call.data, call.init, call.out) == (
        "text-classification", "docstrings", "minilm", "saved_models/quickstart",
    )  # fmt: skip
    assert call.recipe == kf.TextClassificationRecipe(epochs=2, max_length=64)


def test_options_change_the_quickstart(kformer, fitted):
    kformer("fit", "--epochs", "1", "--overwrite", "--out", "elsewhere")
    (call,) = fitted
    assert call.recipe == kf.TextClassificationRecipe(epochs=1, max_length=64)
    assert call.overwrite
    assert call.out == "elsewhere"


def test_data_is_passed_on_with_the_recipe_s_own_defaults(kformer, fitted):
    kformer("fit", "text-classification", "--data", "reviews.csv", "--validation", "held_out.csv", "--init", "none")
    (call,) = fitted
    assert (call.data, call.validation, call.init, call.out) == ("reviews.csv", "held_out.csv", "none", None)
    assert call.recipe == kf.TextClassificationRecipe()


def test_the_example_s_own_source_has_its_recipe_also_by_name(kformer, fitted):
    kformer("fit", "translation", "--data", "numbers:en-ja")
    kformer("fit", "translation")
    by_name, unnamed = fitted
    assert (by_name.data, by_name.out, unnamed.data, unnamed.out) == (
        "numbers:en-ja", None, "numbers", "saved_models/numbers",
    )  # fmt: skip
    assert by_name.recipe == unnamed.recipe


def test_data_options_are_passed_on_only_where_given(kformer, fitted):
    kformer("fit", "--data", "reviews.csv", "--label", "stars")
    assert fitted[0].label == "stars"
    assert not hasattr(fitted[0], "text")


def test_options_override_the_recipe_file(kformer, fitted, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("epochs: 5\nlearning_rate: 1e-4\n", encoding="utf-8")
    kformer("fit", "--data", "reviews.csv", "--recipe", path, "--epochs", "3")
    assert fitted[0].recipe == kf.TextClassificationRecipe(epochs=3, learning_rate=1e-4)


def test_none_can_be_written_for_a_field(kformer, fitted, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("dropout: 0.3\n", encoding="utf-8")
    kformer("fit", "--data", "reviews.csv", "--recipe", path, "--dropout", "none")
    assert fitted[0].recipe.dropout is None


def test_the_end_shows_metrics_with_their_intervals(kformer, fitted):
    out = kformer("fit").out
    assert "0.873" in out
    assert "0.850 to 0.900" in out
    assert "1,200" in out


def test_the_end_shows_a_line_to_try_next(kformer, fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "kformer predict 'a run' 'Compute the singular value decomposition of a matrix.'" in kformer("fit").out


def test_the_line_to_try_next_has_two_texts_for_pairs(kformer, fitted):
    assert "--pair 'A text of your own' 'Another text'" in kformer("fit", "--data", "nli.csv", "--text-pair", "b").out


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (("image",), "kformer predict 'a run' photos/a.png\n"),
        (("image", "image_pair"), "kformer predict 'a run' --pair photos/a.png photos/b.png\n"),
    ],
)
def test_the_line_to_try_next_has_pictures_that_were_not_trained_on(kformer, monkeypatch, tmp_path, names, line):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    pictures = [str(tmp_path / "photos" / f"{name}.png") for name in "abc"]
    validation = SimpleNamespace(values=lambda role: pictures)
    run = SimpleNamespace(
        folder=tmp_path / "a run", metrics=METRICS, task=SimpleNamespace(input_names=names), validation=validation
    )
    monkeypatch.setitem(vars(kf), "fit", lambda *arguments, **named: run)
    assert line in kformer("fit", "image-classification").out


def test_the_end_says_where_everything_is(kformer, fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = kformer("fit").out
    assert "a run/report.html" in out
    assert "tensorboard --logdir 'a run'/tensorboard" in out
    assert "a run/export" in out


def test_an_unknown_task_suggests_the_nearest(error):
    assert "Did you mean 'text-classification'?" in error("fit", "text-clasification")


def test_an_unknown_field_in_a_recipe_suggests_the_nearest(error, tmp_path):
    path = tmp_path / "recipe.yaml"
    path.write_text("epoch: 5\n", encoding="utf-8")
    assert "Did you mean 'epochs'?" in error("fit", "--recipe", path)


def test_a_value_of_the_wrong_type_is_refused(error):
    assert "Invalid value for '--epochs': 'many' is not a valid integer." in error("fit", "--epochs", "many")


def test_a_value_out_of_range_is_refused(error):
    assert "--epochs must be at least 1. Received: epochs=0." in error("fit", "--epochs", "0")


def test_contradictory_fields_are_refused(error):
    message = error("fit", "--schedule", "constant", "--final-rate", "0.5")
    assert "--final-rate 0.5 and --schedule constant contradict each other" in message


def test_every_task_is_a_command_with_an_example(kformer, fitted):
    for task in TASKS:
        kformer("fit", task)
    assert [call.task for call in fitted] == list(TASKS)
    assert all(call.data and call.out for call in fitted)


def test_a_task_s_help_shows_its_own_fields(kformer):
    assert "--beam-size" in kformer("fit", "translation", "--help").out
    assert "--beam-size" not in kformer("fit", "text-classification", "--help").out


def test_the_line_to_try_next_is_the_task_s_own(kformer, fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "kformer generate 'a run' --prompt 'def main('" in kformer("fit", "language-modeling").out
