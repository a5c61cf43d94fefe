"""Operations that bring an image of any size to the size of the batch: three for evaluation, two that are drawn.

Each decides where the picture lies in the result; `Compose` samples it there, with antialiasing.
"""

import dataclasses

import numpy as np

from kformer.data.image_augmentation import affine
from kformer.data.image_augmentation.checks import check_number, check_pair, check_size
from kformer.data.image_augmentation.composition import Operation
from kformer.data.image_augmentation.draws import uniform

_ATTEMPTS = 10


@dataclasses.dataclass(frozen=True)
class Stretch(Operation):
    """The whole image, without regard to its proportions.

    Attributes:
        size: (height, width) of the result.
    """

    size: tuple[int, int]

    def __post_init__(self):
        check_size("size", self.size)

    def place(self, frame, seed=None):
        target = _as_frame(self.size)
        scale = target / frame
        return affine.scaling(scale[1], scale[0]), target


@dataclasses.dataclass(frozen=True)
class Letterbox(Operation):
    """The whole image in its own proportions, in the middle of the result.

    Attributes:
        size: (height, width) of the result.
    """

    size: tuple[int, int]

    def __post_init__(self):
        check_size("size", self.size)

    def place(self, frame, seed=None):
        import tensorflow as tf

        target = _as_frame(self.size)
        scale = tf.reduce_min(target / frame)
        # Whole pixels, so that an image that only needs a border is not resampled.
        shift = tf.round((target - scale * frame) / 2)
        return affine.scaling(scale, scale, shift[1], shift[0]), target


@dataclasses.dataclass(frozen=True)
class CenterCrop(Operation):
    """The largest part in the middle that has the proportions of the result.

    Attributes:
        size: (height, width) of the result.
        share: float in (0, 1], of that part's sides that is seen; 0.875 is usual for ImageNet (224 of 256).
    """

    size: tuple[int, int]
    share: float = 1.0

    def __post_init__(self):
        check_size("size", self.size)
        check_number("share", self.share, 0.01, 1)

    def place(self, frame, seed=None):
        import tensorflow as tf

        target = _as_frame(self.size)
        scale = tf.reduce_max(target / frame) / self.share
        shift = tf.round((target - scale * frame) / 2)
        return affine.scaling(scale, scale, shift[1], shift[0]), target


@dataclasses.dataclass(frozen=True)
class RandomResizedCrop(Operation):
    """A part of random area and proportions, brought to the size of the result (Szegedy et al., arXiv 1409.4842).

    As in Inception, ten drawings are tried; when none lies within the image, the largest part in the middle is taken
    whose proportions are allowed.

    Attributes:
        size: (height, width) of the result.
        area: (least, most) share of the image's area.
        ratio: (least, most) width to height of the part, in terms of the result's own: (1, 1) does not distort.
    """

    size: tuple[int, int]
    area: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)

    def __post_init__(self):
        check_size("size", self.size)
        check_pair("area", self.area, 0, 1)
        check_pair("ratio", self.ratio, 0)

    def place(self, frame, seed):
        import tensorflow as tf

        target = _as_frame(self.size)
        aspect = self.size[1] / self.size[0]
        least, most = (aspect * number for number in self.ratio)
        height, width = tf.unstack(frame)
        for_area, for_ratio, *for_corner = tf.unstack(uniform(seed, type(self).__name__, (4, _ATTEMPTS)))
        area = height * width * _between(for_area, *self.area)
        ratio = tf.exp(_between(for_ratio, np.log(least), np.log(most)))
        sides = tf.stack([tf.sqrt(area / ratio), tf.sqrt(area * ratio)], axis=1)
        fits = tf.reduce_all(sides <= frame, axis=1)
        first = tf.argmax(fits)
        largest = tf.stack([tf.minimum(height, width / least), tf.minimum(width, height * most)])
        found = fits[first]
        part = tf.where(found, sides[first], largest)
        corner = tf.where(found, tf.stack(for_corner, axis=1)[first], 0.5) * (frame - part)
        scale = target / part
        return affine.scaling(scale[1], scale[0], -scale[1] * corner[1], -scale[0] * corner[0]), target


@dataclasses.dataclass(frozen=True)
class ScaleJitter(Operation):
    """The image in its own proportions, larger or smaller, anywhere in the result (Ghiasi et al., arXiv 2012.07177).

    What is larger is cropped, what is smaller has a border: objects are seen at many sizes. The paper's large-scale
    jitter is (0.1, 2), the usual one (0.8, 1.25).

    Attributes:
        size: (height, width) of the result.
        scale: (least, most), 1 is as large as fits.
    """

    size: tuple[int, int]
    scale: tuple[float, float] = (0.1, 2.0)

    def __post_init__(self):
        check_size("size", self.size)
        check_pair("scale", self.scale, 0)

    def place(self, frame, seed):
        import tensorflow as tf

        target = _as_frame(self.size)
        drawn = uniform(seed, type(self).__name__, 3)
        scale = tf.reduce_min(target / frame) * _between(drawn[0], *self.scale)
        shift = tf.round(drawn[1:] * (target - scale * frame))
        return affine.scaling(scale, scale, shift[1], shift[0]), target


def _as_frame(size):
    import tensorflow as tf

    return tf.constant(size, tf.float32)


def _between(numbers, least, most):
    return least + (most - least) * numbers
