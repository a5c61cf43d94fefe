"""Pictures of examples, small enough to stand in a report."""

import base64
import io
from pathlib import Path

_LEAST_SIDE, _MOST_SIDE = 64, 160


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
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        picture = ImageOps.exif_transpose(image).convert("RGB")
    longest = max(picture.size)
    # Tiny images are enlarged by a whole number, so that their pixels stay square.
    scale = -(-_LEAST_SIDE // longest) if longest < _LEAST_SIDE else min(_MOST_SIDE / longest, 1.0)
    size = tuple(max(round(side * scale), 1) for side in picture.size)
    picture = picture.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
