"""The source `digit-scenes`: handwritten digits of several sizes on grey paper, and where they are. No download.

The digits are those of `digits`; those held out there are in no scene to train on.
"""

import numpy as np
import pyarrow as pa

from kformer.data.images.boxes import BOX
from kformer.data.images.files import encode_png
from kformer.data.sources.digits import read_pixels
from kformer.data.sources.folders import TRAIN, VALIDATION, chosen_part
from kformer.data.sources.reading import Options, Reading

_COUNTS = {TRAIN: 400, VALIDATION: 100}
_SIDE, _MOST_DIGITS = 128, 6
_ATTEMPTS = 20  # to find a free place
_INK = 64  # from here on a pixel belongs to the digit


def read_digit_scenes(options: Options) -> Reading:
    """Reads one part of the scenes, "train" unless told otherwise: columns image (a PNG file) and boxes.

    Raises:
        ValueError: There is no such part.
    """
    from PIL import Image

    part = chosen_part("digit-scenes", options, tuple(_COUNTS))
    digits, labels = read_pixels(part)
    generator = np.random.default_rng(tuple(_COUNTS).index(part))
    images, boxes = [], []
    for _ in range(_COUNTS[part]):
        pixels, found = _scene(digits, labels, generator)
        images.append(encode_png(Image.fromarray(pixels)))
        boxes.append(found)
    table = pa.table({"image": pa.array(images, pa.large_binary()), "boxes": pa.array(boxes, pa.list_(BOX))})
    return Reading(table, "digit-scenes", fields={"image": "image", "boxes": "boxes"})


def _scene(digits: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> tuple[np.ndarray, list[dict]]:
    """Returns a picture, and the boxes of its digits, which do not overlap."""
    picture = np.full((_SIDE, _SIDE), generator.integers(20, 60), "float32")
    picture += generator.normal(0, 6, picture.shape)
    boxes = []
    for _ in range(generator.integers(0, _MOST_DIGITS + 1)):
        chosen = generator.integers(len(digits))
        side = int(generator.integers(16, 48))
        digit = _enlarged(digits[chosen], side)
        rows, columns = (np.flatnonzero((digit >= _INK).any(axis=axis)) for axis in (1, 0))
        for _ in range(_ATTEMPTS):
            x, y = generator.integers(0, _SIDE - side + 1, 2)
            box = (x + columns[0], y + rows[0], x + columns[-1] + 1, y + rows[-1] + 1)
            if not any(_meet(box, [other[name] for name in ("x0", "y0", "x1", "y1")]) for other in boxes):
                place = picture[y : y + side, x : x + side]
                np.maximum(place, digit, out=place)
                sides = dict(zip(("x0", "y0", "x1", "y1"), map(float, box), strict=True))
                boxes.append({"label": str(labels[chosen]), **sides})
                break
    return np.clip(np.rint(picture), 0, 255).astype("uint8"), boxes


def _enlarged(digit: np.ndarray, side: int) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC), "float32")


def _meet(one, other) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
