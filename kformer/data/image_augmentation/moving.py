"""Operations that move a picture within its frame."""

import dataclasses
import math

from kformer.data.image_augmentation import affine
from kformer.data.image_augmentation.checks import check_number, check_pair
from kformer.data.image_augmentation.composition import Operation
from kformer.data.image_augmentation.draws import uniform


@dataclasses.dataclass(frozen=True)
class RandomFlip(Operation):
    """Mirrors the picture.

    Attributes:
        horizontal: float, probability that left and right change places.
        vertical: float, probability that top and bottom do.
    """

    horizontal: float = 0.5
    vertical: float = 0.0

    def __post_init__(self):
        check_number("horizontal", self.horizontal, 0, 1)
        check_number("vertical", self.vertical, 0, 1)

    def place(self, frame, seed):
        import tensorflow as tf

        flipped = uniform(seed, type(self).__name__, 2) < tf.constant([self.vertical, self.horizontal], tf.float32)
        scale, shift = tf.where(flipped, -1.0, 1.0), tf.where(flipped, frame, 0.0)
        return affine.scaling(scale[1], scale[0], shift[1], shift[0]), frame


@dataclasses.dataclass(frozen=True)
class RandomRotation(Operation):
    """Turns the picture about its middle.

    Attributes:
        degrees: float, at most so far to either side.
    """

    degrees: float = 15.0

    aligned = False

    def __post_init__(self):
        check_number("degrees", self.degrees, 0, 180)

    def place(self, frame, seed):
        import tensorflow as tf

        angle = (2 * uniform(seed, type(self).__name__, 1)[0] - 1) * math.radians(self.degrees)
        cos, sin = tf.cos(angle), tf.sin(angle)
        return affine.about_center((cos, -sin, sin, cos), frame), frame


@dataclasses.dataclass(frozen=True)
class RandomZoom(Operation):
    """Makes the picture larger or smaller about its middle.

    Attributes:
        scale: (least, most), above 1 is larger. Drawn so that twice and half are equally likely.
    """

    scale: tuple[float, float] = (0.8, 1.25)

    def __post_init__(self):
        check_pair("scale", self.scale, 0)

    def place(self, frame, seed):
        import tensorflow as tf

        least, most = map(math.log, self.scale)
        scale = tf.exp(least + (most - least) * uniform(seed, type(self).__name__, 1)[0])
        return affine.about_center((scale, 0.0, 0.0, scale), frame), frame


@dataclasses.dataclass(frozen=True)
class RandomShift(Operation):
    """Moves the picture by whole pixels, which blurs nothing: 0.125 is the crop with a border of CIFAR's recipes.

    Attributes:
        share: float, at most so large a share of each side.
    """

    share: float = 0.125

    def __post_init__(self):
        check_number("share", self.share, 0, 1)

    def place(self, frame, seed):
        import tensorflow as tf

        most = tf.floor(self.share * frame)
        shift = tf.floor(uniform(seed, type(self).__name__, 2) * (2 * most + 1)) - most
        return affine.scaling(1.0, 1.0, shift[1], shift[0]), frame
