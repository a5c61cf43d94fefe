"""Pictures of examples, small enough to stand in a report."""

import base64
import io
from pathlib import Path

import numpy as np

_LEAST_SIDE, _MOST_SIDE, _GAP = 64, 160, 4


def picture_name(source, row):
    """What to call an image: the end of its path, or its place among the examples.

    Args:
        source: path, or bytes of a file.
        row: int, from 0.
    """
    return "/".join(Path(source).parts[-2:]) if isinstance(source, str) else f"image {row + 1}"


def thumbnail(source):
    """An image as a data address that a page shows without a request.

    Args:
        source: path, or bytes of a file.

    Returns:
        str, "data:image/png;base64,...".
    """
    return data_address(to_png(_shown(_upright(source))))


def side_by_side(image, masks):
    """A picture, and beside it the same with the colours of each mask over it.

    Args:
        image: uint8 (height, width, 3).
        masks: uint8 (height, width) each; 255 stays as it is.

    Returns:
        uint8 (height, width, 3), small enough to stand in a report.
    """
    from PIL import Image

    tiles = [image, *(overlaid(image, mask) for mask in masks)]
    shown = [np.asarray(_shown(Image.fromarray(tile))) for tile in tiles]
    gap = np.full((shown[0].shape[0], _GAP, 3), 255, "uint8")
    return np.concatenate([part for tile in shown for part in (tile, gap)][:-1], axis=1)


def overlaid(image, mask):
    """A picture with the colours of a mask's classes over it, uint8 (height, width, 3).

    Args:
        image: uint8 (height, width, 3).
        mask: uint8 (height, width); 255 stays as it is.
    """
    from kformer.data.image_augmentation.preview import with_mask

    return with_mask(image, mask, 255)


def upright(source):
    """The pixels of an image as the camera was held, uint8 (height, width, 3).

    Args:
        source: path, or bytes of a file.
    """
    return np.asarray(_upright(source))


def to_png(pixels):
    """The bytes of a PNG file.

    Args:
        pixels: uint8 (height, width, 3) or (height, width), or a Pillow image.
    """
    from PIL import Image

    file = io.BytesIO()
    (Image.fromarray(pixels) if isinstance(pixels, np.ndarray) else pixels).save(file, "PNG", optimize=True)
    return file.getvalue()


def data_address(png):
    """A PNG file as an address that a page shows without a request: "data:image/png;base64,..."."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _upright(source):
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def _shown(picture):
    """A Pillow image at the size that reports show."""
    from PIL import Image

    longest = max(picture.size)
    # Tiny images are enlarged by a whole number, so that their pixels stay square.
    scale = -(-_LEAST_SIDE // longest) if longest < _LEAST_SIDE else min(_MOST_SIDE / longest, 1.0)
    size = tuple(max(round(side * scale), 1) for side in picture.size)
    return picture.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)
