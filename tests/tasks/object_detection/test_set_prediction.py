import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import linear_sum_assignment

from kformer.tasks.object_detection.set_prediction import SetPrediction
from tests.tasks.object_detection.test_boxes import giou_of_two

HEIGHT, WIDTH = 40, 80
PREDICTION = SetPrediction((HEIGHT, WIDTH), 2)
# As training runs it: the loops of the matching are slow outside a graph.
losses_of = tf.function(PREDICTION.losses, autograph=False, reduce_retracing=True)


def case(seed=0, batch=3, tokens=7, boxes=4):
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 20, (batch, boxes, 2))
    corners = np.concatenate([corner, corner + random.uniform(5, 20, corner.shape)], axis=-1)
    classes = random.integers(0, 2, (batch, boxes))
    classes[0, 2:], classes[1, :] = -1, -1
    targets = {"boxes": corners.astype("float32"), "classes": classes.astype("int32")}
    middles = random.uniform(0.2, 0.8, (batch, tokens, 4))
    outputs = {"logits": random.normal(size=(batch, tokens, 3)), "boxes": middles}
    return targets, {name: value.astype("float32") for name, value in outputs.items()}


def corners_of(middle):
    x, y, width, height = middle
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def middles_of(corners):
    x0, y0, x1, y1 = corners
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0])


def naive_loss(classes, boxes, logits, middles):
    """DETR's loss of one image, matched by SciPy."""
    real = classes >= 0
    boxes = boxes[real] / np.array([WIDTH, HEIGHT, WIDTH, HEIGHT])
    classes = classes[real]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    distance = np.array([[np.abs(middles_of(box) - middle).sum() for middle in middles] for box in boxes])
    giou = np.array([[giou_of_two(corners_of(middle), box)[1] for middle in middles] for box in boxes])
    wanted, box_loss = np.full(len(logits), 2), 0.0
    if len(boxes):
        rows, columns = linear_sum_assignment(5 * distance - probabilities[:, classes].T - 2 * giou)
        wanted[columns] = classes[rows]
        box_loss = (5 * distance[rows, columns] + 2 * (1 - giou[rows, columns])).sum() / len(boxes)
    weights = np.where(wanted == 2, 0.1, 1.0)
    return -(weights * np.log(probabilities[range(len(logits)), wanted])).sum() / weights.sum() + box_loss


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_is_that_of_scipy_and_loops(seed):
    targets, outputs = case(seed)
    losses = np.asarray(losses_of(targets, outputs))
    rows = zip(targets["classes"], targets["boxes"], outputs["logits"], outputs["boxes"], strict=True)
    np.testing.assert_allclose(losses, [naive_loss(*row) for row in rows], rtol=1e-4)


def test_more_boxes_than_tokens_leave_the_last_ones_out():
    targets, outputs = case()
    fewer = {name: value[:, :2] for name, value in outputs.items()}
    cut = {name: value[2:, :2] for name, value in targets.items()}
    last = {name: value[2:] for name, value in fewer.items()}
    np.testing.assert_allclose(losses_of(targets, fewer)[2:], losses_of(cut, last), rtol=1e-5)


def test_a_token_has_the_score_of_its_best_class_alone():
    _, outputs = case()
    boxes, scores = (np.asarray(part) for part in PREDICTION.candidates(outputs))
    assert (np.count_nonzero(scores, axis=-1) == 1).all()
    np.testing.assert_allclose(
        boxes[0, 0], np.array(corners_of(outputs["boxes"][0, 0])) * [WIDTH, HEIGHT, WIDTH, HEIGHT], rtol=1e-5
    )
