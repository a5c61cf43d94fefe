"""The source `digit-masks`: handwritten digits on noisy pictures, and masks of where each is. No download.

The digits are scikit-learn's, those of the source `digits`: training pictures show none that validation pictures show.
"""

import numpy as np
import pyarrow as pa

from kformer.data.images.files import encode_png
from kformer.data.sources.folders import TRAIN, VALIDATION, chosen_part
from kformer.data.sources.reading import Options, Reading
from kformer.data.splits import held_out

NAMES = ("background", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUM_PICTURES = {TRAIN: 800, VALIDATION: 200}
_HEIGHT, _WIDTH = 32, 48
_SCALE = 2  # pixels of a picture per pixel of a digit
_MOST_DIGITS = 3
_HELD_OUT = 0.25
_SEED = 0
_WHITE = 16  # scikit-learn's
_INK = 0.25  # so much of white is ink, and not paper


def read_digit_masks(options: Options) -> Reading:
    """Reads one part of the pictures, "train" unless told otherwise: columns image and mask, PNG files.

    Raises:
        ValueError: There is no such part.
    """
    part = chosen_part("digit-masks", options, (TRAIN, VALIDATION))
    digits, labels = _digits(part)
    random = np.random.default_rng([_SEED, part == VALIDATION])
    rows = [_picture(digits, labels, random) for _ in range(_NUM_PICTURES[part])]
    images, masks = zip(*rows, strict=True)
    table = pa.table({"image": pa.array(images, pa.large_binary()), "mask": pa.array(masks, pa.large_binary())})
    return Reading(table, "digit-masks", fields={"image": "image", "mask": "mask"}, label_names={"mask": NAMES})


def _digits(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns the digits of a part, float (n, height, width) in [0, 1] and enlarged, and which digits they are."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    is_chosen = held_out(len(digits.target), _HELD_OUT, _SEED, digits.target) == (part == VALIDATION)
    enlarged = digits.images[is_chosen].repeat(_SCALE, axis=1).repeat(_SCALE, axis=2)
    return enlarged / _WHITE, digits.target[is_chosen]


def _picture(digits: np.ndarray, labels: np.ndarray, random: np.random.Generator) -> tuple[bytes, bytes]:
    """Returns a picture of one to three digits in colours of their own, and its mask."""
    from PIL import Image

    picture = random.uniform(0, 100) + random.uniform(-30, 30, (_HEIGHT, _WIDTH, 3))
    mask = np.zeros((_HEIGHT, _WIDTH), "uint8")
    side = digits.shape[1]
    # One column for each, so that none covers another.
    for column in random.permutation(_MOST_DIGITS)[: random.integers(1, _MOST_DIGITS + 1)]:
        which = random.integers(len(digits))
        top, left = random.integers(_HEIGHT - side + 1), column * (_WIDTH // _MOST_DIGITS)
        ink, place = digits[which][..., None], (slice(top, top + side), slice(left, left + side))
        picture[place] = (1 - ink) * picture[place] + ink * random.uniform(150, 255, 3)
        mask[place][digits[which] > _INK] = labels[which] + 1
    pixels = np.clip(np.rint(picture), 0, 255).astype("uint8")
    return encode_png(Image.fromarray(pixels)), encode_png(Image.fromarray(mask))
