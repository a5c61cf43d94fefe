"""Coarse and fine maps of an image as one."""

import keras
from keras import ops

from kformer.layers.convolution import NormalisedConvolution


@keras.saving.register_keras_serializable("kformer")
class FeatureFusion(keras.layers.Layer):
    """Takes what the coarse map knows to the finer ones, one after the other: x = convolution(finer + up(W x)).

    Papers: Lin et al., "Feature Pyramid Networks", arXiv 1612.03144; Ronneberger et al., "U-Net", arXiv 1505.04597,
    which has as many channels on the way up as on the way down.

    Args:
        widths: ints, the channels of the finer maps, the finest first.

    Call arguments:
        inputs: list of maps (batch, height, width, channels): the finer ones in the order of `widths`, then the coarse
            one, of any channels.

    Returns:
        (batch, height, width, channels) of the finest map.
    """

    def __init__(self, widths, **kwargs):
        super().__init__(**kwargs)
        self.widths = tuple(widths)
        if not self.widths:
            raise ValueError("`widths` must name the channels of one or more maps. Received: none.")
        dtype = self.dtype_policy
        self.projections = [
            keras.layers.Dense(width, dtype=dtype, name=f"projection_{i}") for i, width in enumerate(self.widths)
        ]
        self.convolutions = [
            NormalisedConvolution(width, dtype=dtype, name=f"convolution_{i}") for i, width in enumerate(self.widths)
        ]

    def build(self, input_shapes):
        read = (*self.widths[1:], input_shapes[-1][-1])
        for i, width in enumerate(self.widths):
            self.projections[i].build((None, None, None, read[i]))
            self.convolutions[i].build((None, None, None, width))

    def call(self, inputs):
        *finer, x = inputs
        for i in reversed(range(len(self.widths))):
            # Projected first: fewer channels to stretch.
            x = self.convolutions[i](finer[i] + resize(self.projections[i](x), ops.shape(finer[i])[1:3]))
        return x

    def compute_output_shape(self, input_shapes):
        return tuple(input_shapes[0])

    def get_config(self):
        return {**super().get_config(), "widths": list(self.widths)}


def resize(maps, size):
    """Maps (batch, height, width, channels) at another size, with bilinear weights, in their own dtype.

    Args:
        maps: tensor.
        size: height and width, ints or scalar tensors.
    """
    if all(isinstance(side, int) for side in size):
        resized = ops.image.resize(maps, tuple(size), "bilinear", data_format="channels_last")
        return ops.cast(resized, maps.dtype)
    # Keras takes no sizes that only the graph knows.
    batch, height, width, channels = ops.shape(maps)
    down, across = (
        ops.cast(bilinear_matrix(new, old), maps.dtype) for new, old in zip(size, (height, width), strict=True)
    )
    x = ops.matmul(down, ops.reshape(maps, (batch, height, width * channels)))
    x = ops.matmul(across, ops.reshape(x, (batch * size[0], width, channels)))
    return ops.reshape(x, (batch, size[0], size[1], channels))


def bilinear_matrix(length, table_length):
    """(length, table_length): the weights with which `length` places read a row of `table_length` values.

    Place i lies at (i + 1/2) table_length / length - 1/2, at the ends on the outermost values.

    Args:
        length, table_length: ints or scalar tensors.
    """
    new, old = ops.cast(length, "float32"), ops.cast(table_length, "float32")
    position = (ops.cast(ops.arange(length), "float32") + 0.5) * (old / new) - 0.5
    position = ops.expand_dims(ops.clip(position, 0.0, old - 1.0), axis=1)
    return ops.relu(1.0 - ops.abs(position - ops.cast(ops.arange(table_length), "float32")))
