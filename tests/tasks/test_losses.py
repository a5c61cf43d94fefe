"""Losses against NumPy, and the mean that Keras reports against one made by hand."""

import math

import keras
import numpy as np
import pytest

from kformer.tasks.losses import TargetMean, binary_cross_entropy, cross_entropy, squared_error
from tests.tiny import examples, task

random = np.random.default_rng(0)
LOGITS = (3 * random.normal(size=(6, 4))).astype("float32")
TARGETS = random.integers(0, 4, 6).astype("int32")
MULTI = random.integers(0, 2, (6, 4)).astype("float32")


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_numpy_s(smoothing):
    q = np.eye(4)[TARGETS] * (1 - smoothing) + smoothing / 4
    expected = -(q * log_softmax(LOGITS)).sum(-1)
    np.testing.assert_allclose(cross_entropy(TARGETS, LOGITS, smoothing), expected, rtol=1e-5)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_binary_cross_entropy_is_numpy_s(smoothing):
    targets = np.where(MULTI == 1, 1 - smoothing / 2, smoothing / 2)
    p = 1 / (1 + np.exp(-LOGITS))
    expected = -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean(-1)
    np.testing.assert_allclose(binary_cross_entropy(MULTI, LOGITS, smoothing), expected, rtol=1e-4)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_both_are_keras_s(smoothing):
    keras_multi = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=smoothing, reduction=None)
    np.testing.assert_allclose(binary_cross_entropy(MULTI, LOGITS, smoothing), keras_multi(MULTI, LOGITS), rtol=1e-4)
    one_hot = np.eye(4, dtype="float32")[TARGETS]
    keras_single = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing, reduction=None)
    np.testing.assert_allclose(cross_entropy(TARGETS, LOGITS, smoothing), keras_single(one_hot, LOGITS), rtol=1e-4)


def test_huge_logits_give_finite_losses():
    logits = np.array([[1e4, -1e4]], "float32")
    np.testing.assert_allclose(cross_entropy([1], logits), [2e4])
    np.testing.assert_allclose(binary_cross_entropy([[0.0, 1.0]], logits), [1e4])


def test_targets_may_have_positions():
    losses = cross_entropy(TARGETS.reshape(2, 3), LOGITS.reshape(2, 3, 4))
    np.testing.assert_allclose(np.reshape(losses, -1), cross_entropy(TARGETS, LOGITS), rtol=1e-6)


def test_squared_error_is_numpy_s():
    np.testing.assert_allclose(squared_error([1, 2], np.array([1.5, 0.0], "float32")), [0.25, 4.0])


def test_the_mean_is_over_targets_and_not_over_batches():
    mean = TargetMean()
    mean.add(10.0, 2.0)
    mean.add(2.0, 1.0)
    mean.add(0.0, 0.0)
    assert float(mean.result()) == pytest.approx(4.0)


def test_keras_own_update_changes_nothing():
    mean = TargetMean()
    mean.add(6.0, 2.0)
    mean.update_state(100.0, sample_weight=7)
    assert float(mean.result()) == pytest.approx(3.0)


def outputs_of(model, data):
    """The model's outputs for all examples, as one batch."""
    return np.asarray(model(model.processor.features(data.values("text"))))


def losses_by_hand(model, data):
    """One loss per example."""
    outputs, targets = outputs_of(model, data), data.targets()
    if model.problem == "single_label":
        return -log_softmax(outputs)[np.arange(len(data)), targets]
    if model.problem == "multi_label":
        return (np.log1p(np.exp(-np.abs(outputs))) + np.maximum(outputs, 0) - outputs * targets).mean(-1)
    return ((outputs - targets) / float(model.target_scale)) ** 2


@pytest.mark.parametrize("problem", ["single_label", "multi_label", "regression"])
def test_evaluate_is_the_mean_over_all_targets_of_unequal_batches(problem):
    model, data = task(problem), examples(11, problem)
    model.adapt(data)
    model.compile(run_eagerly=True)
    batches = model.batches(data, batch_size=4)
    assert len({len(weights) for _, _, weights in batches}) > 1
    loss = model.evaluate(batches, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(losses_by_hand(model, data).mean(), rel=1e-5)


def test_a_target_of_weight_zero_does_not_count():
    model, data = task(), examples(11)
    model.compile(run_eagerly=True)
    only_good = model.batches(data, batch_size=4).map(lambda x, y, w: (x, y, w * keras.ops.cast(y == 1, "float32")))
    loss = model.evaluate(only_good, verbose=0, return_dict=True)["loss"]
    assert loss == pytest.approx(losses_by_hand(model, data)[data.targets() == 1].mean(), rel=1e-5)


def test_weights_weigh_the_losses():
    """Balanced weights: a loss of 2 classes that weigh the same, per real target."""
    data = examples(20).take([0, 1, 3, 5, 7, 9])
    model = task()
    model.compile(run_eagerly=True)
    loss = model.evaluate(model.batches(data, class_weights="balanced"), verbose=0, return_dict=True)["loss"]
    losses, targets = losses_by_hand(model, data), data.targets()
    assert loss == pytest.approx((losses[targets == 0].mean() + losses[targets == 1].mean()) / 2, rel=1e-5)


def test_label_smoothing_acts_on_the_loss():
    model, data = task(), examples(11)
    model.compile(label_smoothing=0.2, run_eagerly=True)
    loss = model.evaluate(model.batches(data), verbose=0, return_dict=True)["loss"]
    smoothed = 0.8 * losses_by_hand(model, data) - 0.2 * log_softmax(outputs_of(model, data)).mean(-1)
    assert loss == pytest.approx(smoothed.mean(), rel=1e-5)
    assert not math.isclose(loss, losses_by_hand(model, data).mean(), rel_tol=1e-3)
