"""How detection tokens are trained and read: each becomes one box of an image, or none."""

from keras import ops

from kformer.tasks.losses import cross_entropy
from kformer.tasks.object_detection.boxes import overlaps, to_corners, to_middles
from kformer.tasks.object_detection.matching import match


class SetPrediction:
    """A loss that does not mind the order, and no need to remove doubles.

    Each box of an image is matched with a token, so that what they cost together is least; tokens without a box are to
    say "no object". The loss of an image is

        cross-entropy, weighted mean over the tokens + (5 x sum |differences| + 2 x (1 - generalised IoU)) / boxes

    Paper: Carion et al., DETR, arXiv 2005.12872, section 3.1 and appendix A.4.

    Args:
        image_size: two ints, height and width of what the model reads.
        num_classes: int.
        no_object_weight: float, of the class "no object" in the cross-entropy.
        class_cost, distance_cost, overlap_cost: floats, weights of the parts of the cost; the last two also of the
            loss.
    """

    def __init__(
        self, image_size, num_classes, no_object_weight=0.1, class_cost=1.0, distance_cost=5.0, overlap_cost=2.0
    ):
        height, width = image_size
        self.sides = (width, height, width, height)
        self.num_classes = num_classes
        self.no_object_weight = no_object_weight
        self.class_cost = class_cost
        self.distance_cost = distance_cost
        self.overlap_cost = overlap_cost

    def losses(self, targets, outputs):
        """The loss of each image: float32 (batch,).

        Args:
            targets: dict of `boxes` (batch, boxes, 4), corners in pixels, and `classes` (batch, boxes), -1 for padding,
                which stands behind the real ones.
            outputs: dict of `logits` and `boxes`, as `SetPredictionHead` gives them.
        """
        logits, middles = (ops.cast(outputs[name], "float32") for name in ("logits", "boxes"))
        classes = ops.cast(targets["classes"], "int32")
        wanted = targets["boxes"] / ops.convert_to_tensor(self.sides, "float32")
        # More boxes than tokens: the last ones have none.
        counts = ops.minimum(ops.sum(ops.cast(classes >= 0, "int32"), axis=1), ops.shape(logits)[1])
        costs = ops.stop_gradient(self.costs(classes, wanted, logits, middles))
        row_of = match(costs, counts)
        is_matched, row = row_of >= 0, ops.maximum(row_of, 0)
        its_class = ops.where(is_matched, ops.take_along_axis(classes, row, axis=1), self.num_classes)
        its_box = ops.take_along_axis(wanted, row[:, :, None], axis=1)
        count = ops.maximum(ops.cast(counts, "float32"), 1.0)
        return self._class_loss(its_class, logits) + self._box_loss(its_box, middles, is_matched) / count

    def costs(self, classes, wanted, logits, middles):
        """What each token costs each box: (batch, boxes, tokens).

        Args:
            classes: (batch, boxes).
            wanted: (batch, boxes, 4), corners as shares of the image.
            logits: (batch, tokens, num_classes + 1).
            middles: (batch, tokens, 4), as shares of the image.
        """
        probabilities = ops.softmax(logits, axis=-1)
        is_class = ops.one_hot(ops.maximum(classes, 0), self.num_classes + 1, dtype="float32")
        at_class = ops.einsum("bnc,bqc->bnq", is_class, probabilities)
        distance = ops.sum(ops.abs(to_middles(wanted)[:, :, None] - middles[:, None]), axis=-1)
        _, giou = overlaps(wanted[:, :, None], to_corners(middles)[:, None])
        return self.distance_cost * distance - self.class_cost * at_class - self.overlap_cost * giou

    def _class_loss(self, classes, logits):
        weights = ops.where(classes == self.num_classes, self.no_object_weight, 1.0)
        return ops.sum(weights * cross_entropy(classes, logits), axis=1) / ops.sum(weights, axis=1)

    def _box_loss(self, corners, middles, is_matched):
        """The sum over the boxes of each image."""
        distance = ops.sum(ops.abs(to_middles(corners) - middles), axis=-1)
        _, giou = overlaps(corners, to_corners(middles))
        loss = self.distance_cost * distance + self.overlap_cost * (1.0 - giou)
        return ops.sum(ops.where(is_matched, loss, 0.0), axis=1)

    def candidates(self, outputs):
        """Each token's box, and its score if it has the class: all that may be found.

        Args:
            outputs: as for `losses`.

        Returns:
            boxes (batch, tokens, 4), corners in pixels; scores (batch, tokens, num_classes), 0 but at the best class.
        """
        logits, middles = (ops.cast(outputs[name], "float32") for name in ("logits", "boxes"))
        probabilities = ops.softmax(logits, axis=-1)[..., :-1]
        best = ops.max(probabilities, axis=-1, keepdims=True)
        boxes = to_corners(middles) * ops.convert_to_tensor(self.sides, "float32")
        return boxes, ops.where(probabilities >= best, probabilities, 0.0)
