"""Ctrl-C while training: what complete epochs gave is kept, and nothing else."""

import csv
import json
import os
import signal
import subprocess
import sys

import keras
import numpy as np
import pytest

import kformer as kf
from kformer.cli import main
from tests.tiny import GOLDENS, examples, task

RECIPE = kf.TextClassificationRecipe(
    epochs=4, learning_rate=0.1, max_length=16, batch_size=8, num_buckets=1, monitor="val_loss"
)


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C after the first batch of an epoch; keeps each epoch's weights."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch
        self.weights = []

    def on_epoch_begin(self, epoch, logs=None):
        self._now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._now == self.epoch:
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(self.model.get_weights())


def tune(interrupt, out=None, recipe=RECIPE, **arguments):
    data = examples(24)
    return kf.fine_tune(task(), data, data.take(range(8)), recipe, out, callbacks=[interrupt], **arguments)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """A run that was interrupted in its third epoch, and the callback that did it."""
    interrupt = Interrupt(epoch=2)
    return tune(interrupt, tmp_path_factory.mktemp("interrupted") / "run"), interrupt


def test_the_best_of_the_complete_epochs_is_kept(interrupted):
    run, interrupt = interrupted
    best = int(np.argmin([logs["val_loss"] for logs in run.history]))
    for kept, expected in zip(run.task.get_weights(), interrupt.weights[best], strict=True):
        np.testing.assert_array_equal(kept, expected)


def test_the_history_holds_the_complete_epochs(interrupted):
    run, _ = interrupted
    with (run.folder / "history.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == ["1", "2"]


def test_the_run_opens_and_says_that_it_was_interrupted(interrupted):
    run, _ = interrupted
    assert run.interrupted
    assert kf.load(run.folder)("a b")["label"] in ("bad", "good")
    assert json.loads((run.folder / "environment.json").read_text())["interrupted_after_epoch"] == 2


def test_its_tensorboard_logs_are_kept(interrupted):
    run, _ = interrupted
    assert list((run.folder / "tensorboard").rglob("events.*"))


def test_without_a_best_epoch_the_weights_stay_as_they_are(capsys):
    interrupt = Interrupt(epoch=1)
    run = tune(interrupt, recipe=RECIPE.replace(restore_best=False))
    line = "Interrupted after epoch 1 of 4: the weights are kept as they are now. Interrupt again to drop the run."
    assert line in capsys.readouterr().out.splitlines()
    assert not np.array_equal(run.task.head.kernel, interrupt.weights[0][-2])


def interrupt(*_, **__):
    raise KeyboardInterrupt


def test_before_the_first_epoch_is_complete_nothing_is_kept(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        tune(keras.callbacks.LambdaCallback(on_epoch_begin=interrupt), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_second_interruption_drops_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr("kformer.training.tuning._fit", lambda *_: ([{"epoch": 1}], True))
    monkeypatch.setattr("kformer.training.tuning.judge", interrupt)
    with pytest.raises(KeyboardInterrupt):
        tune(None, tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_the_command_ends_with_one_line(monkeypatch, capfd):
    monkeypatch.setattr("kformer.cli.quiet._load", lambda: None)
    monkeypatch.setitem(vars(kf), "fit", interrupt)
    assert main(["fit"]) == 130
    assert capfd.readouterr().err.strip() == "kformer: interrupted"


def start_command(folder, rows, epochs):
    """`kformer fit` as a process of its own on so many rows."""
    lines = [f"{('good', 'bad')[i % 2]} film {'abcdefgh'[i % 8]} {i},{('up', 'down')[i % 2]}" for i in range(rows)]
    (folder / "reviews.csv").write_text("opinion,verdict\n" + "\n".join(lines) + "\n")
    code = "import sys; from kformer.cli import main; sys.exit(main())"
    arguments = ["fit", "--data", "reviews.csv", "--init", GOLDENS / "bert", "--out", "run", "--text", "opinion"]
    arguments += ["--label", "verdict", "--max-length", "16", "--epochs", str(epochs)]
    return subprocess.Popen(
        [sys.executable, "-u", "-c", code, *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(GOLDENS.parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore Ctrl-C, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def interrupt_at(process, words):
    """Sends Ctrl-C once the words are printed; returns all further output."""
    for line in process.stdout:
        if words in line:
            break
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=300)


@pytest.mark.slow
def test_ctrl_c_on_the_command_line_keeps_the_run(tmp_path):
    process = start_command(tmp_path, rows=200, epochs=10_000)
    out, err = interrupt_at(process, "epoch 2/")
    assert process.returncode == 0, err
    assert "Interrupted after epoch " in out
    assert kf.load(tmp_path / "run")("good film")["label"] in ("up", "down")


@pytest.mark.slow
def test_ctrl_c_in_the_first_epoch_leaves_one_line_and_no_run(tmp_path):
    process = start_command(tmp_path, rows=20_000, epochs=2)
    _, err = interrupt_at(process, "About ")
    assert process.returncode == 130
    assert err.strip() == "kformer: interrupted"
    assert not (tmp_path / "run").exists()
