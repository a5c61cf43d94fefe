"""Maps of several resolutions from the one that a ViT has."""

import keras
from keras import ops


@keras.saving.register_keras_serializable("kformer")
class FeaturePyramid(keras.layers.Layer):
    """Maps at several strides, each from the patches' vectors alone: the simple feature pyramid of ViTDet.

    A finer map comes through a deconvolution, the patches' own through a projection, a coarser one through
    max-pooling; then each has a convolution of 3 x 3, all with layer normalisation.

    Paper: Li et al., "Exploring Plain Vision Transformer Backbones for Object Detection", arXiv 2203.16527, section 3.

    Args:
        patch_size: int, pixels of a patch's side.
        channels: int, of each map.
        strides: ints, pixels between two places of a map; each is a multiple or a divisor of `patch_size`.

    Call arguments:
        patches: (batch, rows, columns, d_model).

    Returns:
        list of (batch, rows x patch_size / stride, columns x patch_size / stride, channels), rounded up.
    """

    def __init__(self, patch_size, channels, strides=(8, 16, 32), **kwargs):
        super().__init__(**kwargs)
        self.patch_size = patch_size
        self.channels = channels
        self.strides = tuple(strides)
        for stride in self.strides:
            if patch_size % stride and stride % patch_size:
                raise ValueError(
                    "Each of `strides` must be a multiple or a divisor of `patch_size`. Received: "
                    f"strides={self.strides}, patch_size={patch_size}."
                )
        dtype = self.dtype_policy
        self.projections, self.norms, self.convolutions, self.last_norms = [], [], [], []
        for stride in self.strides:
            # A deconvolution whose stride is its width is a product: the pixels of each patch side by side.
            width = channels * self._enlargement(stride) ** 2
            self.projections.append(keras.layers.Dense(width, dtype=dtype, name=f"projection_{stride}"))
            self.norms.append(_norm(dtype, f"norm_{stride}"))
            self.convolutions.append(_convolution(channels, dtype, f"convolution_{stride}"))
            self.last_norms.append(_norm(dtype, f"last_norm_{stride}"))

    def _enlargement(self, stride):
        return max(self.patch_size // stride, 1)

    def build(self, patches_shape):
        for layer in self.projections:
            layer.build(patches_shape)
        for layer in (*self.norms, *self.convolutions, *self.last_norms):
            layer.build((None, None, None, self.channels))

    def call(self, patches):
        parts = zip(self.strides, self.projections, self.norms, self.convolutions, self.last_norms, strict=True)
        maps = []
        for stride, project, norm, convolve, last_norm in parts:
            x = norm(self._at_stride(project(patches), stride))
            maps.append(last_norm(convolve(x)))
        return maps

    def _at_stride(self, x, stride):
        """(batch, rows, columns, ...) at the patches' places, brought to a stride."""
        shrinking, factor = stride // self.patch_size, self._enlargement(stride)
        if shrinking > 1:
            return ops.max_pool(x, shrinking, shrinking, padding="same")
        if factor == 1:
            return x
        _, rows, columns, _ = ops.shape(x)
        x = ops.reshape(x, (-1, rows, columns, factor, factor * self.channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4))
        return ops.reshape(x, (-1, rows * factor, columns * factor, self.channels))

    def compute_output_shape(self, patches_shape):
        batch, *sides, _ = patches_shape
        grids = ([None if side is None else -(-side * self.patch_size // s) for side in sides] for s in self.strides)
        return [(batch, *grid, self.channels) for grid in grids]

    def get_config(self):
        return {
            **super().get_config(),
            "patch_size": self.patch_size,
            "channels": self.channels,
            "strides": list(self.strides),
        }


def _norm(dtype, name):
    return keras.layers.LayerNormalization(epsilon=1e-6, dtype=dtype, name=name)


def _convolution(channels, dtype, name):
    return keras.layers.Conv2D(channels, 3, padding="same", use_bias=False, dtype=dtype, name=name)
