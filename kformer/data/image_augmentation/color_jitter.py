"""Random brightness, contrast, saturation and hue."""

import dataclasses

from kformer.data.image_augmentation.checks import check_number
from kformer.data.image_augmentation.color import recolor
from kformer.data.image_augmentation.composition import Operation
from kformer.data.image_augmentation.draws import uniform


@dataclasses.dataclass(frozen=True)
class ColorJitter(Operation):
    """Changes the light and the colours of a picture.

    Attributes:
        brightness, contrast, saturation: floats in [0, 1], the factor is drawn from 1 minus to 1 plus so much.
        hue: float in [0, 0.5], turns to either side.
    """

    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    hue: float = 0.0

    def __post_init__(self):
        for name in ("brightness", "contrast", "saturation"):
            check_number(name, getattr(self, name), 0, 1)
        check_number("hue", self.hue, 0, 0.5)

    def paint(self, image, seed):
        import tensorflow as tf

        strengths = (self.brightness, self.saturation, self.contrast, self.hue)
        drawn = tf.unstack(2 * uniform(seed, type(self).__name__, 4) - 1)
        # Exactly nothing at strength 0, and no work.
        changes = [strength * number if strength else None for strength, number in zip(strengths, drawn, strict=True)]
        if changes == [None] * 4:
            return image
        *factors, hue = changes
        return recolor(image, *(None if change is None else 1 + change for change in factors), hue)
