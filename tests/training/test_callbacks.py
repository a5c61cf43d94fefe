"""What a person watching a run is told."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from kformer.training import AdamW
from kformer.training.callbacks import (
    EpochLines,
    KeepBest,
    StopOnNaN,
    Throughput,
    TimeEstimate,
    TrainingBoard,
    in_words,
    progress,
)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still until `clock.now` is changed."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(progress.time, "perf_counter", lambda: clock.now)
    return clock


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (40, "40 s"), (89, "89 s"), (100, "2 min"), (7500, "2 h 5 min")]
)
def test_durations_are_said_as_people_say_them(seconds, words):
    assert in_words(seconds) == words


def test_after_ten_steps_the_run_s_time_is_estimated_without_the_tracing(clock):
    lines = []
    estimate = TimeEstimate(1000, lines.append)
    for step in range(20):
        clock.now += 30.0  # a validation, say
        estimate.on_train_batch_begin(step)
        clock.now += 60.0 if step == 0 else 0.5
        estimate.on_train_batch_end(step)
    assert lines == ["About 8 min of training steps in all (0.50 s each), besides the validation."]


def test_a_run_of_ten_steps_is_over_before_an_estimate():
    lines = []
    estimate = TimeEstimate(10, lines.append)
    for step in range(10):
        estimate.on_train_batch_begin(step)
        estimate.on_train_batch_end(step)
    assert lines == []


def test_the_epoch_whose_weights_are_kept_is_told():
    lines = []
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    keep = KeepBest(lines.append, "val_accuracy", patience=9, mode="max", restore_best_weights=True)
    keep.set_model(model)
    keep.on_train_begin()
    for epoch, accuracy in enumerate((0.25, 0.5, 0.375)):
        keep.on_epoch_end(epoch, {"val_accuracy": accuracy})
    keep.on_train_end()
    assert lines == ["The weights of epoch 2 are kept, the best one: val_accuracy 0.5."]


def test_an_epoch_is_told_in_one_line(clock):
    lines = []
    epochs = EpochLines(3, lines.append)
    epochs.on_epoch_begin(1)
    clock.now += 12.0
    epochs.on_epoch_end(1, {"loss": 0.51234, "val_accuracy": 0.75, "tokens_per_second": 12345.6})
    assert lines == ["epoch 2/3: loss 0.5123, val_accuracy 0.75, tokens_per_second 12,346 (12 s)"]


def test_speed_is_measured_without_validation(clock):
    logs, throughput = {}, Throughput(num_examples=20, num_tokens=500)
    throughput.on_epoch_begin(0)
    clock.now += 2.0
    throughput.on_train_batch_end(0)
    clock.now += 50.0
    throughput.on_epoch_end(0, logs)
    assert logs == {"examples_per_second": 10.0, "tokens_per_second": 250.0}


def callback_of(callback, **optimizer):
    callback.set_model(SimpleNamespace(optimizer=AdamW(**optimizer)))
    return callback


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_run_and_says_what_to_try(loss):
    stop = callback_of(StopOnNaN(), learning_rate=0.5)
    stop.on_epoch_begin(1)
    stop.on_train_batch_end(0, {"loss": 1.0})
    message = (
        rf"The loss became {loss} in step 4 of epoch 2. Try a lower `learning_rate` \(now 0.5\), a longer `warmup`, a "
        "smaller `clip_norm`, or `precision` float32; and look at the data"
    )
    with pytest.raises(FloatingPointError, match=message):
        stop.on_train_batch_end(3, {"loss": loss})


def test_an_update_that_was_skipped_does_not_end_the_run():
    stop = callback_of(StopOnNaN(), loss_scale=2.0)
    stop.model.optimizer.gradient_norm.assign(float("inf"))
    stop.model.optimizer.loss_scale.assign(1.0)
    stop.on_epoch_begin(0)
    stop.on_train_batch_end(0, {"loss": 1.0})


def test_gradients_that_no_scale_makes_finite_end_the_run():
    stop = callback_of(StopOnNaN(), loss_scale=0.5)
    stop.on_epoch_begin(1)
    message = (
        r"The gradients are too large for float16 in step 4 of epoch 2, however little the loss is scaled \(now by "
        r"0.5\): choose `precision` mixed_bfloat16 or float32\."
    )
    with pytest.raises(FloatingPointError, match=message):
        stop.on_train_batch_end(3, {"loss": 1.0})


SAMPLES = [{"text": "a | b\nc", "text_pair": "d", "label": "good", "predicted": "bad"}]


def write(folder, **optimizer):
    """What TensorBoard reads after one epoch of three steps: tag -> list of (step, value)."""
    judged = SimpleNamespace(samples=SAMPLES, confusion=np.array([[1, 0], [2, 3]]), labels=("bad", "good"))
    board = callback_of(TrainingBoard(folder, "epochs: 1\n", lambda: judged, every=2), learning_rate=0.5, **optimizer)
    board.set_params({"epochs": 1})
    board.on_train_begin()
    for step in range(3):
        board.on_train_batch_end(step)
    board.on_epoch_end(0)
    board.on_train_end()
    (file,) = (folder / "details").iterdir()
    values = {}
    for record in tf.data.TFRecordDataset(str(file)):
        event = tf.compat.v1.Event.FromString(record.numpy())
        for value in event.summary.value:
            values.setdefault(value.tag, []).append((event.step, tf.make_ndarray(value.tensor)))
    return values


@pytest.fixture
def written(tmp_path):
    return write(tmp_path)


def test_the_board_shows_rate_and_gradient_norm_every_so_many_steps(written):
    assert written["step/learning_rate"] == [(2, 0.5)]
    assert written["step/gradient_norm"] == [(2, 0.0)]


def test_the_board_shows_the_loss_scale_where_there_is_one(tmp_path):
    assert write(tmp_path, loss_scale=8.0)["step/loss_scale"] == [(2, 8.0)]


def test_the_board_shows_no_loss_scale_where_there_is_none(written):
    assert "step/loss_scale" not in written


@pytest.mark.parametrize(("epochs", "shown"), [(3, [0, 1, 2]), (6, [1, 3, 5]), (7, [0, 3, 6]), (20, [5, 12, 19])])
def test_the_board_shows_predictions_evenly_up_to_the_last_epoch(tmp_path, monkeypatch, epochs, shown):
    board = TrainingBoard(tmp_path, "", judge=None, most=3)
    board.set_params({"epochs": epochs})
    seen = []
    monkeypatch.setattr(board, "_show", seen.append)
    for epoch in range(epochs):
        board.on_epoch_end(epoch)
    assert seen == shown


def test_the_board_shows_the_recipe(written):
    ((_, text),) = written["recipe"]
    assert text.item() == b"```\nepochs: 1\n```"


def test_the_board_shows_predictions_in_one_row_each(written):
    ((_, text),) = written["predictions"]
    assert text.item().decode().splitlines()[-1] == "| a \\| b c | d | good | bad |"


def test_the_board_shows_the_confusion_matrix_as_an_image(written):
    ((_, image),) = written["confusion matrix"]
    assert image[-1].startswith(b"\x89PNG")
