"""A convolution whose outputs are normalised."""

import keras

from kformer.layers.activations import get_activation
from kformer.layers.initializers import before_batch_norm

NORMS = ("group", "batch")
_CHANNELS_OF_A_GROUP = 8


@keras.saving.register_keras_serializable("kformer")
class NormalisedConvolution(keras.layers.Layer):
    """activation(norm(convolution(x))), with a kernel of 3 x 3 pixels.

    With groups normalised (Wu and He, "Group Normalization", arXiv 1803.08494) an image's outputs depend on no other
    image: several batches of an optimizer step are then one batch. With batches normalised, what is particular to an
    image as a whole is kept, by which people are told apart.

    Args:
        channels: int, of the outputs.
        strides: int, input pixels from one output to the next.
        activation: str, see `get_activation`.
        norm: str, "group" or "batch".

    Call arguments:
        inputs: (batch, height, width, any channels).
        training: bool.

    Returns:
        (batch, ceil(height / strides), ceil(width / strides), channels).
    """

    def __init__(self, channels, strides=1, activation="relu", norm="group", **kwargs):
        super().__init__(**kwargs)
        if norm not in NORMS:
            raise ValueError(f"`norm` must be {' or '.join(NORMS)}. Received: norm={norm!r}.")
        for name, value in (("channels", channels), ("strides", strides)):
            if value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
        self.channels = channels
        self.strides = strides
        self.activation = activation
        self.norm_kind = norm
        self.activation_function = get_activation(activation)
        self.convolution = keras.layers.Conv2D(
            channels,
            3,
            strides,
            padding="same",
            use_bias=False,  # the norm's shift takes its place
            kernel_initializer=before_batch_norm() if norm == "batch" else keras.initializers.HeNormal(),
            dtype=self.dtype_policy,
            name="convolution",
        )
        self.norm = self._make_norm(channels)

    def _make_norm(self, channels):
        shared = {"epsilon": 1e-5, "dtype": self.dtype_policy, "name": "norm"}
        if self.norm_kind == "batch":
            return keras.layers.BatchNormalization(momentum=0.9, **shared)
        groups = channels // _CHANNELS_OF_A_GROUP if channels % _CHANNELS_OF_A_GROUP == 0 else 1
        return keras.layers.GroupNormalization(groups, **shared)

    def build(self, input_shape):
        self.convolution.build((None, None, None, input_shape[-1]))
        self.norm.build((None, None, None, self.channels))

    def call(self, inputs, training=False):
        x = self.convolution(inputs)
        x = self.norm(x, training=training) if self.norm_kind == "batch" else self.norm(x)
        return self.activation_function(x)

    def compute_output_shape(self, input_shape):
        batch, *sides, _ = input_shape
        return (batch, *(None if side is None else -(-side // self.strides) for side in sides), self.channels)

    def get_config(self):
        own = {
            "channels": self.channels,
            "strides": self.strides,
            "activation": self.activation,
            "norm": self.norm_kind,
        }
        return {**super().get_config(), **own}


def count_convolution_parameters(read, made):
    """The trainable parameters of a `NormalisedConvolution` from `read` to `made` channels."""
    return 9 * read * made + 2 * made
