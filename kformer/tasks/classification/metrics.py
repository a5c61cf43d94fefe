"""A metric that reads logits of several labels."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kformer")
class MultiLabelF1(keras.metrics.F1Score):
    """Macro F1 of labels whose logits are above 0, that is, whose probability is above one half."""

    def __init__(self, num_labels, name="f1", **kwargs):
        super().__init__(average="macro", threshold=0.5, name=name, **kwargs)
        self.num_labels = num_labels
        # Keras makes the counts at the first update; made inside the training step, they would have it traced twice.
        super().update_state(ops.zeros((1, num_labels)), ops.zeros((1, num_labels)))
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        return super().update_state(y_true, ops.sigmoid(y_pred), sample_weight)

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype, "num_labels": self.num_labels}
