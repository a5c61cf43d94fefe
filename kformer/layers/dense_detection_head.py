"""The head that looks for an object at every place of several maps."""

import math

import keras
from keras import ops

from kformer.layers.feature_pyramid import FeaturePyramid

_MOST = 8.0  # of an exponent: boxes of e^8 strides are larger than any image


@keras.saving.register_keras_serializable("kformer")
class DenseDetectionHead(keras.layers.Layer):
    """For each place of a `FeaturePyramid` the scores of the classes, a box, and how central it lies in that.

    Two towers of convolutions, one for the classes and one for the boxes, are the same for all maps; each map has a
    scale of its own for its distances. Classes begin as unlikely as most places are without an object.

    Papers: Tian et al., FCOS, arXiv 1904.01355; Li et al., ViTDet, arXiv 2203.16527 (maps, layer normalisation); Lin et
    al., arXiv 1708.02002, section 3.3 (`prior`).

    Args:
        patch_size: int, pixels of a patch's side.
        num_classes: int.
        channels: int, of maps and towers.
        num_convolutions: int, of each tower.
        strides: ints, pixels between two places of each map.
        prior: float, the first probability of each class.

    Call arguments:
        patches: (batch, rows, columns, d_model).

    Returns:
        float32 dict of `logits` (batch, places, num_classes), `distances` (batch, places, 4), to the left, upper, right
        and lower side of the box in strides, and `centerness` (batch, places), logits. The maps follow each other, each
        row by row.
    """

    def __init__(
        self, patch_size, num_classes, channels=96, num_convolutions=2, strides=(8, 16, 32), prior=0.01, **kwargs
    ):
        super().__init__(**kwargs)
        for name, value, least in (
            ("num_classes", num_classes, 1),
            ("channels", channels, 1),
            ("num_convolutions", num_convolutions, 0),
        ):
            if value < least:
                raise ValueError(f"`{name}` must be at least {least}. Received: {name}={value}.")
        self.patch_size = patch_size
        self.num_classes = num_classes
        self.channels = channels
        self.num_convolutions = num_convolutions
        self.strides = tuple(strides)
        self.prior = prior
        self.pyramid = FeaturePyramid(patch_size, channels, strides, dtype=self.dtype_policy, name="pyramid")
        self.class_tower = self._tower("class")
        self.box_tower = self._tower("box")
        # In float32: what is summed over thousands of places needs the digits.
        self.class_output = _output(
            num_classes, "class_output", bias=keras.initializers.Constant(math.log(prior / (1 - prior)))
        )
        self.distance_output = _output(4, "distance_output")
        self.centerness_output = _output(1, "centerness_output")

    def _tower(self, name):
        """The convolutions and norms of a tower, in turn."""
        return [
            layer
            for i in range(self.num_convolutions)
            for layer in (
                keras.layers.Conv2D(
                    self.channels,
                    3,
                    padding="same",
                    use_bias=False,
                    kernel_initializer="he_normal",
                    dtype=self.dtype_policy,
                    name=f"{name}_convolution_{i}",
                ),
                keras.layers.LayerNormalization(epsilon=1e-6, dtype=self.dtype_policy, name=f"{name}_norm_{i}"),
            )
        ]

    def build(self, patches_shape):
        self.pyramid.build(patches_shape)
        outputs = (self.class_output, self.distance_output, self.centerness_output)
        for layer in (*self.class_tower, *self.box_tower, *outputs):
            layer.build((None, None, None, self.channels))
        self.scales = self.add_weight(name="scales", shape=(len(self.strides),), initializer="ones")

    def call(self, patches):
        found = [self._look(x, level) for level, x in enumerate(self.pyramid(patches))]
        parts = zip(*found, strict=True)
        logits, distances, centerness = (ops.concatenate(maps, axis=1) for maps in parts)
        return {"logits": logits, "distances": distances, "centerness": ops.squeeze(centerness, axis=-1)}

    def _look(self, x, level):
        """Logits, distances and centerness at the places of one map."""
        for_classes, for_boxes = _through(self.class_tower, x), _through(self.box_tower, x)
        scale = ops.cast(self.scales, "float32")[level]
        distances = ops.exp(ops.minimum(scale * self.distance_output(for_boxes), _MOST))
        found = self.class_output(for_classes), distances, self.centerness_output(for_boxes)
        _, rows, columns, _ = ops.shape(x)
        return [ops.reshape(part, (-1, rows * columns, part.shape[-1])) for part in found]

    def compute_output_shape(self, patches_shape):
        grids = [shape[1:3] for shape in self.pyramid.compute_output_shape(patches_shape)]
        batch, known = patches_shape[0], all(None not in grid for grid in grids)
        places = sum(math.prod(grid) for grid in grids) if known else None
        return {
            "logits": (batch, places, self.num_classes),
            "distances": (batch, places, 4),
            "centerness": (batch, places),
        }

    def get_config(self):
        return {
            **super().get_config(),
            "patch_size": self.patch_size,
            "num_classes": self.num_classes,
            "channels": self.channels,
            "num_convolutions": self.num_convolutions,
            "strides": list(self.strides),
            "prior": self.prior,
        }


def _through(tower, x):
    for convolve, norm in zip(tower[::2], tower[1::2], strict=True):
        x = ops.relu(norm(convolve(x)))
    return x


def _output(width, name, bias="zeros"):
    return keras.layers.Conv2D(
        width,
        3,
        padding="same",
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
        bias_initializer=bias,
        dtype="float32",
        name=name,
    )
