"""A contact sheet: examples as they are and as they are augmented, with their labels, boxes and masks drawn."""

import io

import numpy as np

from kformer.data.image_augmentation.draws import graph_seeds
from kformer.data.images.drawing import background_of, class_color, draw_boxes, font_of, with_mask

# Small pictures are enlarged and large ones shrunk, so that the longer side lies between these.
_LEAST_SIDE, _MOST_SIDE = 144, 256
_GAP, _TEXT_SIZE = 6, 13
_PAPER, _INK = (255, 255, 255), (30, 30, 30)
_MAX_TEXT = 28
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


def _in_numpy(example):
    return {name: np.asarray(value) for name, value in example.items()}


def _tile(example, class_names, unpainted):
    """A Pillow image of an example with what is known of it."""
    from PIL import Image

    image = np.clip(np.round(example["image"].astype("float32")), 0, 255).astype("uint8")
    if "mask" in example:
        image = with_mask(image, example["mask"], unpainted)
    scale = _scale(image.shape[:2])
    size = tuple(max(round(side * scale), 1) for side in image.shape[1::-1])
    # Enlarged pixels stay square, so that what the model sees is what is shown.
    picture = Image.fromarray(image).resize(size, Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX)
    numbers = [int(number) for number in example.get("classes", ())]
    # Names of many boxes would hide the picture; the legend tells their colours.
    names = [_name(number, class_names) for number in numbers] if len(numbers) <= _MAX_NAMED_BOXES else None
    draw_boxes(picture, np.reshape(example.get("boxes", ()), (-1, 4)) * scale, list(map(class_color, numbers)), names)
    caption = _caption(example.get("label"), class_names)
    if not caption:
        return picture
    return _above(picture, caption)


def _scale(sides):
    """What the longer side is multiplied with: a whole number for small pictures, at most 1 for large ones."""
    longest = max(sides)
    return -(-_LEAST_SIDE // longest) if longest < _LEAST_SIDE else min(_MOST_SIDE / longest, 1.0)


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

    font = font_of(_TEXT_SIZE)
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
    font, band = font_of(_TEXT_SIZE), _TEXT_SIZE + 8
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
