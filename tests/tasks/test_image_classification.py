"""Image classification: a picture in, a label out."""

import re
import warnings

import keras
import numpy as np
import pytest
from PIL import ExifTags, Image

import kformer as kf
from kformer.data.images.files import encode_png
from kformer.exporting import Predictor
from kformer.tasks import ImageClassification, load_task
from kformer.tasks.image_classification.task import MixedAccuracy
from kformer.training.image_recipes import ImageClassificationRecipe
from tests.data.images.pictures import encoded, picture, png_header
from tests.tiny import image_classifier, images

LABELS = ("dark", "light")


@pytest.fixture(scope="module")
def examples():
    return images(12)


def first_batch(task, examples, **options):
    return keras.tree.map_structure(np.asarray, next(iter(task.batches(examples, batch_size=12, **options))))


def test_a_batch_holds_normalised_images_in_the_order_of_the_examples(examples):
    inputs, targets, weights = first_batch(image_classifier(), examples)
    assert inputs["images"].shape == (12, 8, 8, 3) and inputs["images"].dtype == np.float32
    # Black is -1 and white is 1: the light ones have the larger means.
    np.testing.assert_array_equal(inputs["images"].mean(axis=(1, 2, 3)) > 0, targets == 1)
    np.testing.assert_array_equal(weights, 1.0)


def test_training_images_are_drawn_by_seed_epoch_and_example(examples):
    task = image_classifier()
    options = {"training": True, "augment": "light", "seed": 3}
    dataset = task.batches(examples, batch_size=12, **options)
    epochs = [np.asarray(next(iter(dataset))[0]["images"]) for _ in range(2)]
    again = first_batch(task, examples, **options)[0]["images"]
    np.testing.assert_array_equal(epochs[0], again)
    assert not np.array_equal(epochs[0], epochs[1])


def test_mixed_targets_are_shares_that_add_to_one(examples):
    _, targets, _ = first_batch(image_classifier(), examples, training=True, augment="none", mixup=0.8)
    assert targets.shape == (12, 2)
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, atol=1e-6)
    assert ((targets > 0.01) & (targets < 0.99)).any()


def test_the_loss_of_mixed_targets_is_the_mixture_of_the_losses():
    task, logits = image_classifier(), np.array([[1.0, -0.5]], "float32")
    parts = [float(task.target_losses(np.array([i]), logits, 0.1)[0]) for i in (0, 1)]
    mixed = float(task.target_losses(np.array([[0.3, 0.7]], "float32"), logits, 0.1)[0])
    assert mixed == pytest.approx(0.3 * parts[0] + 0.7 * parts[1], abs=1e-6)


def test_accuracy_takes_the_larger_share_of_mixed_labels():
    metric = MixedAccuracy()
    metric.update_state(np.array([[0.3, 0.7], [0.6, 0.4]], "float32"), np.array([[0.0, 1.0], [0.0, 1.0]], "float32"))
    assert float(metric.result()) == 0.5


def test_it_learns_to_tell_dark_from_light(examples):
    recipe = ImageClassificationRecipe(epochs=8, batch_size=4, learning_rate=1e-2, augment="none", precision="float32")
    run = kf.fine_tune(image_classifier(), examples, images(8, seed=1), recipe)
    assert run.metrics["validation"]["accuracy"]["value"] == 1.0


def test_the_predictor_answers_as_the_model_does(examples):
    task = image_classifier()
    expected = np.asarray(task.probabilities(task.outputs_of(examples)))
    answers = Predictor(task)(examples.values("image"))
    scores = np.array([list(answer["scores"].values()) for answer in answers])
    np.testing.assert_allclose(scores, expected, atol=1e-5)


def test_a_path_bytes_and_an_array_of_one_image_have_one_answer(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (11, 9, 3)).astype("uint8")
    content = encode_png(Image.fromarray(pixels))
    (tmp_path / "a.png").write_bytes(content)
    predictor = Predictor(image_classifier())
    of_path, of_bytes, of_array = predictor(str(tmp_path / "a.png")), predictor(content), predictor(pixels)
    assert of_path["scores"] == of_bytes["scores"] == of_array["scores"]


def test_a_pil_image_is_one_as_it_is_seen(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (11, 9, 3)).astype("uint8")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # to be turned by a quarter
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    predictor = Predictor(image_classifier())
    with Image.open(tmp_path / "turned.png") as image:
        assert predictor(image) == predictor(tmp_path / "turned.png")
        assert predictor(image) != predictor(pixels)


