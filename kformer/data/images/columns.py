"""From the columns of a source to images, masks and boxes that can be used."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from kformer.data.examples import Examples
from kformer.data.images.boxes import BOX, SIDES, ClippedBoxes, boxes_notes, boxes_problem, clip_boxes
from kformer.data.images.checking import CheckedImage, check_all, check_image
from kformer.data.images.masks import NO_CLASS, CheckedMask, check_mask, mask_problem
from kformer.data.images.remembering import remembered
from kformer.data.labels import apply_names

_BINARY = {0, NO_CLASS}


def check_images(
    examples: Examples, folder: Path, names: Sequence[str] | None, max_pixels: int
) -> tuple[Examples, dict[int, str]]:
    """Looks at the images of all examples, and at their masks and boxes.

    Args:
        examples: As a source read them.
        folder: Where paths begin that are not absolute.
        names: Names of the classes of masks or boxes, if known.
        max_pixels: Larger images are refused.

    Returns:
        The examples with images as `kformer.data.images.decoding` takes them, their sizes and hashes beside them; and
        why some cannot be used, by position.
    """
    sources = _sources(examples, "image", folder)
    check = partial(check_image, max_pixels=max_pixels)
    images = remembered(CheckedImage, partial(check_all, check, sources), sources, max_pixels)
    problems = {row: image.problem for row, image in enumerate(images) if image.problem}
    columns = {
        examples.fields["image"]: _contents(images),
        **{name: pa.array([getattr(image, name) for image in images]) for name in ("height", "width")},
        "sha256": pa.array([image.sha256 for image in images]),
    }
    table = examples.table
    for name, column in columns.items():
        table = put_column(table, name if name == examples.fields["image"] else f"image.{name}", column)
    examples = replace(examples, table=table)
    if "mask" in examples.fields:
        examples, found = _check_masks(examples, images, folder, names, max_pixels)
        problems = found | problems
    if "boxes" in examples.fields:
        examples, found = _check_boxes(examples, images, names)
        problems = found | problems
    return examples, problems


def put_column(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    """Returns the table with a column in place of the one of that name, or behind all others."""
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, column)
    return table.append_column(name, column)


def _sources(examples: Examples, role: str, folder: Path) -> list[str | bytes | None]:
    """Returns what the column of a role holds, with whole paths."""
    values = examples.values(role)
    return [str(_find(folder, value)) if isinstance(value, str) and value else value for value in values]


def _find(folder: Path, name: str) -> Path:
    """Returns the path of a file that is named from a folder, or from `images` in it, where people put them."""
    path = folder / name
    beside = folder / "images" / name
    return beside if not path.exists() and beside.exists() else path


def _contents(checked: Sequence[CheckedImage | CheckedMask]) -> pa.Array:
    contents = [file.content for file in checked]
    is_binary = any(isinstance(content, bytes) for content in contents)
    return pa.array(contents, pa.large_binary() if is_binary else pa.string())


def _check_masks(
    examples: Examples, images: Sequence[CheckedImage], folder: Path, names: Sequence[str] | None, max_pixels: int
) -> tuple[Examples, dict[int, str]]:
    sources = _sources(examples, "mask", folder)
    check = partial(check_mask, max_pixels=max_pixels)
    masks = remembered(CheckedMask, partial(check_all, check, sources), sources, max_pixels)
    notes = ()
    found = {value for mask in masks for value, count in enumerate(mask.pixels) if count}
    if NO_CLASS in found and found <= _BINARY and (names is None or len(names) == 2):
        check = partial(check, is_binary=True)
        masks = remembered(CheckedMask, partial(check_all, check, sources), sources, max_pixels, "binary")
        notes = (f"masks hold 0 and {NO_CLASS} alone: {NO_CLASS} is class 1",)
    num_classes = None if names is None else len(names)
    reasons = (
        mask_problem(mask, image.height, image.width, num_classes) for mask, image in zip(masks, images, strict=True)
    )
    table = put_column(examples.table, examples.fields["mask"], _contents(masks))
    table = put_column(table, "mask.sha256", pa.array([mask.sha256 for mask in masks]))
    table = put_column(table, "mask.pixels", pa.array([mask.pixels for mask in masks], pa.list_(pa.int64())))
    problems = {row: reason for row, reason in enumerate(reasons) if reason}
    return replace(examples, table=table, notes=examples.notes + notes), problems


def _check_boxes(
    examples: Examples, images: Sequence[CheckedImage], names: Sequence[str] | None
) -> tuple[Examples, dict[int, str]]:
    values = examples.values("boxes")
    problems = {row: reason for row, boxes in enumerate(values) if (reason := boxes_problem(boxes))}
    clipped = [
        ClippedBoxes([], 0, 0) if row in problems or image.problem else clip_boxes(boxes, image.height, image.width)
        for row, (boxes, image) in enumerate(zip(values, images, strict=True))
    ]
    values = [boxes.boxes for boxes in clipped]
    if names is not None:
        values = [_named(boxes, names) for boxes in values]
    table = put_column(examples.table, examples.fields["boxes"], pa.array(values, pa.list_(BOX)))
    return replace(examples, table=table, notes=examples.notes + boxes_notes(clipped)), problems


def _named(boxes: list[dict], names: Sequence[str]) -> list[dict]:
    labels = apply_names([box["label"] for box in boxes], tuple(names))
    return [{"label": label, **{side: box[side] for side in SIDES}} for label, box in zip(labels, boxes, strict=True)]


def image_shapes(examples: Examples) -> np.ndarray:
    """Returns int32 (examples, 2): heights and widths of the images, the right way up."""
    sides = (examples.table[f"image.{side}"].to_numpy() for side in ("height", "width"))
    return np.stack(list(sides), axis=1).astype("int32")
