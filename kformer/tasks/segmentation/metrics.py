"""Metrics that read the logits of pixels; pixels of weight 0 never count."""

import keras
from keras import ops

from kformer.tasks.metrics import is_largest


@keras.saving.register_keras_serializable("kformer")
class MeanIoU(keras.metrics.Metric):
    """The mean over classes of intersection / union, of all pixels of all batches: those seen, at the model's size.

    Classes that neither occur nor are predicted are left out, as in `keras.metrics.MeanIoU`, which would build a whole
    confusion matrix. A weight says whether a pixel counts, not how much: class weights are for the loss.

    Args:
        num_classes: int.
    """

    def __init__(self, num_classes, name="mean_iou", **kwargs):
        super().__init__(name=name, **kwargs)
        self.num_classes = num_classes
        self.hits, self.predicted, self.actual = (
            # Counts beyond 2^24 have to be whole, too.
            self.add_weight(name=part, shape=(num_classes,), initializer="zeros", dtype="float64")
            for part in ("hits", "predicted", "actual")
        )

    def update_state(self, y_true, y_pred, sample_weight=None):
        counts = 1.0 if sample_weight is None else ops.expand_dims(ops.cast(sample_weight != 0, "float32"), axis=-1)
        largest = ops.max(y_pred, axis=-1, keepdims=True)
        predicted = ops.cast(y_pred >= largest, "float32") * counts
        actual = ops.one_hot(y_true, self.num_classes, dtype="float32") * counts
        for variable, values in (
            (self.hits, predicted * actual),
            (self.predicted, predicted),
            (self.actual, actual),
        ):
            variable.assign_add(ops.cast(ops.sum(values, axis=tuple(range(len(values.shape) - 1))), "float64"))

    def result(self):
        union = self.predicted + self.actual - self.hits
        is_there = ops.cast(union > 0, "float64")
        ratios = self.hits / ops.maximum(union, 1.0)
        return ops.cast(ops.sum(ratios * is_there) / ops.maximum(ops.sum(is_there), 1.0), "float32")

    def get_config(self):
        return {**super().get_config(), "num_classes": self.num_classes}


@keras.saving.register_keras_serializable("kformer")
class PixelAccuracy(keras.metrics.Mean):
    """The share of pixels whose logit is the largest at their class; class weights do not count."""

    def __init__(self, name="pixel_accuracy", **kwargs):
        super().__init__(name=name, **kwargs)

    def update_state(self, y_true, y_pred, sample_weight=None):
        counts = None if sample_weight is None else ops.cast(sample_weight != 0, "float32")
        return super().update_state(ops.cast(is_largest(y_true, y_pred), "float32"), counts)