def test_a_pil_image_of_printing_inks_is_seen_in_colours():
    image = Image.fromarray(np.full((9, 9, 3), 200, "uint8"))
    predictor = Predictor(image_classifier())
    assert predictor(image.convert("CMYK")) == predictor(image)


@pytest.mark.parametrize(
    ("item", "error", "message"),
    [
        (3, TypeError, "a path, the bytes of a file, a uint8 array or a PIL image. Received: input 0 = 3."),
        (np.zeros((4, 4, 3)), TypeError, r"must be uint8, .*Received: input 0 = float64 \(4, 4, 3\)."),
        ("nowhere.png", FileNotFoundError, "There is no image 'nowhere.png'."),
        (b"text", ValueError, "input 0 cannot be used: "),
    ],
)
def test_what_is_no_image_is_refused(item, error, message):
    with pytest.raises(error, match=message):
        Predictor(image_classifier())([item])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            encoded(picture(480, 640), "JPEG")[:3000],
            "a.jpg cannot be used: the image is damaged: image file is tr",
        ),
        (b"a text", "a.jpg cannot be used: it is no image, whatever its name says."),
        (b"", "a.jpg cannot be used: the file is empty."),
        (
            png_header(30_000, 30_000),
            "a.jpg cannot be used: it has 30,000 x 30,000 pixels, and `max_pixels` is 1",
        ),
    ],
)
def test_a_picture_that_cannot_be_used_is_named_with_the_reason(content, message, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(message)):
        Predictor(image_classifier())(str(path))


def test_a_large_picture_is_read_without_pillow_s_warning(monkeypatch):
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 50)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Predictor(image_classifier())(np.zeros((9, 9, 3), "uint8"))["label"] in LABELS


def test_a_folder_in_place_of_a_picture_says_what_takes_it(tmp_path):
    message = f"{tmp_path} is a folder, not a picture. `kformer predict --input {tmp_path}` takes all in it."
    with pytest.raises(ValueError, match=re.escape(message)):
        Predictor(image_classifier())(str(tmp_path))


def test_a_saved_task_gives_the_same_outputs(examples, tmp_path):
    task = image_classifier()
    task.save(tmp_path / "model.keras")
    loaded = load_task(tmp_path / "model.keras", precision="float32")
    np.testing.assert_allclose(loaded.outputs_of(examples), task.outputs_of(examples), atol=1e-6)


def test_a_run_starts_from_a_run_with_other_labels(examples, tmp_path):
    task = image_classifier()
    task.save(tmp_path / "model.keras")
    started = ImageClassification.from_pretrained(
        tmp_path / "model.keras", labels=("a", "b", "c"), dropout=0.0, precision="float32"
    )
    assert started.head.kernel.shape == (8, 3)
    images_ = {"images": np.ones((1, 8, 8, 3), "float32")}
    np.testing.assert_allclose(
        started.backbone(images_)["pooled_output"], task.backbone(images_)["pooled_output"], atol=1e-6
    )


def test_a_head_begins_as_the_blocks_below_it():
    small, large = (
        ImageClassification.from_scratch(labels=tuple("abc"), variant=name) for name in ("vit-nano-4", "vit-tiny-16")
    )
    limit = (6 / (128 + 3)) ** 0.5  # Glorot's
    assert 0.9 * limit < np.abs(small.head.kernel).max() <= limit
    assert np.abs(large.head.kernel).max() < 0.05


def test_a_hugging_face_folder_gives_backbone_colours_and_head(tmp_path):
    from kformer.checkpoints import ImageSettings, save_weights, write_image_settings

    task = image_classifier()
    arrays = {name: np.asarray(variable) for name, variable in task.variables_by_name().items()}
    names = {"id2label": {str(i): label for i, label in enumerate(LABELS)}}
    save_weights(tmp_path, task.backbone.get_config(), arrays, "classifier", **names)
    write_image_settings(tmp_path, ImageSettings((8, 8), mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7)), "vit")
    started = ImageClassification.from_pretrained(tmp_path, labels=LABELS, precision="float32")
    assert (started.processor.mean, started.processor.std) == ((0.1, 0.2, 0.3), (0.5, 0.6, 0.7))
    batch = {"images": np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")}
    np.testing.assert_allclose(started(batch), task(batch), atol=1e-5)


def test_mixing_is_refused_for_a_regression():
    task = image_classifier("regression")
    with pytest.raises(ValueError, match="`mixup` mixes the shares of labels, which a regression has none of"):
        task.check_recipe(ImageClassificationRecipe(mixup=0.2))
