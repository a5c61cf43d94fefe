"""What is known of an image, drawn into it: boxes with their names, and the colours of a mask."""

import colorsys

import numpy as np

_MASK_SHARE = 0.45
_COLORS = (
    (230, 25, 75), (60, 180, 75), (67, 99, 216), (255, 225, 25), (245, 130, 49), (145, 30, 180), (66, 212, 244),
    (240, 50, 230), (191, 239, 69), (250, 190, 212), (70, 153, 144), (220, 190, 255), (154, 99, 36), (128, 0, 0),
    (128, 128, 0), (0, 0, 117),
)  # fmt: skip
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_LINE, _TEXT_SIZE, _PADDING = 2, 10, 2


def class_color(number):
    """(red, green, blue) in 0..255 of a class: sixteen are easily told apart, later ones come in steps of hue."""
    if 0 <= number < len(_COLORS):
        return _COLORS[number]
    # Steps of the golden ratio never come back to the same hue.
    return tuple(round(255 * channel) for channel in colorsys.hsv_to_rgb(number * 0.618034 % 1, 0.8, 0.8))


def background_of(class_names):
    """The numbers of the classes called "background", which need no colour of their own: list of int.

    Args:
        class_names: the names by number.
    """
    return [number for number, name in enumerate(class_names) if str(name).casefold() == "background"]


def with_mask(image, mask, unpainted):
    """The image under the colours of its classes, some of which stay as they are.

    Args:
        image: (height, width, 3) in 0..255.
        mask: int (height, width).
        unpainted: ints, the classes without colour.

    Returns:
        uint8 (height, width, 3).
    """
    image = image.astype("float32")
    for number in np.unique(mask):
        if number not in unpainted:
            where = mask == number
            image[where] = (1 - _MASK_SHARE) * image[where] + _MASK_SHARE * np.array(class_color(int(number)))
    return np.round(image).astype("uint8")


def draw_boxes(picture, boxes, colors, names=None, weight=1.0):
    """Draws boxes into a picture, the first on top, each with its name where no other name is in the way.

    Args:
        picture: Pillow's image.
        boxes: n times x0, y0, x1, y1 in pixels of the picture.
        colors: n triples of ints.
        names: n strings, or None.
        weight: float, how many times thicker and larger than in a small picture.
    """
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    boxes = [tuple(map(float, box)) for box in boxes]
    for box, color in reversed(list(zip(boxes, colors, strict=True))):
        _draw_frame(draw, box, color, round(_LINE * weight))
    font = font_of(round(_TEXT_SIZE * weight))
    tags = []
    for box, color, name in zip(boxes, colors, names or [""] * len(boxes), strict=True):
        if not name:
            continue
        left, top, right, bottom = draw.textbbox((0, 0), name, font=font)
        width, height = right - left + 2 * _PADDING, bottom - top + 2 * _PADDING
        # A name that is wider than its box must not hide another box.
        others = [other for other in boxes if other != box] if width > box[2] - box[0] else []
        tag = _place(box, (width, height), picture.size, tags + others)
        if tag is not None:
            tags.append(tag)
            draw.rectangle(tag, fill=color)
            draw.text((tag[0] + _PADDING - left, tag[1] + _PADDING - top), name, fill=_contrasting(color), font=font)


def font_of(size):
    """Pillow's own font in so many pixels."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _draw_frame(draw, box, color, width):
    """A frame between two thin lines of black or white, so that it is seen on any picture."""
    x0, y0, x1, y1 = box
    x1, y1 = max(x1 - 1, x0), max(y1 - 1, y0)
    edge = _contrasting(color)
    draw.rectangle((x0 - 1, y0 - 1, x1 + 1, y1 + 1), outline=edge)
    inner = (x0 + width, y0 + width, x1 - width, y1 - width)
    if inner[0] < inner[2] and inner[1] < inner[3]:
        draw.rectangle(inner, outline=edge)
    draw.rectangle((x0, y0, x1, y1), outline=color, width=width)


def _place(box, size, picture_size, taken):
    """Where the name of a box stands: above it, else further down in it or below; None where nothing is free."""
    (x0, y0, _, y1), (width, height) = box, size
    x = max(min(x0, picture_size[0] - width - 1), 0)
    y = y0 - height - 1
    while y <= y1 + 1:
        tag = (x, y, x + width, y + height)
        if 0 <= y < picture_size[1] - height and not any(_meet(tag, other) for other in taken):
            return tag
        y += height + 1
    return None


def _meet(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _contrasting(color):
    red, green, blue = color
    return _BLACK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else _WHITE
