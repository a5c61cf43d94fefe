"""The source `digits`: handwritten digits of 8 x 8 pixels, which scikit-learn carries. No download.

A fixed quarter of them, with the same share of every digit, is held out.
"""

import numpy as np
import pyarrow as pa

from kformer.data.images.files import encode_png
from kformer.data.sources.folders import TRAIN, VALIDATION, chosen_part
from kformer.data.sources.reading import Options, Reading
from kformer.data.splits import held_out

_HELD_OUT = 0.25
_SEED = 0
_WHITE = 16  # scikit-learn's


def read_digits(options: Options) -> Reading:
    """Reads one part of the digits, "train" unless told otherwise: columns image (a PNG file) and label.

    Raises:
        ValueError: There is no such part.
    """
    from PIL import Image

    pixels, digits = read_pixels(chosen_part("digits", options, (TRAIN, VALIDATION)))
    images = pa.array([encode_png(Image.fromarray(image)) for image in pixels], pa.large_binary())
    table = pa.table({"image": images, "label": [str(digit) for digit in digits]})
    return Reading(table, "digits", fields={"image": "image", "label": "label"})


def read_pixels(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Returns the digits of "train" or "validation": uint8 (digits, 8, 8), and which they are, int (digits,)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    is_chosen = held_out(len(digits.target), _HELD_OUT, _SEED, digits.target) == (part == VALIDATION)
    return np.rint(digits.images[is_chosen] * (255 / _WHITE)).astype("uint8"), digits.target[is_chosen]
