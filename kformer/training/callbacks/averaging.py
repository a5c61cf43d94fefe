"""The mean of the weights of several epochs, which is often better than any of them."""

from collections import deque

import keras
import numpy as np


class AverageWeights(keras.callbacks.Callback):
    """Ends a training with the mean of the weights after its last epochs.

    The copies stay in memory. Paper: Vaswani et al., arXiv 1706.03762, section 6.1 (the last 5 checkpoints).

    Args:
        count: int, so many last epochs; fewer where a training has fewer.
    """

    def __init__(self, count):
        super().__init__()
        if count < 1:
            raise ValueError(f"`count` must be at least 1. Received: count={count}.")
        self._weights = deque(maxlen=count)

    def on_train_begin(self, logs=None):
        self._weights.clear()

    def on_epoch_end(self, epoch, logs=None):
        self._weights.append([np.array(variable) for variable in self.model.trainable_variables])

    def on_train_end(self, logs=None):
        for variable, *values in zip(self.model.trainable_variables, *self._weights, strict=True):
            if values:
                variable.assign(np.mean(values, axis=0))
