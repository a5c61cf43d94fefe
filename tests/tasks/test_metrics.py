"""Metrics that read the logits of many targets."""

import keras
import numpy as np

from kformer.tasks.metrics import TokenAccuracy

random = np.random.default_rng(0)
LOGITS = random.normal(size=(4, 5, 7)).astype("float32")
TARGETS = random.integers(0, 7, (4, 5)).astype("int32")
WEIGHTS = (random.random((4, 5)) < 0.6).astype("float32")


def test_it_is_keras_own_accuracy():
    ours, theirs = TokenAccuracy(), keras.metrics.SparseCategoricalAccuracy()
    for metric in (ours, theirs):
        metric.update_state(TARGETS, LOGITS, sample_weight=WEIGHTS)
    np.testing.assert_allclose(ours.result(), theirs.result(), rtol=1e-6)


def test_targets_without_weight_do_not_count():
    metric = TokenAccuracy()
    metric.update_state(LOGITS.argmax(-1), LOGITS, sample_weight=np.zeros((4, 5), "float32"))
    assert float(metric.result()) == 0.0
