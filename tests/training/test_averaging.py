"""The mean of the weights of several epochs."""

import keras
import numpy as np
import pytest

from kformer.training.callbacks import AverageWeights


class Moved(keras.callbacks.Callback):
    """Puts the number of the epoch into every weight."""

    def on_epoch_end(self, epoch, logs=None):
        for variable in self.model.trainable_variables:
            variable.assign(np.full(variable.shape, epoch))


def fitted(count, epochs):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(loss="mse")
    callbacks = [Moved(), AverageWeights(count)]
    model.fit(np.ones((2, 3)), np.ones((2, 1)), epochs=epochs, callbacks=callbacks, verbose=0)
    return model


def test_a_training_ends_with_the_mean_of_its_last_epochs():
    np.testing.assert_allclose(fitted(count=3, epochs=5).layers[0].kernel, 3.0)  # of 2, 3 and 4


def test_a_shorter_training_ends_with_the_mean_of_all_epochs():
    np.testing.assert_allclose(fitted(count=9, epochs=3).layers[0].bias, 1.0)


def test_at_least_one_epoch_is_averaged():
    with pytest.raises(ValueError, match="`count` must be at least 1. Received: count=0."):
        AverageWeights(0)
