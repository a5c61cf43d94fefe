import contextlib
import io

import numpy as np
import pytest

from kformer.evaluation.average_precision import OVERLAPS, SIZES, match_class

NUM_IMAGES = 12


def scene(random, num_images=NUM_IMAGES):
    """Right boxes of all sizes, and found ones about as good as a model's: moved, missed, doubled and made up."""
    wanted, found, scores = [], [], []
    for _ in range(num_images):
        sides = np.exp(random.uniform(np.log(10), np.log(200), (random.integers(0, 8), 2)))
        corner = random.uniform(0, 300, sides.shape)
        truth = np.concatenate([corner, corner + sides], axis=1)
        near = truth[random.integers(0, max(len(truth), 1), random.integers(0, 12))] if len(truth) else truth
        near = near + random.normal(0, 0.08, near.shape) * np.tile(near[:, 2:] - near[:, :2], 2)
        corner = random.uniform(0, 300, (random.integers(0, 4), 2))
        made_up = np.concatenate([corner, corner + random.uniform(5, 150, corner.shape)], axis=1)
        wanted.append(truth)
        found.append(np.concatenate([near, made_up]))
        scores.append(np.round(random.uniform(size=len(found[-1])), 2))
    return wanted, found, scores


def of_pycocotools(wanted, found, scores):
    """Its precision (overlaps,) by size, NaN where it has -1."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def with_sizes(boxes):
        return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1).tolist()

    annotations = [
        {"image_id": i, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}
        for i, boxes in enumerate(wanted)
        for box in with_sizes(boxes)
    ]
    annotations = [{**annotation, "id": number} for number, annotation in enumerate(annotations, 1)]
    results = [
        {"image_id": i, "category_id": 1, "bbox": box, "score": float(score)}
        for i, (boxes, image_scores) in enumerate(zip(found, scores, strict=True))
        for box, score in zip(with_sizes(boxes), image_scores, strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": i} for i in range(len(wanted))],
            "categories": [{"id": 1, "name": "thing"}],
            "annotations": annotations,
        }
        coco.createIndex()
        judged = COCOeval(coco, coco.loadRes(results), "bbox")
        judged.evaluate()
        judged.accumulate()
    precision = judged.eval["precision"][:, :, 0, :, -1]  # (overlaps, recalls, sizes)
    return {
        name: np.where((precision[:, :, i] > -1).any(axis=1), precision[:, :, i].mean(axis=1), np.nan)
        for i, name in enumerate(SIZES)
    }


@pytest.mark.parametrize("seed", range(6))
def test_precision_is_that_of_pycocotools(seed):
    case = scene(np.random.default_rng(seed))
    expected = of_pycocotools(*case)
    for size in SIZES:
        ours = match_class(*case, size).precision(np.ones((NUM_IMAGES, 1)))[:, 0]
        np.testing.assert_allclose(ours, expected[size], atol=1e-9, err_msg=size)


def test_an_image_that_weighs_twice_counts_as_two():
    case = scene(np.random.default_rng(1), 4)
    twice = [[*part, part[2]] for part in case]
    weights = np.array([[1.0], [1.0], [2.0], [1.0]])
    np.testing.assert_allclose(
        match_class(*case).precision(weights), match_class(*twice).precision(np.ones((5, 1))), atol=1e-12
    )


def test_without_a_box_to_find_there_is_no_precision():
    nothing, boxes = [np.zeros((0, 4))], [np.array([[0.0, 0, 5, 5]])]
    precision = match_class(nothing, boxes, [np.ones(1)]).precision(np.ones((1, 1)))
    assert np.isnan(precision).all() and len(precision) == len(OVERLAPS)


def test_without_a_found_box_precision_is_zero():
    boxes, nothing = [np.array([[0.0, 0, 5, 5]])], [np.zeros((0, 4))]
    assert (match_class(boxes, nothing, [np.zeros(0)]).precision(np.ones((1, 1))) == 0).all()
