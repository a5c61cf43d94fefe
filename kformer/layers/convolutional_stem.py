"""Vectors for the patches of an image from convolutions, and the finer maps on the way to them."""

import keras
from keras import ops

from kformer.layers.convolution import NormalisedConvolution, count_convolution_parameters
from kformer.layers.patches import check_images


@keras.saving.register_keras_serializable("kformer")
class ConvolutionalStem(keras.layers.Layer):
    """Halves the sides of images until a pixel is a patch: a few convolutions in place of one product per patch.

    Each stage but the last is a convolution of stride 2 and, around a residual connection, one of stride 1; its
    channels are twice those of the stage before. The last is one convolution of stride 2, to `d_model` channels. That
    neighbours belong together is so known from the start; a ViT has to learn it from many images.

    Paper: Xiao et al., "Early Convolutions Help Transformers See Better", arXiv 2106.14881.

    Args:
        patch_size: int, pixels of a patch's side: a power of 2, 4 or more.
        d_model: int, width of the vectors.
        channels: int, of the first stage.
        norm: str, see `NormalisedConvolution`.

    Call arguments:
        images: (batch, height, width, image channels); height and width are multiples of `patch_size`.
        training: bool.

    Returns:
        list of (batch, height / 2, width / 2, channels), (batch, height / 4, width / 4, 2 channels), ..., and last the
        patches (batch, height / patch_size, width / patch_size, d_model).
    """

    def __init__(self, patch_size, d_model, channels=32, norm="group", **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size
        self.d_model = d_model
        self.channels = channels
        self.norm = norm
        widths = stem_widths(patch_size, channels)
        dtype = self.dtype_policy
        shared = {"norm": norm, "dtype": dtype}
        self.downs = [NormalisedConvolution(width, 2, name=f"down_{i}", **shared) for i, width in enumerate(widths)]
        self.residuals = [
            NormalisedConvolution(width, activation="linear", name=f"residual_{i}", **shared)
            for i, width in enumerate(widths)
        ]
        self.projection = keras.layers.Conv2D(d_model, 3, 2, padding="same", dtype=dtype, name="projection")

    def build(self, images_shape):
        read = images_shape[-1]
        for down, residual in zip(self.downs, self.residuals, strict=True):
            down.build((None, None, None, read))
            read = down.channels
            residual.build((None, None, None, read))
        self.projection.build((None, None, None, read))

    def call(self, images, training=False):
        check_images(images.shape, self.downs[0].convolution.kernel.shape[2])
        self._check_sides(images.shape)
        x, features = images, []
        for down, residual in zip(self.downs, self.residuals, strict=True):
            x = down(x, training=training)
            x = ops.relu(x + residual(x, training=training))
            features.append(x)
        return [*features, self.projection(x)]

    def _check_sides(self, shape):
        size, (height, width) = self.patch_size, shape[1:3]
        if (height or 0) % size or (width or 0) % size:
            raise ValueError(
                f"The height and width of `images` must be multiples of the patch size, {size}. Received: "
                f"height={height}, width={width}; resize or pad the images."
            )

    def compute_output_shape(self, images_shape):
        batch, *sides, _ = images_shape
        widths = [*stem_widths(self.patch_size, self.channels), self.d_model]
        return [
            (batch, *(None if side is None else side // 2**i for side in sides), width)
            for i, width in enumerate(widths, 1)
        ]

    def get_config(self):
        own = {"patch_size": self.patch_size, "d_model": self.d_model, "channels": self.channels, "norm": self.norm}
        return {**super().get_config(), **own}


def stem_widths(patch_size, channels):
    """The channels of the stages before the patches: a list of ints.

    Raises:
        ValueError: the patch size cannot be reached by halving.
    """
    num_halvings = patch_size.bit_length() - 1
    if patch_size < 4 or 2**num_halvings != patch_size:
        raise ValueError(
            f"`patch_size` of a convolutional stem must be 4, 8, 16 or another power of 2. Received: "
            f"patch_size={patch_size}."
        )
    return [channels * 2**i for i in range(num_halvings - 1)]


def count_stem_parameters(patch_size, d_model, channels, num_channels):
    """The trainable parameters of a stem for images of `num_channels`."""
    total, read = 0, num_channels
    for width in stem_widths(patch_size, channels):
        total += count_convolution_parameters(read, width) + count_convolution_parameters(width, width)
        read = width
    return total + 9 * read * d_model + d_model


def stem_flops(patch_size, d_model, channels, num_channels, image_size):
    """Floating-point operations of a stem's forward pass for one image, (height, width)."""
    (height, width), total, read = image_size, 0, num_channels
    for i, made in enumerate(stem_widths(patch_size, channels), 1):
        total += 2 * 9 * (height // 2**i) * (width // 2**i) * (read + made) * made
        read = made
    return total + 2 * 9 * (height // patch_size) * (width // patch_size) * read * d_model
