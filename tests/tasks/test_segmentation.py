"""Segmentation: a picture in, a class for each pixel out."""

import dataclasses
import io

import keras
import numpy as np
import pytest
from PIL import Image

import kformer as kf
from kformer.data.images.files import encode_png
from kformer.evaluation.segmentation import read_mask
from kformer.exporting import Predictor
from kformer.tasks import Segmentation, load_task
from kformer.tasks.segmentation.class_map import ClassMap, ignored_names
from kformer.tasks.segmentation.elements import balanced_weights, expected_pixels
from kformer.tasks.segmentation.metrics import MeanIoU, PixelAccuracy
from kformer.training.image_recipes import SegmentationRecipe
from tests.tiny import CLASSES, scenes, segmenter, vit

DECODERS = [("linear", "patches"), ("mask", "patches"), ("linear", "convolutional"), ("mask", "convolutional")]


@pytest.fixture(scope="module")
def examples():
    return scenes(12)


def first_batch(task, examples, **options):
    return keras.tree.map_structure(np.asarray, next(iter(task.batches(examples, batch_size=12, **options))))


def masks_of(examples):
    return np.stack([read_mask(mask) for mask in examples.values("mask")])


@pytest.mark.parametrize(("decoder", "stem"), DECODERS)
def test_there_is_a_logit_for_each_pixel_and_label(decoder, stem):
    logits = segmenter(decoder, stem)({"images": np.zeros((2, 8, 12, 3), "float32")})
    assert logits.shape == (2, 8, 12, 2)


def test_a_batch_holds_the_outputs_of_the_masks_classes(examples):
    _, targets, weights = first_batch(segmenter(), examples)
    masks = masks_of(examples)
    np.testing.assert_array_equal(targets[masks == 0], 0)
    np.testing.assert_array_equal(targets[masks == 2], 1)
    np.testing.assert_array_equal(weights, masks != 1)


def test_pixels_outside_the_picture_weigh_nothing():
    _, _, weights = first_batch(segmenter(), scenes(4, size=(8, 8)))
    np.testing.assert_array_equal(weights[:, 1:, 2:10], 1.0)
    np.testing.assert_array_equal(weights[:, :, [0, 1, 10, 11]], 0.0)


def test_255_weighs_nothing(examples):
    masks = [encode_png(Image.fromarray(np.where(mask == 2, 255, mask).astype("uint8"))) for mask in masks_of(examples)]
    column = examples.table.column_names.index("mask")
    changed = dataclasses.replace(examples, table=examples.table.set_column(column, "mask", [masks]))
    changed = dataclasses.replace(
        changed,
        table=changed.table.set_column(
            changed.table.column_names.index("mask.sha256"), "mask.sha256", [[str(i) for i in range(len(masks))]]
        ),
    )
    _, _, weights = first_batch(segmenter(), changed)
    np.testing.assert_array_equal(weights, masks_of(examples) == 0)


def test_what_is_ignored_changes_neither_loss_nor_metrics(examples):
    task = segmenter()
    task.compile("sgd")
    inputs, targets, weights = first_batch(task, examples)
    scores = task.test_on_batch(inputs, targets, weights, return_dict=True)
    other = np.where(weights == 0, 1, targets)
    task.reset_metrics()
    assert task.test_on_batch(inputs, other, weights, return_dict=True) == scores


def test_the_loss_is_the_mean_over_pixels_that_count(examples):
    task = segmenter()
    task.compile("sgd")
    inputs, targets, weights = first_batch(task, examples)
    probabilities = np.asarray(keras.ops.softmax(task(inputs)))
    losses = -np.log(np.take_along_axis(probabilities, targets[..., None], axis=-1))[..., 0]
    expected = losses[weights > 0].mean()
    assert task.test_on_batch(inputs, targets, weights, return_dict=True)["loss"] == pytest.approx(expected, rel=1e-5)


def test_batches_of_a_step_add_up_to_one_batch(examples):
    task = segmenter()
    task.compile("sgd")
    inputs, targets, weights = first_batch(task, examples)
    whole = float(task.compute_loss(inputs, targets, task(inputs), weights))
    parts = [
        float(task.compute_loss(x, y, task(x), w))
        for x, y, w in task.batches(examples, training=True, batch_size=3, accumulation=4)
    ]
    assert len(parts) == 4 and np.mean(parts) == pytest.approx(whole, abs=1e-6)


def test_the_pixels_of_a_step_are_those_of_the_framed_pictures():
    task, wide = segmenter(), scenes(2, size=(4, 12))
    learned = np.isin(np.arange(256), (0, 2))
    # Of four rows the first is void; the picture is as wide as the model's.
    np.testing.assert_allclose(expected_pixels(task.processor, wide, learned), 3 * 12)


