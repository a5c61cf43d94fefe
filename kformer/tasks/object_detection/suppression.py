"""From all candidates of an image to its boxes, in the graph."""

_MOST_CANDIDATES = 1000  # of an image that are compared with each other


def best_boxes(boxes, scores, score_threshold, nms_iou, max_detections):
    """The boxes with the highest scores, and without those that overlap a better one of the same class.

    Args:
        boxes: float32 (batch, candidates, 4), corners.
        scores: float32 (batch, candidates, classes).
        score_threshold: float, the least score.
        nms_iou: float, the intersection over union from which on two boxes are the same; None keeps all.
        max_detections: int, boxes of an image at most.

    Returns:
        dict of `boxes` (batch, max_detections, 4), `scores` and `classes` (batch, max_detections), best first, 0 where
        there are fewer; `num` int32 (batch,), how many there are.
    """
    import tensorflow as tf

    best = tf.reduce_max(scores, axis=-1)
    count = tf.minimum(tf.shape(best)[1], _MOST_CANDIDATES)
    chosen = tf.math.top_k(best, count).indices
    boxes, scores = (tf.gather(values, chosen, batch_dims=1) for values in (boxes, scores))
    found = tf.image.combined_non_max_suppression(
        boxes[:, :, None],
        scores,
        max_output_size_per_class=max_detections,
        max_total_size=max_detections,
        iou_threshold=1.0 if nms_iou is None else nms_iou,
        score_threshold=score_threshold,
        clip_boxes=False,
    )
    return {
        "boxes": found.nmsed_boxes,
        "scores": found.nmsed_scores,
        "classes": tf.cast(found.nmsed_classes, "int32"),
        "num": found.valid_detections,
    }
