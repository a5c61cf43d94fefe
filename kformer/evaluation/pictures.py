"""Pictures of examples, small enough to stand in a report."""

import base64
import io
import math
from pathlib import Path

import numpy as np

_LEAST_SIDE, _MOST_SIDE, _LEAST_DRAWN, _MOST_DRAWN, _GAP = 64, 160, 640, 400, 4
# Of boxes that are right, that are not, and that were not found.
FOUND, WRONG, MISSED = (40, 190, 90), (230, 40, 40), (255, 200, 0)


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


def side_by_side(image, masks, unpainted=()):
    """A picture, and beside it the same with the colours of each mask over it.

    Args:
        image: uint8 (height, width, 3).
        masks: uint8 (height, width) each; 255 stays as it is.
        unpainted: ints, further classes that stay as they are.

    Returns:
        uint8 (height, width, 3), small enough to stand in a report.
    """
    from PIL import Image

    tiles = [image, *(overlaid(image, mask, unpainted) for mask in masks)]
    shown = [np.asarray(_shown(Image.fromarray(tile))) for tile in tiles]
    gap = np.full((shown[0].shape[0], _GAP, 3), 255, "uint8")
    return np.concatenate([part for tile in shown for part in (tile, gap)][:-1], axis=1)


def overlaid(image, mask, unpainted=()):
    """A picture with the colours of a mask's classes over it, uint8 (height, width, 3).

    Args:
        image: uint8 (height, width, 3).
        mask: uint8 (height, width); 255 stays as it is.
        unpainted: ints, further classes that stay as they are.
    """
    from kformer.data.images.drawing import with_mask

    return with_mask(image, mask, {255, *unpainted})


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
    (Image.fromarray(pixels) if isinstance(pixels, np.ndarray) else pixels).save(file, "PNG")
    return file.getvalue()


def data_address(png):
    """A PNG file as an address that a page shows without a request: "data:image/png;base64,..."."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _upright(source):
    from kformer.data.images.files import in_8_bits, open_image, quiet_pillow

    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    with quiet_pillow(), open_image(content) as image:
        return in_8_bits(image).convert("RGB")


def _shown(picture):
    """A Pillow image at the size that reports show."""
    from PIL import Image

    longest = max(picture.size)
    # Tiny images are enlarged by a whole number, so that their pixels stay square.
    scale = -(-_LEAST_SIDE // longest) if longest < _LEAST_SIDE else min(_MOST_SIDE / longest, 1.0)
    size = tuple(max(round(side * scale), 1) for side in picture.size)
    return picture.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)


def drawn(source, boxes, colors, names=None, most=None):
    """An image with boxes, the first on top; a small one is enlarged, so that names can be read.

    Args:
        source: path, or bytes of a file.
        boxes: float (n, 4), corners x0, y0, x1, y1 in pixels of the image the right way up.
        colors: n triples of ints.
        names: n strings to write at the boxes, or None.
        most: int, pixels of the longer side; None is the image's own.

    Returns:
        Pillow's image.
    """
    from PIL import Image

    from kformer.data.images.drawing import draw_boxes

    picture = _upright(source)
    scale = _scale_of_drawing(max(picture.size), most)
    if scale != 1:
        size = [max(round(side * scale), 1) for side in picture.size]
        picture = picture.resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS)
    # Lines and letters that are seen in large pictures, too.
    weight = max(1.0, max(picture.size) / 480)
    draw_boxes(picture, np.reshape(boxes, (-1, 4)) * scale, colors, names, weight)
    return picture


def _scale_of_drawing(longest, most):
    """What the longer side is multiplied with: a whole number for small pictures, so that pixels stay square."""
    if longest > (most or math.inf):
        return most / longest
    return max((most or _LEAST_DRAWN) // longest, 1)


def drawn_answer(source, boxes, labels):
    """An image with the boxes of an answer, the best on top, each class in a colour of its own.

    Args:
        source: path, or bytes of a file.
        boxes: list of dicts of `label`, `score`, `x0`, `y0`, `x1` and `y1`.
        labels: the names of the classes in order.

    Returns:
        Pillow's image.
    """
    from kformer.data.images.drawing import class_color

    corners = [[box[side] for side in ("x0", "y0", "x1", "y1")] for box in boxes]
    colors = [class_color(list(labels).index(box["label"])) for box in boxes]
    return drawn(source, corners, colors, [f"{box['label']} {box['score']:.2f}" for box in boxes])


def drawn_address(source, boxes, colors):
    """`drawn` for a page, as a data address that it shows without a request."""
    return data_address(to_png(drawn(source, boxes, colors, most=_MOST_DRAWN)))


def sheet_of_boxes(sources, found, names, columns=3):
    """Images with what was found in them, in rows: the bytes of a PNG file.

    Args:
        sources: paths, or bytes of files.
        found: for each image a dict of `boxes`, `scores` and `classes`.
        names: of the classes.
        columns: int, pictures in a row.
    """
    from PIL import Image

    from kformer.data.images.drawing import class_color

    pictures = []
    for source, boxes in zip(sources, found, strict=True):
        numbers = boxes["classes"].tolist()
        told = [f"{names[number]} {score:.2f}" for number, score in zip(numbers, boxes["scores"], strict=True)]
        pictures.append(drawn(source, boxes["boxes"], list(map(class_color, numbers)), told, _MOST_DRAWN))
    width, height = (max(picture.size[axis] for picture in pictures) for axis in (0, 1))
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (width * min(columns, len(pictures)), height * rows), (255, 255, 255))
    for i, picture in enumerate(pictures):
        sheet.paste(picture, (i % columns * width, i // columns * height))
    return to_png(sheet)
