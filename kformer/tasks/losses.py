"""Losses per target, and the mean of them that Keras is to report."""

import keras
from keras import ops


class TargetMean(keras.metrics.Mean):
    """The mean loss over real targets: sum of losses / number of targets, over all batches.

    Keras weighs each batch's mean by its rows; with token-budget batches, or targets that are left out, that is
    another number. So Keras' own update is ignored, and `Task.compute_loss` adds sums and counts.
    """

    def update_state(self, values, sample_weight=None):
        pass

    def add(self, total, count):
        """Adds a batch: the sum of its losses and the number of its real targets, both scalars."""
        super().update_state(total / ops.maximum(count, 1.0), sample_weight=count)


def cross_entropy(targets, logits, label_smoothing=0.0):
    """- sum over classes of q log softmax(logits), with q = 1 at the target, smoothed towards uniform.

    Args:
        targets: (batch, ...) integers.
        logits: (batch, ..., classes).
        label_smoothing: float e; q is then 1 - e + e / classes at the target and e / classes elsewhere (Szegedy et
            al., arXiv 1512.00567, section 7).

    Returns:
        (batch, ...), one loss per target.
    """
    log_probabilities = ops.log_softmax(logits, axis=-1)
    target = ops.one_hot(targets, logits.shape[-1], dtype=log_probabilities.dtype)
    at_target = -ops.sum(target * log_probabilities, axis=-1)
    if not label_smoothing:
        return at_target
    return (1.0 - label_smoothing) * at_target - label_smoothing * ops.mean(log_probabilities, axis=-1)


def soft_cross_entropy(targets, logits, label_smoothing=0.0):
    """- sum over classes of q log softmax(logits), with q the targets, smoothed towards uniform.

    Args:
        targets: (batch, ..., classes), probabilities.
        logits: (batch, ..., classes).
        label_smoothing: float e; q is then (1 - e) targets + e / classes.

    Returns:
        (batch, ...), one loss per row of probabilities.
    """
    log_probabilities = ops.log_softmax(logits, axis=-1)
    at_target = -ops.sum(ops.cast(targets, log_probabilities.dtype) * log_probabilities, axis=-1)
    return (1.0 - label_smoothing) * at_target - label_smoothing * ops.mean(log_probabilities, axis=-1)


def binary_cross_entropy(targets, logits, label_smoothing=0.0):
    """The mean over labels of -(y log sigmoid(z) + (1 - y) log(1 - sigmoid(z))), from logits, without overflow.

    Args:
        targets: (batch, labels) of 0 and 1.
        logits: (batch, labels).
        label_smoothing: float e; 1 becomes 1 - e / 2 and 0 becomes e / 2.

    Returns:
        (batch,), one loss per example.
    """
    targets = ops.cast(targets, logits.dtype) * (1.0 - label_smoothing) + 0.5 * label_smoothing
    # max(z, 0) - z y + log(1 + exp(-|z|))
    losses = ops.relu(logits) - logits * targets + ops.log1p(ops.exp(-ops.abs(logits)))
    return ops.mean(losses, axis=-1)


def squared_error(targets, predictions):
    """(y - p)^2: (batch,) from two (batch,)."""
    return ops.square(ops.cast(targets, predictions.dtype) - predictions)
