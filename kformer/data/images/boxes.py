"""Boxes: {"label", "x0", "y0", "x1", "y1"}, in pixels of the image the right way up, from its upper left corner."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from kformer.wording import counted

SIDES = ("x0", "y0", "x1", "y1")
BOX = pa.struct([("label", pa.string()), *((side, pa.float32()) for side in SIDES)])


@dataclass(frozen=True)
class ClippedBoxes:
    """The boxes of one image, all inside it."""

    boxes: list[dict]
    num_clipped: int  # reached beyond the image
    num_dropped: int  # were empty, inverted or outside the image


def clip_boxes(boxes: Sequence[dict], height: int, width: int) -> ClippedBoxes:
    """Cuts boxes to their image and leaves out those of which nothing is inside.

    Args:
        boxes: The boxes of one image.
        height: The image's.
        width: The image's.
    """
    kept, num_clipped = [], 0
    for box in boxes:
        sides = [box[side] for side in SIDES]
        bounds = (width, height, width, height)
        inside = [min(max(side, 0), bound) for side, bound in zip(sides, bounds, strict=True) if math.isfinite(side)]
        if len(inside) == 4 and inside[0] < inside[2] and inside[1] < inside[3]:
            num_clipped += inside != sides
            kept.append({"label": box["label"], **dict(zip(SIDES, inside, strict=True))})
    return ClippedBoxes(kept, num_clipped, len(boxes) - len(kept))


def boxes_notes(clipped: Sequence[ClippedBoxes]) -> tuple[str, ...]:
    """Returns what is worth telling of all images' boxes."""
    told = (
        (sum(boxes.num_clipped for boxes in clipped), "reaching beyond the image: cut to it"),
        (sum(boxes.num_dropped for boxes in clipped), "empty, inverted or outside the image: dropped"),
    )
    return tuple(f"{counted(count, 'box', 'boxes')} {what}" for count, what in told if count)


def boxes_problem(boxes: Sequence[dict] | None) -> str:
    """Returns why the boxes of an example cannot be used, or ""."""
    if boxes is None:
        return "it has no list of boxes"
    if any(box is None or not box["label"] or None in (box[side] for side in SIDES) for box in boxes):
        return "a box lacks its label or a side"
    return ""
