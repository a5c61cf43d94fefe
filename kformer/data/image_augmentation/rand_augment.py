"""RandAugment: a few operations, drawn from fourteen, at one strength."""

import dataclasses
import math

import numpy as np

from kformer.data.image_augmentation import color
from kformer.data.image_augmentation.checks import check_number
from kformer.data.image_augmentation.composition import Operation
from kformer.data.image_augmentation.draws import uniform

MOVEMENTS = ("rotate", "shear_x", "shear_y", "translate_x", "translate_y")
# The last three are one matrix product, see `color.recolor`.
FACTORS = ("saturation", "contrast", "brightness")
COLORS = ("auto_contrast", "equalize", "posterize", "solarize", "sharpness", *FACTORS)
OPERATIONS = ("identity", *MOVEMENTS, *COLORS)

_FULL = 10.0
# At full strength: degrees, shear, share of the side, change of a factor, bits that are lost.
_MOST_DEGREES, _MOST_SHEAR, _MOST_SHIFT, _MOST_CHANGE, _MOST_BITS = 30.0, 0.3, 0.45, 0.9, 4


@dataclasses.dataclass(frozen=True)
class RandAugment(Operation):
    """Draws operations for each image and does them all at one strength (Cubuk et al., arXiv 1909.13719).

    The fourteen are the paper's: identity, rotate, shear and translate (x, y), auto-contrast, equalize, posterize,
    solarize, saturation, contrast, brightness and sharpness, with random signs. At full strength that is 30 degrees,
    a shear of 0.3, 45 % of a side, a factor of 0.1 or 1.9, 4 bits left, and all values inverted.

    Each image has its own, while `RandAugment` of Keras draws once for a batch and computes every operation on it.
    Movements join those of `Compose` in one resampling, and boxes and masks move too.

    Attributes:
        magnitude: float from 0, which leaves everything as it is, to 10.
        num_ops: int, operations per image.
    """

    magnitude: float = 9.0
    num_ops: int = 2

    aligned = False

    def __post_init__(self):
        check_number("magnitude", self.magnitude, 0, _FULL)
        if not isinstance(self.num_ops, int) or self.num_ops < 1:
            raise ValueError(f"`num_ops` must be a positive integer. Received: num_ops={self.num_ops!r}.")

    def place(self, frame, seed):
        import tensorflow as tf

        if not self.magnitude:
            return tf.eye(3), frame
        which, signs = self._drawn(seed)
        even, odd = self._movements()
        # For each operation xx, xy, yx, yy and the shift in shares of the sides; (num_ops, 6).
        entries = tf.gather(even, which) + signs[:, None] * tf.gather(odd, which)
        linear = tf.reshape(entries[:, :4], (-1, 2, 2))
        sides = tf.reverse(frame, [0])
        middle = sides / 2
        shift = middle - tf.linalg.matvec(linear, middle) + tf.round(entries[:, 4:] * sides)
        rows = tf.concat([linear, shift[..., None]], axis=-1)
        bottom = np.broadcast_to(np.array([0, 0, 1], "float32"), (self.num_ops, 1, 3))
        whole, *others = tf.unstack(tf.concat([rows, bottom], axis=1))
        for forward in others:
            whole = tf.linalg.matmul(forward, whole)
        return whole, frame

    def paint(self, image, seed):
        import tensorflow as tf

        if not self.magnitude:
            return image
        which, signs = self._drawn(seed)
        for name, sign in zip(tf.unstack(which), tf.unstack(signs), strict=True):
            image = self._painted(image, name, sign)
        return image

    def _drawn(self, seed):
        """Which operations, int32 (num_ops,), and their signs, float32 (num_ops,)."""
        import tensorflow as tf

        for_which, for_sign = tf.unstack(uniform(seed, type(self).__name__, (2, self.num_ops)))
        return tf.cast(for_which * len(OPERATIONS), tf.int32), tf.where(for_sign < 0.5, -1.0, 1.0)

    def _movements(self):
        """What of each operation's xx, xy, yx, yy, x, y is even in the sign, and what is odd: float32 (14, 6)."""
        strength = self.magnitude / _FULL
        angle = math.radians(_MOST_DEGREES * strength)
        even = np.tile(np.array([1, 0, 0, 1, 0, 0], "float32"), (len(OPERATIONS), 1))
        odd = np.zeros_like(even)
        rotate, shear_x, shear_y, translate_x, translate_y = map(OPERATIONS.index, MOVEMENTS)
        even[rotate, [0, 3]] = math.cos(angle)
        odd[rotate, [1, 2]] = -math.sin(angle), math.sin(angle)
        odd[shear_x, 1] = odd[shear_y, 2] = _MOST_SHEAR * strength
        odd[translate_x, 4] = odd[translate_y, 5] = _MOST_SHIFT * strength
        return even, odd

    def _painted(self, image, which, sign):
        import tensorflow as tf

        strength = self.magnitude / _FULL
        factor = 1 + sign * _MOST_CHANGE * strength
        factors = {name: tf.where(which == OPERATIONS.index(name), factor, 1.0) for name in FACTORS}
        branches = [
            lambda: image,  # for all that leave the colours as they are
            lambda: color.auto_contrast(image),
            lambda: color.equalize(image),
            lambda: color.posterize(image, 8 - round(_MOST_BITS * strength)),
            lambda: color.solarize(image, 256 * (1 - strength)),
            lambda: color.sharpen(image, factor),
            lambda: color.recolor(image, **factors),
        ]
        # Only the branch that was drawn is computed.
        branch = tf.clip_by_value(which - OPERATIONS.index(COLORS[0]) + 1, 0, len(branches) - 1)
        return tf.switch_case(branch, branches)