def test_masks_move_with_their_images(examples):
    inputs, targets, weights = first_batch(segmenter(), examples, training=True, augment="none", flip=1.0)
    bright = inputs["images"].mean(axis=-1)
    assert bright[(targets == 1) & (weights > 0)].min() > bright[(targets == 0) & (weights > 0)].max()


def test_cutmix_pastes_masks_with_their_images(examples):
    inputs, targets, weights = first_batch(segmenter(), examples, training=True, augment="none", cutmix=1.0, seed=1)
    bright = inputs["images"].mean(axis=-1)
    assert bright[(targets == 1) & (weights > 0)].min() > bright[(targets == 0) & (weights > 0)].max()


def test_balanced_weights_are_median_frequency_by_frequency(examples):
    outputs = segmenter().class_map.outputs_of(examples)
    masks = masks_of(examples)
    shares = np.array([(masks == index).sum() / (masks != 1).sum() for index in (0, 2)])
    weights = balanced_weights(examples, outputs, 2)
    np.testing.assert_allclose(weights, np.median(shares) / shares, rtol=1e-6)
    np.testing.assert_allclose(balanced_weights(examples, outputs, 2, 0.5), np.sqrt(weights), rtol=1e-6)


def test_class_weights_are_in_the_batches(examples):
    _, targets, weights = first_batch(segmenter(), examples, training=True, augment="none", class_weights="balanced")
    expected = balanced_weights(examples, segmenter().class_map.outputs_of(examples), 2)
    np.testing.assert_allclose(weights[weights > 0], expected[targets[weights > 0]])


def test_the_mean_iou_in_training_is_keras_without_what_is_ignored():
    random = np.random.default_rng(0)
    targets, logits = random.integers(0, 3, (2, 4, 5)), random.normal(size=(2, 4, 5, 3)).astype("float32")
    weights = random.choice([0.0, 0.5, 2.0], (2, 4, 5)).astype("float32")
    ours, oracle = MeanIoU(3), keras.metrics.MeanIoU(3)
    for row in range(2):
        ours.update_state(targets[row], logits[row], weights[row])
    oracle.update_state(targets, logits.argmax(axis=-1), weights != 0)
    assert float(ours.result()) == pytest.approx(float(oracle.result()), abs=1e-6)


def test_class_weights_change_no_accuracy():
    metric = PixelAccuracy()
    metric.update_state(np.array([0, 0, 1]), np.array([[1.0, 0], [0, 1], [0, 1]], "float32"), np.array([1.0, 9, 0]))
    assert float(metric.result()) == 0.5


@pytest.mark.parametrize("stem", ["patches", "convolutional"])
def test_it_learns_where_it_is_light(examples, stem):
    recipe = SegmentationRecipe(epochs=30, batch_size=4, learning_rate=1e-2, augment="none", precision="float32")
    run = kf.fine_tune(segmenter(stem=stem), examples, scenes(6, seed=1), recipe)
    least = 0.95 if stem == "convolutional" else 0.8  # patches of 4 pixels do not see the border between
    assert run.metrics["validation"]["mean_iou"]["value"] > least


def test_a_run_has_its_report_and_its_pictures(examples, tmp_path):
    recipe = SegmentationRecipe(epochs=1, batch_size=4, precision="float32")
    run = kf.fine_tune(segmenter(), examples, scenes(4, seed=1), recipe, tmp_path / "run")
    report = (run.folder / "report.html").read_text(encoding="utf-8")
    assert "IoU, interval" in report and 'class="legend"' in report and "data:image/png" in report
    assert "void" not in report.partition("Each label")[2].partition("The data")[0]


def test_an_answer_has_the_size_of_its_picture_and_indices_as_in_training():
    picture = np.zeros((21, 33, 3), "uint8")
    answer = Predictor(segmenter())(picture)
    assert answer["mask"].shape == (21, 33) and answer["mask"].dtype == np.uint8
    assert set(np.unique(answer["mask"])) <= {0, 2}


def test_shares_are_those_of_the_mask(examples):
    answer = Predictor(segmenter())(examples.values("image")[0])
    assert answer["shares"] == pytest.approx(
        {name: (answer["mask"] == i).mean() for name, i in (("dark", 0), ("light", 2))}
    )


def test_a_picture_turned_by_exif_has_a_mask_the_right_way_up():
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((8, 20, 3), "uint8")).save(file, "JPEG", exif=exif)
    assert Predictor(segmenter())(file.getvalue())["mask"].shape == (20, 8)


def test_the_predictor_answers_as_the_judge_reads(examples):
    task = segmenter()
    answers = Predictor(task)(examples.values("image"))
    for index, mask in task.masks_of(examples):
        np.testing.assert_array_equal(answers[index]["mask"], mask)


