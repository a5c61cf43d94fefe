"""COCO's average precision, over weighted images: matching once, then precision and recall as often as is asked.

As `pycocotools` computes it, without its marks of crowds: for each overlap that is asked for (0.50, 0.55, ... 0.95) the
boxes of an image are matched by falling score, each with the best box of its class that is still free; precision at 101
recalls is that of the best threshold from there on.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

OVERLAPS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
# Areas in pixels of the image.
SIZES = {"all": (0, 1e10), "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}


@dataclasses.dataclass(frozen=True)
class Matches:
    """The boxes of one class in all images, best score first, for one range of sizes.

    Attributes:
        scores: float (boxes,).
        images: int (boxes,), where each was found.
        right: bool (overlaps, boxes), whether it found a box.
        ignored: bool (overlaps, boxes), whether it counts neither way: boxes of other sizes.
        counts: int (images,), the boxes there are to find.
    """

    scores: np.ndarray
    images: np.ndarray
    right: np.ndarray
    ignored: np.ndarray
    counts: np.ndarray

    def precision(self, weights: np.ndarray) -> np.ndarray:
        """The average precision at each overlap: (overlaps, b), NaN where there is nothing to find.

        Args:
            weights: of the images, (images, b); see `kformer.evaluation.bootstrap`.
        """
        total = self.counts @ weights
        result = np.full((len(OVERLAPS), weights.shape[1]), np.nan)
        for column in np.flatnonzero(total > 0):
            weight = weights[self.images, column]
            for row, (right, ignored) in enumerate(zip(self.right, self.ignored, strict=True)):
                counted = np.where(ignored, 0.0, weight)
                found, wrong = np.cumsum(counted * right), np.cumsum(counted * ~right)
                result[row, column] = _area(found, wrong, total[column])
        return result


def _area(found: np.ndarray, wrong: np.ndarray, total: float) -> float:
    """The mean precision at the 101 recalls."""
    recall, precision = found / total, found / np.maximum(found + wrong, np.finfo(float).eps)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    # Sums of weights that are whole numbers are exact: the recalls are those of pycocotools.
    at = np.searchsorted(recall, RECALLS, side="left")
    return float(np.where(at < len(best), np.append(best, 0.0)[np.minimum(at, len(best))], 0.0).mean())


def match_class(
    wanted: Sequence[np.ndarray], found: Sequence[np.ndarray], scores: Sequence[np.ndarray], size: str = "all"
) -> Matches:
    """Matches the boxes of one class, image by image.

    Args:
        wanted: float (n, 4) for each image, the right boxes, corners in pixels.
        found: float (m, 4) for each image.
        scores: float (m,) for each image.
        size: of `SIZES`: which boxes count.
    """
    low, high = SIZES[size]
    rights, ignoreds, all_scores, images, counts = [], [], [], [], []
    for image, (truth, boxes, score) in enumerate(zip(wanted, found, scores, strict=True)):
        order = np.argsort(-score, kind="stable")
        boxes, score = boxes[order], score[order]
        outside = _is_outside(truth, low, high)
        right, ignored = _match_image(overlaps_of(boxes, truth), outside)
        # What found nothing counts only if it is of the size itself.
        ignored |= ~right & _is_outside(boxes, low, high)
        rights.append(right & ~ignored)
        ignoreds.append(ignored)
        all_scores.append(score)
        images.append(np.full(len(score), image))
        counts.append(np.count_nonzero(~outside))
    together = np.concatenate(all_scores) if all_scores else np.zeros(0)
    order = np.argsort(-together, kind="stable")
    return Matches(
        together[order],
        np.concatenate(images).astype(int)[order],
        np.concatenate(rights, axis=1)[:, order],
        np.concatenate(ignoreds, axis=1)[:, order],
        np.array(counts),
    )


def overlaps_of(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection over union of all pairs: (n, m) of corners (n, 4) and (m, 4)."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    intersection = np.prod(np.maximum(high - low, 0), axis=-1)
    union = areas(one)[:, None] + areas(other)[None] - intersection
    return intersection / np.maximum(union, 1e-12)


def areas(boxes: np.ndarray) -> np.ndarray:
    """(n,) of corners (n, 4)."""
    return np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1)


def _is_outside(boxes: np.ndarray, low: float, high: float) -> np.ndarray:
    return (areas(boxes) < low) | (areas(boxes) > high)


def _match_image(iou: np.ndarray, outside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which boxes, best first, find one; and whether that is of a size that does not count: bool (overlaps, n) each."""
    num_found, num_wanted = iou.shape
    right = np.zeros((len(OVERLAPS), num_found), bool)
    ignored = np.zeros_like(right)
    if not num_wanted:
        return right, ignored
    taken = np.zeros((len(OVERLAPS), num_wanted), bool)
    rows = np.arange(len(OVERLAPS))
    for i in range(num_found):
        # Those that count come first, whatever their overlap; of equal ones the last, as in pycocotools.
        free = np.where(taken | (iou[i] < np.minimum(OVERLAPS, 1 - 1e-10)[:, None]), -1.0, iou[i])
        counting = np.where(outside, -1.0, free)
        use = np.where(counting.max(axis=1, keepdims=True) >= 0, counting, free)
        best = num_wanted - 1 - use[:, ::-1].argmax(axis=1)
        has = use[rows, best] >= 0
        right[:, i] = has
        ignored[:, i] = has & outside[best]
        taken[rows[has], best[has]] = True
    return right, ignored
