"""How the places of a dense head are trained and read: those near the middle of a box are to find it."""

import numpy as np
from keras import ops

from kformer.tasks.object_detection.boxes import overlaps

# Of focal loss and of the size of the middle, in strides: the papers' own.
_ALPHA, _GAMMA, _RADIUS = 0.25, 2.0, 1.5
# A map is for boxes whose longer half reaches from two to four strides, the first and the last for all others.
_REACH = 4.0
_FAR = 1e9


class DensePrediction:
    """FCOS: focal loss on the classes, generalised IoU on the boxes, and how central a place lies in its box.

    A box belongs to the map that suits its size, and there to the places inside it that lie within 1.5 strides of its
    middle; a place in several boxes finds the smallest. The loss of an image is

        sum of focal losses / places with a box + weighted mean of (1 - generalised IoU) + mean cross-entropy of the
        centerness

    where the weights are the centerness, sqrt(min(l, r) / max(l, r) x min(t, b) / max(t, b)).

    Papers: Tian et al., FCOS, arXiv 1904.01355 and 2006.09214 (centre sampling); Lin et al., arXiv 1708.02002 (focal).

    Args:
        image_size: two ints, height and width of what the model reads.
        num_classes: int.
        patch_size: int, pixels of a patch's side.
        strides: ints, pixels between two places of each map.
    """

    def __init__(self, image_size, num_classes, patch_size, strides=(8, 16, 32)):
        self.image_size = tuple(image_size)
        self.num_classes = num_classes
        self.middles, self.strides, level = places(image_size, patch_size, strides)
        reach = [0.0, *(_REACH * stride for stride in strides[:-1]), _FAR]
        self.reach = np.array(reach, "float32")[level], np.array(reach, "float32")[level + 1]

    def losses(self, targets, outputs):
        """The loss of each image: float32 (batch,).

        Args:
            targets: dict of `boxes` (batch, boxes, 4), corners in pixels, and `classes` (batch, boxes), -1 for padding.
            outputs: dict of `logits`, `distances` and `centerness`, as `DenseDetectionHead` gives them.
        """
        classes, boxes = self.assign(targets["classes"], targets["boxes"])
        is_object = classes >= 0
        count = ops.maximum(ops.sum(ops.cast(is_object, "float32"), axis=1), 1.0)
        centerness = ops.where(is_object, self._centerness(boxes), 0.0)
        _, giou = overlaps(self.boxes_at(outputs["distances"]), boxes)
        weight = ops.maximum(ops.sum(centerness, axis=1), 1e-6)
        box_loss = ops.sum(centerness * (1.0 - giou), axis=1) / weight
        center_loss = ops.where(is_object, _binary_cross_entropy(centerness, outputs["centerness"]), 0.0)
        wanted = ops.one_hot(classes, self.num_classes, dtype="float32")
        class_loss = ops.sum(focal_loss(wanted, outputs["logits"]), axis=(1, 2))
        return (class_loss + ops.sum(center_loss, axis=1)) / count + box_loss

    def assign(self, classes, boxes):
        """The box that each place is to find.

        Args:
            classes: int (batch, boxes), -1 for padding.
            boxes: float32 (batch, boxes, 4), corners in pixels.

        Returns:
            classes int32 (batch, places), -1 for none, and corners float32 (batch, places, 4).
        """
        classes = ops.cast(classes, "int32")
        low, high = boxes[:, None, :, :2], boxes[:, None, :, 2:]  # (batch, 1, boxes, 2)
        middles, strides = self.middles[None, :, None], self.strides[None, :, None]  # of the places, (1, places, 1)
        is_inside = ops.all(ops.logical_and(middles > low, middles < high), axis=-1)
        off_center = ops.max(ops.abs(middles - (low + high) / 2), axis=-1)
        longer_half = ops.max(high - low, axis=-1) / 2
        least, most = (bound[None, :, None] for bound in self.reach)
        fits = ops.logical_and(longer_half > least, longer_half <= most)
        fits = ops.logical_and(ops.logical_and(fits, is_inside), off_center < _RADIUS * strides)
        fits = ops.logical_and(fits, (classes >= 0)[:, None, :])
        area = ops.where(fits, ops.prod(high - low, axis=-1), _FAR)
        chosen = ops.cast(ops.argmin(area, axis=-1), "int32")
        its_class = ops.where(ops.any(fits, axis=-1), ops.take_along_axis(classes, chosen, axis=1), -1)
        return its_class, ops.take_along_axis(boxes, chosen[:, :, None], axis=1)

    def _centerness(self, boxes):
        low, high = self.middles - boxes[..., :2], boxes[..., 2:] - self.middles
        ratio = ops.minimum(low, high) / ops.maximum(ops.maximum(low, high), 1e-6)
        return ops.sqrt(ops.maximum(ratio[..., 0] * ratio[..., 1], 0.0))

    def boxes_at(self, distances):
        """Corners in pixels, (batch, places, 4), of distances in strides."""
        reach = distances * self.strides[:, None]
        return ops.concatenate([self.middles - reach[..., :2], self.middles + reach[..., 2:]], axis=-1)

    def candidates(self, outputs):
        """The box of each place, and its score with each class: all that may be found.

        Args:
            outputs: as for `losses`.

        Returns:
            boxes (batch, places, 4), corners in pixels; scores (batch, places, num_classes), sqrt(probability of the
            class x centerness).
        """
        centerness = ops.sigmoid(outputs["centerness"])[:, :, None]
        scores = ops.sqrt(ops.sigmoid(outputs["logits"]) * centerness)
        return self.boxes_at(outputs["distances"]), scores


def places(image_size, patch_size, strides):
    """Where the places of a `FeaturePyramid` lie, its maps one after the other, each row by row.

    Returns:
        middles float32 (places, 2), x and y in pixels; stride of each float32 (places,); map of each int (places,).
    """
    middles, of_place, level = [], [], []
    for number, stride in enumerate(strides):
        rows, columns = (-(-(side // patch_size) * patch_size // stride) for side in image_size)
        y, x = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
        middles.append((np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) * stride)
        of_place += [stride] * (rows * columns)
        level += [number] * (rows * columns)
    return np.concatenate(middles).astype("float32"), np.array(of_place, "float32"), np.array(level)


def focal_loss(targets, logits):
    """-alpha (1 - p)^gamma log p where p is the probability of what is right: of the same shape.

    alpha is 0.25 for what is there and 0.75 for what is not, gamma is 2. Paper: Lin et al., arXiv 1708.02002,
    equation 5.

    Args:
        targets: (...) of 0 and 1.
        logits: (...).
    """
    losses = _binary_cross_entropy(targets, logits)
    alpha = _ALPHA * targets + (1.0 - _ALPHA) * (1.0 - targets)
    return alpha * (1.0 - ops.exp(-losses)) ** _GAMMA * losses


def _binary_cross_entropy(targets, logits):
    return ops.relu(logits) - logits * targets + ops.log1p(ops.exp(-ops.abs(logits)))
