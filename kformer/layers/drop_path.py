"""Stochastic depth: leave a sublayer out for some examples."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kformer")
class DropPath(keras.layers.Layer):
    """Sets whole examples to 0 with probability `rate` and scales the others by 1 / (1 - rate), in training only.

    On the output of a sublayer within a residual, it leaves the sublayer out. The rate is a variable, as in `Dropout`.

    Masks pass through. Papers: Huang et al., "Deep Networks with Stochastic Depth", arXiv 1603.09382; in Transformers
    of images: Touvron et al., DeiT, arXiv 2012.12877.

    Args:
        rate: float in [0, 1), the share of examples to drop.
        seed: int or None, the start of the layer's own random sequence.

    Call arguments:
        inputs: (batch, ...).
        training: bool; outputs equal inputs unless it is True.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        if not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise ValueError(f"`drop_path` must be a rate in [0, 1). Received: rate={rate!r}.")
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
        shape = (ops.shape(inputs)[0], *[1] * (len(inputs.shape) - 1))
        is_kept = keras.random.uniform(shape, seed=self.seed_generator) >= self.rate
        scale = ops.cast(1.0 / (1.0 - self.rate), inputs.dtype)
        return ops.where(is_kept, inputs * scale, ops.zeros((), inputs.dtype))

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rate": self.initial_rate, "seed": self.seed}
