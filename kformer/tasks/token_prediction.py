"""What tasks share whose targets are tokens."""

from keras import ops

from kformer.tasks.losses import cross_entropy
from kformer.tasks.metrics import TokenAccuracy, is_largest
from kformer.tasks.task import Task


class TokenPrediction(Task):
    """A task whose outputs are logits (batch, targets, vocab_size), and whose targets are ids (batch, targets)."""

    def target_losses(self, y, y_pred, label_smoothing=0.0):
        return cross_entropy(y, y_pred, label_smoothing)

    def target_scores(self, y, y_pred):
        return {**super().target_scores(y, y_pred), "correct": is_largest(y, y_pred)}

    def default_metrics(self):
        return [TokenAccuracy()]


def in_float32(logits):
    """Logits of many words in float32: their softmax and loss lose too much in 8 bits of mantissa."""
    return ops.cast(logits, "float32")
