"""A contact sheet: examples as they are and as they are augmented, with their labels, boxes and masks drawn."""

import colorsys
import io

import numpy as np

from kformer.data.image_augmentation.draws import graph_seeds

# Small pictures are enlarged and large ones shrunk, so that the longer side lies between these.
_LEAST_SIDE, _MOST_SIDE = 144, 256
_GAP, _TEXT_SIZE, _MASK_SHARE = 6, 13, 0.45
_PAPER, _INK = (255, 255, 255), (30, 30, 30)
_MAX_TEXT = 28
_COLORS = (
    (230, 25, 75), (60, 180, 75), (67, 99, 216), (255, 225, 25), (245, 130, 49), (145, 30, 180), (66, 212, 244),
    (240, 50, 230), (191, 239, 69), (250, 190, 212), (70, 153, 144), (220, 190, 255), (154, 99, 36), (128, 0, 0),
    (128, 128, 0), (0, 0, 117),
)  # fmt: skip
_MAX_NAMED_BOXES = 8


def contact_sheet(examples, augment=None, versions=5, class_names=None, seed=0, indices=None, ignore_index=255):
    """Draws a row for each example: as it is, then augmented in several ways, and a legend of the classes.

    Args:
        examples: list of dicts: `image` (height, width, 3), and `label` (int, text, or probabilities of classes),
            `boxes` with `classes`, `mask`, where they have them.
        augment: function of (example, seed), of `training_augmentation` say; None shows the examples alone.
        versions: int, augmented versions of each; the n-th is what training sees in its n-th epoch.
        class_names: list of str, or None for numbers.
        seed: int, of the run.
        indices: ints, the examples' places in their data set, or None for 0, 1, 2...
        ignore_index: int, class of mask pixels that are not coloured.

    Returns:
        uint8 (height, width, 3).

    Raises:
        ValueError: there are no examples.
    """
    if not len(examples):
        raise ValueError("A contact sheet needs at least one example. Received: none.")
    indices = range(len(examples)) if indices is None else indices
    versions = 0 if augment is None else versions
    unpainted = {ignore_index, *background_of(class_names or ())}
    rows = [[_in_numpy(example)] for example in examples]
    for epoch in range(versions):
        for row, example, example_seed in zip(rows, examples, graph_seeds(seed, epoch, indices), strict=True):
            row.append(_in_numpy(augment(example, example_seed)))
    tiles = [[_tile(example, class_names, unpainted) for example in row] for row in rows]
    titles = ["as it is", *(f"epoch {epoch}" for epoch in range(1, versions + 1))]
    seen = _classes([example for row in rows for example in row], unpainted)
    sheet = _grid(tiles, titles, [(number, _name(number, class_names)) for number in seen])
    return np.asarray(sheet)


