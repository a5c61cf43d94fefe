"""Random erasing: a rectangle of the picture is lost."""

import dataclasses
import math

import numpy as np

from kformer.data.image_augmentation.checks import check_fill, check_number, check_pair
from kformer.data.image_augmentation.color import mean_color
from kformer.data.image_augmentation.composition import Operation
from kformer.data.image_augmentation.draws import named_seed, uniform


@dataclasses.dataclass(frozen=True)
class RandomErasing(Operation):
    """Covers a random rectangle (Zhong et al., arXiv 1708.04896). Boxes and masks stay: what is covered is still there.

    Attributes:
        probability: float, the share of images that lose something.
        area: (least, most) share of the image's area; a rectangle that would be longer than the image is cut to it.
        ratio: (least, most) width to height, above 1 as likely as below.
        fill: "noise" for a random colour in each pixel, "grey" for one random shade of grey, "mean" for the image's
            mean colour, a number from 0 to 255, or three.
    """

    probability: float = 0.25
    area: tuple[float, float] = (0.02, 1 / 3)
    ratio: tuple[float, float] = (0.3, 10 / 3)
    fill: str | float | tuple = "noise"

    def __post_init__(self):
        check_number("probability", self.probability, 0, 1)
        check_pair("area", self.area, 0, 1)
        check_pair("ratio", self.ratio, 0)
        check_fill(self.fill, "noise", "grey")

    def paint(self, image, seed):
        import tensorflow as tf

        if not self.probability:
            return image
        drawn = tf.unstack(uniform(seed, type(self).__name__, 5))
        return tf.cond(drawn[0] < self.probability, lambda: self._erased(image, seed, drawn[1:]), lambda: image)

    def _erased(self, image, seed, drawn):
        import tensorflow as tf

        sides = tf.cast(tf.shape(image)[:2], tf.float32)
        area = tf.reduce_prod(sides) * (self.area[0] + (self.area[1] - self.area[0]) * drawn[0])
        low, high = map(math.log, self.ratio)
        ratio = tf.exp(low + (high - low) * drawn[1])
        lost = tf.minimum(tf.round(tf.stack([tf.sqrt(area / ratio), tf.sqrt(area * ratio)])), sides)
        start = tf.floor(tf.stack(drawn[2:]) * (sides - lost + 1))
        rows, columns = (
            tf.logical_and(places >= start[axis], places < start[axis] + lost[axis])
            for axis, places in enumerate(tf.range(side) for side in tf.unstack(sides))
        )
        erased = tf.logical_and(rows[:, None, None], columns[None, :, None])
        return tf.where(erased, self._cover(image, seed), image)

    def _cover(self, image, seed):
        import tensorflow as tf

        noise_seed = named_seed(seed, type(self).__name__ + ".noise")
        if self.fill == "noise":
            return tf.random.stateless_uniform(tf.shape(image), noise_seed, maxval=255.0)
        if self.fill == "grey":
            return tf.tile(tf.random.stateless_uniform((1,), noise_seed, maxval=255.0), (3,))
        if self.fill == "mean":
            return mean_color(image)
        return tf.constant(np.broadcast_to(np.asarray(self.fill, "float32"), (3,)))
