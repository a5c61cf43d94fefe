"""A full disk or a kill while a run is overwritten leaves the earlier run whole."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import tensorflow as tf

import kformer as kf
from kformer.evaluation import judge
from kformer.runs import RunFolder, atomic
from tests.tiny import examples, task

RECIPE = kf.TextClassificationRecipe(epochs=1, batch_size=8, num_buckets=1)
EXPLAINED = (
    r"run` could not be written \(No space left on device\); the earlier run, if any, is unchanged: free some space "
    "and try again"
)


@pytest.fixture(scope="module")
def data():
    return examples(24)


@pytest.fixture(scope="module")
def overwrite(data):
    """A function that writes a run of a training that is over at once."""
    judged = judge(task(), data.take(range(8)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kformer.training.tuning._fit", lambda *_: ([{"epoch": 1, "loss": 0.5}], False))
        patch.setattr("kformer.training.tuning.judge", lambda *_: judged)
        yield lambda out: kf.fine_tune(task(), data, data.take(range(8)), RECIPE, out, overwrite=True)


@pytest.fixture(scope="module")
def earlier(overwrite, tmp_path_factory):
    return overwrite(tmp_path_factory.mktemp("earlier") / "run").folder


@pytest.fixture
def run(earlier, tmp_path):
    """The folder of an earlier run."""
    return shutil.copytree(earlier, tmp_path / "run")


def assert_whole(run):
    RunFolder.open(run).verify()
    assert [path.name for path in run.parent.iterdir()] == ["run"]


@pytest.mark.parametrize("name", ["environment.json", "model.keras", "metrics.json", "report.html", "checksums.json"])
def test_a_disk_that_is_full_at_any_file_leaves_the_earlier_run(run, overwrite, monkeypatch, name):
    sync = atomic.sync

    def sync_unless_full(path):
        if path.name.endswith(name):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(path)

    monkeypatch.setattr(atomic, "sync", sync_unless_full)
    with pytest.raises(OSError, match=EXPLAINED):
        overwrite(run)
    assert_whole(run)


def test_a_disk_that_is_full_for_tensorboard_leaves_the_earlier_run(run, overwrite, monkeypatch):
    def fit(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "events.out.tfevents; No space left on device")

    monkeypatch.setattr("kformer.training.tuning._fit", fit)
    with pytest.raises(OSError, match=EXPLAINED):
        overwrite(run)
    assert_whole(run)


def test_another_error_keeps_its_words(run, overwrite, monkeypatch):
    def fit(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr("kformer.training.tuning._fit", fit)
    with pytest.raises(tf.errors.ResourceExhaustedError, match="OOM when allocating tensor"):
        overwrite(run)
    assert_whole(run)


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_fit_leaves_the_earlier_run_and_the_next_try_starts_clean(run, overwrite):
    code = """
        import os, signal, sys
        import keras
        import kformer as kf
        from tests.tiny import examples, task

        kill = lambda batch, logs: os.kill(os.getpid(), signal.SIGKILL)
        callbacks = [keras.callbacks.LambdaCallback(on_train_batch_end=kill)]
        data, recipe = examples(24), kf.TextClassificationRecipe(epochs=1, batch_size=8, num_buckets=1)
        kf.fine_tune(task(), data, data, recipe, sys.argv[1], True, callbacks)
    """
    before = {path.name: path.stat().st_mtime_ns for path in run.iterdir()}
    command = [sys.executable, "-c", textwrap.dedent(code), str(run)]
    assert subprocess.run(command, cwd=Path(__file__).parents[2]).returncode == -signal.SIGKILL
    assert (run.parent / ".run.new" / "tensorboard").exists()
    assert kf.load(run)("a b")["label"] in ("bad", "good")
    assert {path.name: path.stat().st_mtime_ns for path in run.iterdir()} == before
    overwrite(run)
    assert_whole(run)