def to_png(sheet):
    """The bytes of a PNG file of uint8 (height, width, 3)."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "PNG")
    return file.getvalue()


def class_color(number):
    """(red, green, blue) in 0..255 of a class: sixteen are easily told apart, later ones come in steps of hue."""
    if 0 <= number < len(_COLORS):
        return _COLORS[number]
    # Steps of the golden ratio never come back to the same hue.
    return tuple(round(255 * channel) for channel in colorsys.hsv_to_rgb(number * 0.618034 % 1, 0.8, 0.8))


def _in_numpy(example):
    return {name: np.asarray(value) for name, value in example.items()}


def _tile(example, class_names, unpainted):
    """A Pillow image of an example with what is known of it."""
    from PIL import Image, ImageDraw

    image = np.clip(np.round(example["image"].astype("float32")), 0, 255).astype("uint8")
    if "mask" in example:
        image = with_mask(image, example["mask"], unpainted)
    scale = _scale(image.shape[:2])
    size = tuple(max(round(side * scale), 1) for side in image.shape[1::-1])
    # Enlarged pixels stay square, so that what the model sees is what is shown.
    picture = Image.fromarray(image).resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX)
    draw = ImageDraw.Draw(picture)
    boxes, classes = example.get("boxes", ()), example.get("classes", ())
    for box, number in zip(boxes, classes, strict=True):
        # Names of many boxes would hide the picture; the legend tells their colours.
        name = _name(int(number), class_names) if len(boxes) <= _MAX_NAMED_BOXES else ""
        draw_box(draw, box * scale, class_color(int(number)), name, size)
    caption = _caption(example.get("label"), class_names)
    if not caption:
        return picture
    return _above(picture, caption)


def _scale(sides):
    """What the longer side is multiplied with: a whole number for small pictures, at most 1 for large ones."""
    longest = max(sides)
    return -(-_LEAST_SIDE // longest) if longest < _LEAST_SIDE else min(_MOST_SIDE / longest, 1.0)


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


def draw_box(draw, box, color, name, size, weight=1.0):
    """Draws a box, and its name where there is room.

    Args:
        draw: Pillow's `ImageDraw`.
        box: x0, y0, x1, y1 in pixels of the picture.
        color: three ints.
        name: str, or "".
        size: width and height of the picture.
        weight: float, how many times thicker and larger than in a small picture.
    """
    x0, y0, x1, y1 = (float(number) for number in box)
    draw.rectangle((x0, y0, max(x1 - 1, x0), max(y1 - 1, y0)), outline=color, width=round(2 * weight))
    if not name:
        return
    font = _font(round(10 * weight))
    left, top, right, bottom = draw.textbbox((0, 0), name, font=font)
    width, height = right - left + 4, bottom - top + 4
    # Within the picture, above the box where there is room; a name that is wider than its box would hide others.
    if width > max(x1 - x0, 12) + 12:
        return
    x, y = min(x0, size[0] - width), y0 - height if y0 >= height else y0
    draw.rectangle((x, y, x + width, y + height), fill=color)
    draw.text((x + 2 - left, y + 2 - top), name, fill=_contrasting(color), font=font)


def _contrasting(color):
    red, green, blue = color
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)


def _caption(label, class_names):
    if label is None:
        return ""
    if label.dtype.kind in "USO":
        value = label.item()
        return value.decode() if isinstance(value, bytes) else str(value)
    if label.ndim == 0:
        return _name(int(label), class_names)
    # Probabilities, of a mixture or of several labels: the largest first.
    order = [number for number in np.argsort(-label, kind="stable") if label[number] > 0.005]
    return ", ".join(f"{_name(int(number), class_names)} {100 * label[number]:.0f}%" for number in order)


def _name(number, class_names):
    return str(class_names[number]) if class_names is not None and 0 <= number < len(class_names) else str(number)


def _classes(examples, unpainted):
    """The classes of all boxes and masks that have a colour, ascending."""
    found = set()
    for example in examples:
        found |= {int(number) for number in np.unique(example.get("classes", ()))}
        found |= {int(number) for number in np.unique(example.get("mask", ()))} - unpainted
    return sorted(found)


def _above(picture, caption):
    from PIL import Image, ImageDraw

    font = _font(_TEXT_SIZE)
    text = caption if len(caption) <= _MAX_TEXT else caption[: _MAX_TEXT - 3] + "..."
    while len(text) > 4 and font.getlength(text) > picture.width:
        text = text.rstrip(".")[:-1] + "..."
    band = _TEXT_SIZE + 5
    tile = Image.new("RGB", (picture.width, picture.height + band), _PAPER)
    ImageDraw.Draw(tile).text((0, 1), text, fill=_INK, font=font)
    tile.paste(picture, (0, band))
    return tile


def _grid(tiles, titles, legend):
    from PIL import Image, ImageDraw

    widths = [max(row[column].width for row in tiles) for column in range(len(titles))]
    heights = [max(tile.height for tile in row) for row in tiles]
    font, band = _font(_TEXT_SIZE), _TEXT_SIZE + 8
    width = sum(widths) + _GAP * (len(widths) + 1)
    lines = _legend_lines(legend, font, width)
    height = band + sum(heights) + _GAP * (len(heights) + 1) + band * len(lines)
    sheet = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    x = _GAP
    for column, title in enumerate(titles):
        draw.text((x, 4), title, fill=_INK, font=font)
        y = band + _GAP
        for row, row_height in zip(tiles, heights, strict=True):
            # At the bottom, so that pictures with and without a caption stand on one line.
            sheet.paste(row[column], (x, y + row_height - row[column].height))
            y += row_height + _GAP
        x += widths[column] + _GAP
    for number, line in enumerate(lines):
        y = height - band * (len(lines) - number)
        for x, color, name in line:
            draw.rectangle((x, y + 3, x + _TEXT_SIZE, y + 3 + _TEXT_SIZE), fill=color)
            draw.text((x + _TEXT_SIZE + 4, y + 2), name, fill=_INK, font=font)
    return sheet


def _legend_lines(legend, font, width):
    """Lines of (x, colour, name) that fit into the width."""
    lines, x = [], width
    for number, name in legend:
        name = name if len(name) <= _MAX_TEXT else name[: _MAX_TEXT - 3] + "..."
        entry = _TEXT_SIZE + 4 + int(font.getlength(name)) + 14
        if x + entry > width:
            lines.append([])
            x = _GAP
        lines[-1].append((x, class_color(number), name))
        x += entry
    return lines


def _font(size):
    from PIL import ImageFont

    return ImageFont.load_default(size)
