"""The pace of a Keras training, taken by a callback."""

import keras


class PaceCallback(keras.callbacks.Callback):
    """Tells a `Pace` of each step, and stops the training when the measurement is complete.

    Args:
        pace: `Pace`.
        sizes: iterable of int, the examples of each step, in order.
    """

    def __init__(self, pace, sizes):
        super().__init__()
        self.pace = pace
        self.sizes = iter(sizes)

    def on_train_batch_end(self, batch, logs=None):
        if self.pace.step(next(self.sizes)):
            self.model.stop_training = True