def test_a_saved_task_gives_the_same_masks(examples, tmp_path):
    task = segmenter("mask")
    task.save(tmp_path / "model.keras")
    loaded = load_task(tmp_path / "model.keras", precision="float32")
    for (_, ours), (_, theirs) in zip(task.masks_of(examples), loaded.masks_of(examples), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_run_of_the_same_classes_gives_its_decoder(tmp_path):
    task = segmenter()
    task.save(tmp_path / "model.keras")
    started = Segmentation.from_pretrained(tmp_path / "model.keras", CLASSES, ("void",), precision="float32")
    np.testing.assert_array_equal(started.decoder.dense.kernel, task.decoder.dense.kernel)


def test_a_run_of_other_classes_gives_its_backbone_alone(tmp_path):
    task = segmenter()
    task.save(tmp_path / "model.keras")
    started = Segmentation.from_pretrained(tmp_path / "model.keras", ("a", "b", "c"), precision="float32")
    images = {"images": np.ones((1, 8, 12, 3), "float32")}
    np.testing.assert_allclose(
        started.backbone(images)["sequence_output"], task.backbone(images)["sequence_output"], atol=1e-6
    )


def test_a_recipe_may_have_a_height_and_a_width(examples):
    recipe = SegmentationRecipe(variant="vitc-nano-8", image_size=16, image_width=24, ignore_label="void")
    task = Segmentation.from_recipe(examples, "none", recipe)
    assert task.processor.image_size == (16, 24) and task.labels == ("dark", "light")


def test_a_width_without_a_height_is_refused():
    with pytest.raises(ValueError, match="`image_width` 24 and `image_size` none contradict each other"):
        SegmentationRecipe(image_width=24)


def test_a_size_that_patches_do_not_fill_names_the_nearest():
    with pytest.raises(ValueError, match="Received: 9 x 12; the nearest is `image_size` 8, `image_width` 12."):
        segmenter(size=(9, 12))


@pytest.mark.parametrize("text", ["void", "1", " void ", "void,1"])
def test_what_is_ignored_is_named_or_numbered(text):
    assert ignored_names(CLASSES, text) == ("void",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("viod", r"`ignore_label` must be a class. Received: 'viod'. Did you mean 'void'\? Known: 0 dark, 1 void"),
        ("3", "must be a class. Received: '3'"),
        ("255", "`ignore_label` 255 is not needed: in masks it always stands for no class."),
    ],
)
def test_what_is_no_class_cannot_be_ignored(text, message):
    with pytest.raises(ValueError, match=message):
        ignored_names(CLASSES, text)


def test_a_class_called_void_is_told_unless_it_is_ignored():
    assert ClassMap(("dark", "light", "Void")).notes == (
        "the class 'Void' is learned and judged as any other; leave it out with `ignore_label` (--ignore-label Void)",
    )
    assert ClassMap(("dark", "light", "Void"), ("Void",)).notes == ()


def test_the_notes_before_training_name_it():
    names = ("dark", "unlabelled", "light")
    assert "'unlabelled' is learned and judged" in " ".join(segmenter(names=names).data_notes(scenes(names=names)))


def test_one_class_is_nothing_to_tell_apart():
    with pytest.raises(ValueError, match="Two or more classes are needed to tell pixels apart. Received: dark."):
        ClassMap(("dark", "void"), ("void",))


def test_classes_of_other_examples_are_found_by_name():
    other = dataclasses.replace(scenes(2), labels=("light", "dark", "void"))
    assert segmenter().class_map.outputs_of(other)[:3].tolist() == [1, 0, 255]


def test_numbered_classes_are_those_of_the_training_masks():
    other = dataclasses.replace(scenes(2), labels=("0", "1", "2"))
    assert segmenter().class_map.outputs_of(other)[:3].tolist() == [0, 255, 1]


def test_an_unknown_class_is_refused():
    other = dataclasses.replace(scenes(2), labels=("dark", "void", "bright"))
    with pytest.raises(ValueError, match="tiny scenes has the class 'bright', which the model does not know"):
        segmenter().class_map.outputs_of(other)


def test_masks_without_a_pixel_to_learn_from_are_refused():
    task = segmenter(names=("a", "void", "b", "c"))
    empty = dataclasses.replace(scenes(2), labels=("void", "void2", "void3"))
    with pytest.raises(ValueError, match="which the model does not know"):
        task.batches(empty)


def test_an_unknown_decoder_is_refused():
    with pytest.raises(ValueError, match="`decoder` must be one of linear, mask. Received: decoder='fcn'."):
        segmenter("fcn")


def test_a_block_larger_than_a_patch_is_refused():
    task = Segmentation(vit(image_size=(8, 12)), segmenter().processor, CLASSES, pixel_block=8)
    with pytest.raises(ValueError, match="`pixel_block` 8 is more than the 4 pixels that a vector stands for"):
        task.check_recipe(SegmentationRecipe())


def test_examples_without_masks_cannot_be_judged(examples):
    from kformer.evaluation import judge

    unmasked = dataclasses.replace(examples, fields={"image": "image"})
    with pytest.raises(ValueError, match="tiny scenes has no masks to compare with: name their column with `mask`."):
        judge(segmenter(), unmasked)
