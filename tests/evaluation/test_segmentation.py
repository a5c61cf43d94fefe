"""Masks judged."""

import json

import keras
import numpy as np
import pytest

from kformer.evaluation import judge
from kformer.evaluation.segmentation import PixelCounts, read_mask, segmentation_metrics
from tests.tiny import scenes, segmenter

LABELS = ("a", "b", "c")
random = np.random.default_rng(0)
TRUTHS = [np.where(random.random((7, 5 + i)) < 0.2, 255, random.integers(0, 3, (7, 5 + i))) for i in range(6)]
SAID = [random.integers(0, 3, truth.shape) for truth in TRUTHS]


@pytest.fixture(scope="module")
def metrics():
    counts = [PixelCounts.of(truth, said, 3) for truth, said in zip(TRUTHS, SAID, strict=True)]
    return segmentation_metrics(counts, LABELS, num_resamples=50)


@pytest.fixture(scope="module")
def judged():
    return judge(segmenter(), scenes(8, size=(10, 9)))


def flat():
    """All pixels that count: classes and predictions."""
    pairs = [(truth[truth != 255], said[truth != 255]) for truth, said in zip(TRUTHS, SAID, strict=True)]
    return tuple(np.concatenate(part) for part in zip(*pairs, strict=True))


def test_the_mean_iou_is_keras(metrics):
    oracle = keras.metrics.MeanIoU(num_classes=3)
    oracle.update_state(*flat())
    assert metrics["mean_iou"]["value"] == pytest.approx(float(oracle.result()), abs=1e-6)


@pytest.mark.parametrize("index", range(3))
def test_the_iou_of_a_class_is_intersection_by_union(metrics, index):
    actual, said = (part == index for part in flat())
    assert metrics[f"iou/{LABELS[index]}"]["value"] == pytest.approx((actual & said).sum() / (actual | said).sum())


def test_accuracies_are_scikit_learn_s(metrics):
    from sklearn.metrics import accuracy_score, balanced_accuracy_score

    assert metrics["pixel_accuracy"]["value"] == pytest.approx(accuracy_score(*flat()))
    assert metrics["mean_accuracy"]["value"] == pytest.approx(balanced_accuracy_score(*flat()))


def test_a_value_lies_in_its_interval(metrics):
    assert metrics["mean_iou"]["low"] <= metrics["mean_iou"]["value"] <= metrics["mean_iou"]["high"]


def test_scores_are_numbers_that_json_knows(metrics):
    assert json.loads(json.dumps(metrics)) == metrics


def test_a_class_that_neither_occurs_nor_is_predicted_is_left_out():
    counts = [PixelCounts.of(np.array([[0, 1]]), np.array([[0, 1]]), 3)]
    metrics = segmentation_metrics(counts, LABELS, num_resamples=0)
    assert metrics["mean_iou"]["value"] == 1.0 and metrics["iou/c"]["value"] is None


def test_a_class_that_is_predicted_in_vain_counts():
    counts = [PixelCounts.of(np.array([[0, 1]]), np.array([[0, 2]]), 3)]
    assert segmentation_metrics(counts, LABELS, num_resamples=0)["mean_iou"]["value"] == pytest.approx(1 / 3)


def test_a_pixel_without_a_prediction_is_missed():
    counts = PixelCounts.of(np.array([[0, 1]]), np.array([[0, 255]]), 3)
    assert segmentation_metrics([counts], LABELS, num_resamples=0)["pixel_accuracy"]["value"] == 0.5


def test_ignored_pixels_are_in_no_count(judged):
    # The first row of each mask is "void".
    assert judged.confusion.sum() == 8 * 9 * 9


def test_masks_are_compared_at_their_own_size(judged):
    task, examples = segmenter(), scenes(8, size=(10, 9))
    right = 0
    for index, mask in task.masks_of(examples):
        truth = read_mask(examples.values("mask")[index])
        assert mask.shape == truth.shape == (10, 9)
        right += (mask == truth)[truth != 1].sum()
    assert judged.metrics()["pixel_accuracy"]["value"] == pytest.approx(right / judged.confusion.sum())


def test_the_worst_pictures_come_first(judged):
    scores = [mistake["score"] for mistake in judged.mistakes()]
    assert scores == sorted(scores, reverse=True) and scores[0] > 0


def test_a_mistake_is_shown_beside_what_is_right(judged):
    mistake = judged.mistakes()[0]
    assert mistake["picture"].startswith("data:image/png;base64,") and "of the pixels wrong" in mistake["note"]
    assert {mistake["label"], mistake["predicted"]} == {"dark", "light"}


def test_the_legend_has_the_colours_of_the_indices_in_masks(judged):
    from kformer.data.images.drawing import class_color

    assert judged.report_parts()["legend"] == {"dark": class_color(0), "light": class_color(2)}


def test_the_background_has_no_colour():
    names = ("background", "void", "cat")
    judged = judge(segmenter(names=names), scenes(2, size=(10, 9), names=names))
    assert list(judged.report_parts()["legend"]) == ["cat"]


def test_samples_say_how_much_was_right(judged):
    assert set(judged.samples[0]) == {"image", "mean IoU", "pixels wrong", "largest mistake"}


def test_tensorboard_gets_a_picture(judged):
    assert judged.picture().startswith(b"\x89PNG")
