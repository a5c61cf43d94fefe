"""The head that teaches an embedding to tell classes apart by an angle."""

import math

import keras
from keras import ops

# Nearer to +-1 the sine of the angle has no slope that floats can hold.
_LEAST_SINE = 1e-3


@keras.saving.register_keras_serializable("kformer")
class ArcFace(keras.layers.Layer):
    """Logits s cos(angle to the center of each class), the angle to the right one made larger by a margin m.

    With x and the centers w_j of length 1 and y the right class: s cos(arccos(w_y x) + m) and s cos(arccos(w_j x)) for
    the others. Once the angle is so large that the margin would carry it past pi, where the cosine rises again, the
    right logit is s (w_y x - m sin m), so that it never grows with the angle. With several centers a class the nearest
    one counts, which leaves the others to wrong labels and unusual pictures.

    Only a training needs it: afterwards the cosine of two embeddings is their similarity. Papers: Deng et al., ArcFace,
    arXiv 1801.07698; Deng et al., Sub-center ArcFace, ECCV 2020.

    Args:
        num_classes: int.
        margin: float in [0, pi / 2), m, in radians.
        scale: float, s.
        num_centers: int, centers of a class.
        seed: int or None, of the random centers.

    Call arguments:
        inputs: (batch, d), of any length but 0.
        targets: (batch,) integers, the right classes; without them there is no margin.

    Returns:
        Logits (batch, num_classes).
    """

    def __init__(self, num_classes, margin=0.5, scale=64.0, num_centers=1, seed=None, **kwargs):
        super().__init__(**kwargs)
        for name, value in (("num_classes", num_classes), ("num_centers", num_centers)):
            if value < 1:
                raise ValueError(f"`{name}` must be a positive integer. Received: {name}={value}.")
        if not 0 <= margin < math.pi / 2:
            raise ValueError(f"`margin` must be an angle in [0, pi / 2). Received: margin={margin}.")
        if not scale > 0:
            raise ValueError(f"`scale` must be positive. Received: scale={scale}.")
        self.num_classes = num_classes
        self.margin = margin
        self.scale = scale
        self.num_centers = num_centers
        self.seed = seed

    def build(self, inputs_shape, targets_shape=None):
        self.centers = self.add_weight(
            name="centers",
            shape=(inputs_shape[-1], self.num_classes * self.num_centers),
            initializer=keras.initializers.RandomNormal(stddev=0.01, seed=self.seed),
        )

    def call(self, inputs, targets=None):
        cosines = self.cosines(inputs)
        if targets is None:
            return self.scale * cosines
        is_right = ops.one_hot(targets, self.num_classes, dtype="bool")
        return self.scale * ops.where(is_right, self._with_margin(cosines), cosines)

    def cosines(self, inputs):
        """The cosine of the angle to the nearest center of each class: (batch, num_classes)."""
        cosines = ops.matmul(ops.normalize(inputs, axis=-1), ops.normalize(self.centers, axis=0))
        if self.num_centers > 1:
            cosines = ops.max(ops.reshape(cosines, (-1, self.num_classes, self.num_centers)), axis=-1)
        return ops.clip(cosines, -1.0, 1.0)

    def _with_margin(self, cosines):
        sines = ops.sqrt(ops.maximum(1.0 - ops.square(cosines), _LEAST_SINE**2))
        moved = cosines * math.cos(self.margin) - sines * math.sin(self.margin)
        return ops.where(cosines > -math.cos(self.margin), moved, cosines - self.margin * math.sin(self.margin))

    def compute_output_shape(self, inputs_shape, targets_shape=None):
        return (inputs_shape[0], self.num_classes)

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "margin": self.margin,
            "scale": self.scale,
            "num_centers": self.num_centers,
            "seed": self.seed,
        }
