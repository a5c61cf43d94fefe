"""What is said of a detector: average precision, boxes shown, pictures."""

import io

import numpy as np
import pytest
from PIL import Image

from kformer.evaluation.detection import JudgedDetection, detection_metrics
from tests.tiny import box_scenes

LABELS = ("blue", "red")


def as_found(examples, score=0.9):
    """A detector that is always right."""
    wanted = JudgedDetection(LABELS, examples, (), 0.3).wanted
    return [{**image, "scores": np.full(len(image["classes"]), score)} for image in wanted]


@pytest.fixture(scope="module")
def examples():
    return box_scenes(9)


def test_a_perfect_detector_has_a_precision_of_one(examples):
    metrics = JudgedDetection(LABELS, examples, as_found(examples), 0.3).metrics()
    for name in ("map", "map50", "map75", "ap50/blue", "ap/red", "recall/red"):
        assert metrics[name] == {"value": 1.0, "low": 1.0, "high": 1.0}
    for name in ("precision", "recall", "f1"):
        assert metrics[name] == {"value": 1.0, "low": 1.0, "high": 1.0, "note": "score from 0.3"}
    assert metrics["num_examples"] == 9 and metrics["map_large"]["value"] is None


def test_boxes_below_the_threshold_count_for_average_precision_alone(examples):
    metrics = JudgedDetection(LABELS, examples, as_found(examples, score=0.2), 0.3).metrics()
    assert metrics["map50"]["value"] == 1.0
    assert metrics["recall"]["value"] == 0.0 and metrics["precision"]["value"] is None


def test_a_class_without_boxes_is_left_out_of_the_mean(examples):
    wanted = JudgedDetection(LABELS, examples, (), 0.3).wanted
    metrics = detection_metrics(wanted, as_found(examples), (*LABELS, "green"), num_resamples=0)
    assert metrics["ap/green"]["value"] is None and metrics["map"]["value"] == 1.0


def test_half_of_the_boxes_have_half_of_the_recall(examples):
    found = as_found(examples)
    found = [image if i < 4 else {name: part[:0] for name, part in image.items()} for i, image in enumerate(found)]
    metrics = JudgedDetection(LABELS, examples, found, 0.3).metrics()
    assert metrics["recall"]["value"] == pytest.approx(3 / 9)
    assert metrics["recall"]["low"] < 3 / 9 < metrics["recall"]["high"]


def test_the_worst_image_comes_first_with_its_mistakes(examples):
    found = as_found(examples)
    found[5] = {name: part[:0] for name, part in found[5].items()}
    box = {"boxes": np.array([[0.0, 0, 5, 5]]), "classes": np.array([0]), "scores": np.array([0.8])}
    found[0] = box
    first, second = JudgedDetection(LABELS, examples, found, 0.3).mistakes()
    assert (first["row"], first["note"], first["predicted"]) == (5, "2 missed, 0 wrong", "nothing")
    assert (second["row"], second["note"], second["label"]) == (0, "0 missed, 1 wrong", "nothing")
    assert first["picture"].startswith("data:image/png;base64,")


def test_a_second_box_for_one_thing_is_wrong(examples):
    found = as_found(examples)
    found[1] = {name: np.concatenate([part, part]) for name, part in found[1].items()}
    (mistake,) = JudgedDetection(LABELS, examples, found, 0.3).mistakes()
    assert mistake["note"] == "0 missed, 1 wrong"


def test_samples_count_the_boxes_of_each_class(examples):
    samples = JudgedDetection(LABELS, examples, as_found(examples), 0.3).samples
    assert samples[0] == {"image": "image 1", "boxes": "nothing", "predicted": "nothing"}
    assert samples[2]["boxes"] == samples[2]["predicted"] == "1 × blue, 1 × red"


def test_the_sheet_holds_nine_pictures(examples):
    sheet = Image.open(io.BytesIO(JudgedDetection(LABELS, examples, as_found(examples), 0.3).picture()))
    assert sheet.size == (1080, 720)
