"""Dropout whose rate is a variable and whose random numbers are cheap."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable("kformer")
class Dropout(keras.layers.Layer):
    """Sets inputs to 0 with probability `rate` and scales the others by 1 / (1 - rate), in training only.

    Two things differ from `keras.layers.Dropout`. The rate is a variable (`layer.rate.assign(0.2)`), so that a search
    never retraces. And one random byte decides over one element, four of them cut from each random integer: on a CPU
    that is several times faster than a float each. A byte alone would round the rate to 1/256; a threshold that is
    itself drawn between the two neighbouring bytes makes the probability of dropping exactly `rate`.

    Masks pass through. Paper: Srivastava et al., "Dropout", JMLR 15, 2014.

    Args:
        rate: float in [0, 1), the share of elements to drop.
        seed: int or None, the start of the layer's own random sequence.

    Call arguments:
        inputs: tensor of any shape.
        training: bool; outputs equal inputs unless it is True.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise ValueError(f"`rate` must be a number in [0, 1). Received: rate={rate!r}.")
        self.initial_rate = rate
        self.seed = seed
        self.supports_masking = True
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape):
        self.rate = self.add_weight(
            name="rate",
            shape=(),
            dtype="float32",
            autocast=False,
            trainable=False,
            initializer=keras.initializers.Constant(self.initial_rate),
        )

    def call(self, inputs, training=False):
        if not training:
            return inputs
        if keras.backend.backend() == "tensorflow":
            # At a rate of 0, that of most models of images, nothing is drawn; JAX' branches cannot draw.
            return ops.cond(self.rate > 0.0, lambda: self._dropped(inputs), lambda: inputs)
        return self._dropped(inputs)

    def _dropped(self, inputs):
        bytes_, draw = self._random_bytes(inputs)
        # At most 255: a rate above 255/256 would wrap around to a threshold of 0 and drop nothing.
        threshold = ops.cast(ops.minimum(ops.floor(256.0 * self.rate + draw), 255.0), "uint8")
        scale = ops.cast(1.0 / (1.0 - self.rate), inputs.dtype)
        return ops.where(bytes_ >= threshold, inputs * scale, ops.zeros((), inputs.dtype))

    def _random_bytes(self, inputs):
        """One uniform byte per element, and one uniform number in [0, 1) that rounds the threshold."""
        shape = ops.shape(inputs)
        size = math.prod(shape)
        # The axis of length 1 becomes the four bytes of a word; its length is known in every graph.
        words = keras.random.randint(
            ((size + 3) // 4, 1), minval=-(2**31), maxval=2**31 - 1, dtype="int32", seed=self.seed_generator
        )
        bytes_ = ops.reshape(ops.reshape(ops.view(words, "uint8"), (-1,))[:size], shape)
        return bytes_, keras.random.uniform((), seed=self.seed_generator)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.initial_rate, "seed": self.seed}
