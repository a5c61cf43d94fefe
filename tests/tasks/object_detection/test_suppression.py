import numpy as np
import pytest

from kformer.tasks.object_detection.suppression import best_boxes
from tests.tasks.object_detection.test_boxes import giou_of_two


def naive(boxes, scores, threshold, iou, most):
    """The boxes that stay of one image, by loops: (score, class, box), best first."""
    kept = []
    for label in range(scores.shape[1]):
        chosen = []
        for i in np.argsort(-scores[:, label], kind="stable"):
            is_new = all(giou_of_two(boxes[i], other)[0] <= iou for _, _, other in chosen)
            if scores[i, label] > threshold and is_new:
                chosen.append((scores[i, label], label, tuple(boxes[i])))
        kept += chosen
    return sorted(kept, reverse=True)[:most]


@pytest.mark.parametrize("seed", range(3))
def test_boxes_that_overlap_a_better_one_of_their_class_go(seed):
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 60, (1, 40, 2))
    boxes = np.concatenate([corner, corner + random.uniform(10, 40, corner.shape)], axis=-1).astype("float32")
    scores = random.uniform(size=(1, 40, 2)).astype("float32")
    found = {name: np.asarray(value)[0] for name, value in best_boxes(boxes, scores, 0.3, 0.4, 15).items()}
    expected = naive(boxes[0], scores[0], 0.3, 0.4, 15)
    assert found["num"] == len(expected)
    for i, (score, label, box) in enumerate(expected):
        assert (found["scores"][i], found["classes"][i]) == (score, label)
        np.testing.assert_array_equal(found["boxes"][i], box)


def test_none_keeps_boxes_that_are_equal():
    boxes = np.tile(np.array([1, 2, 3, 4], "float32"), (1, 3, 1))
    scores = np.array([[[0.9], [0.8], [0.7]]], "float32")
    assert best_boxes(boxes, scores, 0.1, None, 5)["num"][0] == 3
    assert best_boxes(boxes, scores, 0.1, 0.5, 5)["num"][0] == 1
