"""Object detection: a picture in, boxes with names out."""

import dataclasses
import io

import numpy as np
import pyarrow as pa
import pytest

import kformer as kf
from kformer.data.images.boxes import BOX
from kformer.exporting import Predictor
from kformer.tasks import ObjectDetection, load_task
from kformer.training.image_recipes import ObjectDetectionRecipe
from tests.tiny import box_scenes, detector

HEADS = ("dense", "set")


@pytest.fixture(scope="module")
def examples():
    return box_scenes(12)


@pytest.fixture(params=HEADS)
def task(request):
    return detector(request.param)


def flat(answers):
    """The boxes of answers as rows of numbers, with the image's."""
    sides = ("score", "x0", "y0", "x1", "y1")
    return np.array(
        [[i, *(box[side] for side in sides)] for i, answer in enumerate(answers) for box in answer["boxes"]]
    )


def test_the_predictor_answers_as_evaluation_finds(task, examples):
    found = task.boxes_of(examples)
    answers = Predictor(task)(examples.values("image"))
    for ours, answer in zip(found, answers, strict=True):
        shown = [(task.labels[number], score) for number, score in zip(ours["classes"], ours["scores"], strict=True)]
        count = min(len(shown), len(answer["boxes"]))
        assert count and [box["label"] for box in answer["boxes"]][:count] == [label for label, _ in shown][:count]
        boxes = flat([answer])[:count, 2:]
        np.testing.assert_allclose(boxes, ours["boxes"][:count], atol=0.06)  # answers have one decimal


def test_boxes_are_in_pixels_of_the_original(examples):
    """A perfect head: what it says of the model's pixels comes back to where the boxes were."""
    task = detector("set", image_size=(32, 64))
    large = box_scenes(6, size=(200, 260))
    _, targets, _ = next(iter(task.batches(large, batch_size=6)))
    shapes = task.processor.store(large).shapes, task.processor.store(large).original_shapes
    from kformer.tasks.object_detection.serving import in_originals

    back = in_originals(task.processor, targets["boxes"], *shapes).numpy()
    for boxes, wanted in zip(back, large.values("boxes"), strict=True):
        expected = np.array([[box[side] for side in ("x0", "y0", "x1", "y1")] for box in wanted]).reshape(-1, 4)
        np.testing.assert_allclose(boxes[: len(wanted)], expected, atol=1e-2)


def test_a_picture_turned_by_exif_has_boxes_the_right_way_up(task):
    from PIL import Image

    # Smooth, so that JPEG keeps it.
    y, x = np.meshgrid(np.arange(40), np.arange(60), indexing="ij")
    pixels = np.stack([4 * x, 6 * y, 2 * (x + y)], axis=-1).astype("uint8")
    turned, exif, file = Image.fromarray(pixels).transpose(Image.Transpose.ROTATE_90), Image.Exif(), io.BytesIO()
    exif[0x0112] = 6  # the camera was held so that the picture is to be turned clockwise
    turned.save(file, "JPEG", quality=100, subsampling=0, exif=exif)
    upright = io.BytesIO()
    Image.fromarray(pixels).save(upright, "JPEG", quality=100, subsampling=0)
    ours, theirs = Predictor(task)([file.getvalue(), upright.getvalue()])
    np.testing.assert_allclose(flat([ours])[0], flat([theirs])[0], atol=1.0)
    assert max(box["x1"] for box in ours["boxes"]) > 40


def test_a_threshold_can_be_changed_after_loading(task, examples):
    predictor = Predictor(task)
    image = examples.values("image")[2]
    scores = [box["score"] for box in predictor(image)["boxes"]]
    task.score_threshold = (scores[0] + scores[1]) / 2
    assert [box["score"] for box in predictor(image)["boxes"]] == scores[:1]
    task.score_threshold = 0.0


def test_a_saved_task_finds_the_same(task, examples, tmp_path):
    task.save(tmp_path / "model.keras")
    loaded = load_task(tmp_path / "model.keras", precision="float32")
    for ours, theirs in zip(loaded.boxes_of(examples), task.boxes_of(examples), strict=True):
        np.testing.assert_allclose(ours["boxes"], theirs["boxes"], atol=1e-4)


def test_a_run_is_made_of_a_recipe(examples, tmp_path):
    recipe = ObjectDetectionRecipe(
        epochs=1,
        batch_size=4,
        image_size=48,
        variant="vitc-nano-8",
        head_channels=8,
        mosaic=0.5,
        precision="float32",
    )
    task = ObjectDetection.from_recipe(examples, "none", recipe)
    assert task.processor.image_size == (32, 48)  # the proportions of 40 x 60 pixels
    run = kf.fine_tune(task, examples, box_scenes(6, seed=1), recipe, tmp_path / "run")
    assert set(run.metrics["validation"]) >= {"map50", "map", "map75", "ap50/red", "recall", "map_small"}
    assert "Average precision, overlap 0.5" in (tmp_path / "run" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("head", "count", "expected", "reason"),
    [
        ("auto", 100, "dense", "needs more than the 100 images"),
        ("auto", 5000, "set", "there are 5,000 images"),
        ("set", 100, "set", "as asked for"),
    ],
)
def test_the_head_is_chosen_by_the_number_of_images(head, count, expected, reason):
    from kformer.tasks.object_detection.starting import choose_head

    chosen, why = choose_head(head, count)
    assert chosen == expected and reason in why


