"""Boxes as arrays: corners (x0, y0, x1, y1), or middles (center x, center y, width, height); how much two overlap."""

from keras import ops


def to_corners(middles):
    """(..., 4) corners of (..., 4) middles."""
    center, size = middles[..., :2], middles[..., 2:]
    return ops.concatenate([center - size / 2, center + size / 2], axis=-1)


def to_middles(corners):
    """(..., 4) middles of (..., 4) corners."""
    low, high = corners[..., :2], corners[..., 2:]
    return ops.concatenate([(low + high) / 2, high - low], axis=-1)


def areas(corners):
    """(...,) of (..., 4); 0 of an inverted box."""
    sides = ops.maximum(corners[..., 2:] - corners[..., :2], 0.0)
    return sides[..., 0] * sides[..., 1]


def overlaps(one, other):
    """The intersection over union and the generalised one, from -1 to 1, of boxes side by side.

    Paper: Rezatofighi et al., "Generalized Intersection over Union", arXiv 1902.09630, algorithm 1.

    Args:
        one, other: (..., 4) corners, whose shapes broadcast: `one[:, :, None]` and `other[:, None]` for all pairs.

    Returns:
        (iou, giou), each (...,).
    """
    low, high = ops.maximum(one[..., :2], other[..., :2]), ops.minimum(one[..., 2:], other[..., 2:])
    intersection = areas(ops.concatenate([low, high], axis=-1))
    union = areas(one) + areas(other) - intersection
    low, high = ops.minimum(one[..., :2], other[..., :2]), ops.maximum(one[..., 2:], other[..., 2:])
    hull = areas(ops.concatenate([low, high], axis=-1))
    # Boxes without an area, such as padding, have no overlap.
    iou = intersection / ops.maximum(union, 1e-9)
    return iou, iou - (hull - union) / ops.maximum(hull, 1e-9)
