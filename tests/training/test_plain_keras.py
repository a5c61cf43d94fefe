"""A task is an ordinary Keras model: `compile`, `fit` and Keras' own callbacks, without `fine_tune`."""

import keras
import numpy as np
import pytest

from kformer.training import AdamW
from tests.tiny import examples, task


@pytest.mark.parametrize("problem", ["single_label", "multi_label", "regression"])
def test_compile_and_fit_lower_the_loss(problem):
    model, data = task(problem), examples(24, problem)
    model.compile()
    model.adapt(data)
    model.optimizer.learning_rate = 1e-2
    history = model.fit(model.batches(data, training=True), epochs=4, verbose=0, shuffle=False)
    assert history.history["loss"][-1] < history.history["loss"][0]


def test_an_optimizer_loss_and_metrics_of_ones_own_are_taken():
    model = task()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss, metrics=["accuracy"])
    history = model.fit(model.batches(examples()), epochs=1, verbose=0, shuffle=False)
    assert {"loss", "accuracy"} <= set(history.history)


def test_ones_own_loss_equals_the_tasks_where_both_are_means():
    data = examples(12)
    losses = []
    for loss in ("auto", keras.losses.SparseCategoricalCrossentropy(from_logits=True)):
        model = task()
        model.compile(loss=loss)
        losses.append(model.evaluate(model.batches(data), verbose=0)[0])
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


@pytest.mark.parametrize("optimizer", ["auto", "sgd", AdamW()])
def test_in_float16_every_optimizer_scales_the_loss(optimizer):
    model = task(dtype="mixed_float16")
    model.compile(optimizer)
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)


@pytest.mark.parametrize(
    "optimizer", [AdamW(loss_scale=2.0), keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())]
)
def test_an_optimizer_that_scales_the_loss_stays_itself(optimizer):
    model = task(dtype="mixed_float16")
    model.compile(optimizer)
    assert model.optimizer is optimizer


def test_in_float16_the_scaling_can_be_refused():
    model = task(dtype="mixed_float16")
    model.compile("sgd", auto_scale_loss=False)
    assert isinstance(model.optimizer, keras.optimizers.SGD)


def test_in_float32_the_loss_is_not_scaled():
    model = task()
    model.compile()
    assert isinstance(model.optimizer, keras.optimizers.AdamW)


def test_keras_learning_rate_scheduler_sets_the_rate():
    model = task()
    model.compile(AdamW(1e-3))
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5 * rate)
    model.fit(model.batches(examples(), training=True), epochs=2, verbose=0, callbacks=[scheduler], shuffle=False)
    assert float(model.optimizer.learning_rate) == pytest.approx(2.5e-4)


def test_a_new_dropout_rate_needs_no_new_trace():
    model = task(dropout=0.1)
    traces = []
    model.compile()
    original = model.compute_loss
    model.compute_loss = lambda *args, **kwargs: traces.append(1) or original(*args, **kwargs)
    batches = model.batches(examples(), training=True)
    model.fit(batches, epochs=1, verbose=0, shuffle=False)
    before = len(traces)
    model.set_dropout(0.5)
    model.fit(batches, epochs=1, verbose=0, shuffle=False)
    assert len(traces) == before


def test_outputs_come_in_the_order_of_the_examples():
    model, data = task(), examples(20)
    together = model.outputs_of(data)
    one_by_one = np.concatenate([model.outputs_of(data.take([i])) for i in range(20)])
    np.testing.assert_allclose(together, one_by_one, atol=1e-5)


def test_balanced_class_weights_make_every_class_weigh_the_same():
    data = examples(20).take([0, 1, 3, 5, 7, 9])
    model = task()
    weights, targets = [], []
    for _, target, weight in model.batches(data, class_weights="balanced"):
        weights.append(weight.numpy())
        targets.append(target.numpy())
    weights, targets = np.concatenate(weights), np.concatenate(targets)
    assert weights[targets == 0].sum() == pytest.approx(weights[targets == 1].sum()) == pytest.approx(3.0)


def test_balanced_weights_need_single_labels():
    with pytest.raises(ValueError, match="`class_weights` balanced needs single labels. Received: a multi_label task."):
        task("multi_label").batches(examples(problem="multi_label"), class_weights="balanced")


def test_unknown_class_weights_are_refused():
    with pytest.raises(ValueError, match="`class_weights` must be none or balanced. Received: class_weights='equal'."):
        task().batches(examples(), class_weights="equal")


def test_pairs_for_a_task_of_single_texts_are_refused():
    with pytest.raises(ValueError, match="The task reads single texts, but tiny has a column for the second text"):
        task().batches(examples(pair=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ("one",)}, "A single_label task needs at least 2 labels."),
        ({"labels": ("a", "b"), "problem": "regression"}, "A regression task needs no labels."),
        (
            {"labels": ("a", "b"), "problem": "ranking"},
            "`problem` must be one of single_label, multi_label, regression.",
        ),
        ({"labels": ("a", "b"), "pooling": "last"}, "`pooling` must be one of first, mean."),
    ],
)
def test_a_task_that_cannot_be_is_refused(arguments, message):
    from kformer.tasks import TextClassification

    model = task()
    with pytest.raises(ValueError, match=message):
        TextClassification(model.backbone, model.processor, **arguments)