def test_the_log_says_which_head_and_why(examples):
    recipe = ObjectDetectionRecipe(image_size=32, variant="vitc-nano-8", head_channels=8)
    task = ObjectDetection.from_recipe(examples, "none", recipe)
    assert task.data_notes(examples)[-1].startswith("head: dense (set prediction from scratch needs more than the 12")


def test_a_detector_starts_from_a_detector(task, examples, tmp_path):
    task.save(tmp_path / "model.keras")
    started = ObjectDetection.from_pretrained(tmp_path / "model.keras", labels=task.labels, precision="float32")
    assert started.head_kind == task.head_kind and started.processor.image_size == (32, 48)
    batch = {"images": np.random.default_rng(0).normal(size=(1, 32, 48, 3)).astype("float32")}
    for ours, theirs in zip(started(batch).values(), task(batch).values(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_other_labels_get_a_new_layer_that_tells_them_apart(task, tmp_path):
    task.save(tmp_path / "model.keras")
    started = ObjectDetection.from_pretrained(tmp_path / "model.keras", labels=("a", "b"), precision="float32")
    batch = {"images": np.random.default_rng(0).normal(size=(1, 32, 48, 3)).astype("float32")}
    ours, theirs = started(batch), task(batch)
    name = "boxes" if task.head_kind == "set" else "distances"
    np.testing.assert_allclose(ours[name], theirs[name], atol=1e-5)
    assert not np.allclose(ours["logits"], theirs["logits"], atol=1e-3)


def test_a_yolos_folder_gives_backbone_head_and_labels(tmp_path):
    from kformer.checkpoints import ImageSettings, save_weights, write_image_settings

    task = detector("set", image_size=(40, 48))
    arrays = {name: np.asarray(variable) for name, variable in task.variables_by_name().items()}
    names = {"id2label": {"0": "blue", "1": "red"}}
    save_weights(tmp_path, task.backbone.get_config(), arrays, "detector", **names)
    write_image_settings(tmp_path, ImageSettings(None, shortest_edge=32, longest_edge=48), "yolos")
    started = ObjectDetection.from_pretrained(tmp_path, precision="float32")
    assert started.labels == ("blue", "red") and started.head_kind == "set"
    assert started.processor.image_size == (32, 48)  # whole patches of 16 pixels
    batch = {"images": np.random.default_rng(0).normal(size=(2, 32, 48, 3)).astype("float32")}
    for name, theirs in task(batch).items():
        np.testing.assert_allclose(started(batch)[name], theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"labels": ()}, r"needs at least one label. Received: labels=\[\]"),
        ({"head_kind": "both"}, "`head_kind` must be one of dense, set. Received: head_kind='both'"),
        ({"nms_iou": 1.5}, "`nms_iou` must be from 0 to 1. Received: nms_iou=1.5"),
        ({"max_detections": 0}, "`max_detections` must be at least 1. Received: max_detections=0"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    config = detector().get_config()
    with pytest.raises(ValueError, match=message):
        ObjectDetection.from_config({**config, **settings})


def test_images_without_any_box_cannot_be_learned_from(examples):
    empty = pa.array([[]] * len(examples), pa.list_(BOX))
    column = examples.table.column_names.index("boxes")
    without = dataclasses.replace(examples, table=examples.table.set_column(column, "boxes", empty))
    with pytest.raises(ValueError, match="tiny scenes has no boxes: all 12 images are without one"):
        ObjectDetection.from_recipe(without, "none", ObjectDetectionRecipe())


def test_a_variant_of_the_other_head_is_refused():
    with pytest.raises(
        ValueError, match="`head` set needs a `variant` of the family yolos. Received: variant='vitc-nano-8'"
    ):
        ObjectDetection.from_scratch(("a",), "set", variant="vitc-nano-8")


def test_a_head_that_the_weights_do_not_have_is_refused(task, tmp_path):
    task.save(tmp_path / "model.keras")
    other = {"dense": "set", "set": "dense"}[task.head_kind]
    with pytest.raises(ValueError, match=f"`head` {other} (cannot be put on|reads detection tokens)"):
        ObjectDetection.from_pretrained(tmp_path / "model.keras", head=other)


def test_label_smoothing_has_no_meaning():
    with pytest.raises(ValueError, match="`label_smoothing` 0.1 has no meaning for object detection"):
        detector().check_recipe(ObjectDetectionRecipe(label_smoothing=0.1))


def test_images_without_boxes_cannot_be_judged_by():
    from tests.tiny import images

    with pytest.raises(ValueError, match="tiny pictures has no boxess? to compare with"):
        Predictor(detector()).evaluate(images(3))
