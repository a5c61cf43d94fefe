"""Models of images of ours, with random weights, read by PyTorch `transformers`, and theirs read by us."""

import keras
import numpy as np
import pytest

from kformer.checkpoints import ImageSettings, load_backbone, own_variables, save_weights, write_image_settings
from kformer.exporting import export
from kformer.layers import SetPredictionHead
from kformer.layers.grid_positions import stretch
from kformer.models import YolosBackbone
from kformer.tasks.image_processor import ImageProcessor
from tests.tiny import image_classifier, randomise, vit

torch = pytest.importorskip("torch", reason="needs PyTorch: make parity")
transformers = pytest.importorskip("transformers", reason="needs transformers: make parity")

TOLERANCE = 1e-5
random = np.random.default_rng(0)
SIZES = [(8, 8), (16, 8), (4, 20)]
LABELS = {"id2label": {str(i): f"kind {i}" for i in range(5)}, "label2id": {f"kind {i}": i for i in range(5)}}


def images_of(size):
    return random.normal(size=(2, *size, 3)).astype("float32")


def channels_first(images):
    return torch.tensor(images).permute(0, 3, 1, 2)


@pytest.mark.parametrize("new", [(3, 5), (10, 4), (1, 1), (28, 31)])
def test_positions_are_stretched_as_torch_does(new):
    table = random.normal(size=(4 * 5, 6)).astype("float32")
    grid = torch.tensor(table).reshape(1, 4, 5, 6).permute(0, 3, 1, 2)
    theirs = torch.nn.functional.interpolate(grid, size=new, mode="bicubic", align_corners=False)
    expected = theirs.permute(0, 2, 3, 1).reshape(-1, 6).numpy()
    np.testing.assert_allclose(stretch(table, (4, 5), new), expected, atol=TOLERANCE)


@torch.no_grad()
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("distilled", [False, True])
def test_transformers_reads_a_vit_and_gives_equal_logits(distilled, size, tmp_path):
    ours = vit(distilled=distilled, num_layers=2, activation="gelu_tanh")
    heads = [keras.layers.Dense(5, name=name) for name in ("head", "distillation_head")[: 1 + distilled]]
    variables = own_variables(ours)
    for head in heads:
        head.build((None, 8))
        variables |= own_variables(randomise(head), f"{head.name}/")
    save_weights(tmp_path, ours.get_config(), variables, "distilled" if distilled else "classifier", **LABELS)
    name = "DeiTForImageClassificationWithTeacher" if distilled else "ViTForImageClassification"
    theirs = getattr(transformers, name).from_pretrained(tmp_path).eval()
    images = images_of(size)
    expected = theirs(channels_first(images), interpolate_pos_encoding=True).logits.numpy()
    outputs = ours({"images": images})
    vectors = [outputs[name] for name in ("pooled_output", "distillation_output") if name in outputs]
    logits = np.mean([head(x) for head, x in zip(heads, vectors, strict=True)], axis=0)
    np.testing.assert_allclose(logits, expected, atol=TOLERANCE, rtol=TOLERANCE)


@torch.no_grad()
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mid", [False, True])
def test_transformers_reads_a_yolos_and_gives_equal_boxes(mid, size, tmp_path):
    ours = randomise(YolosBackbone(3, 8, 2, 16, (8, 12), 4, num_detection_tokens=4, use_mid_position_embeddings=mid))
    head = SetPredictionHead(8, 5, name="head")
    head.build()
    variables = {**own_variables(ours), **own_variables(randomise(head), "head/")}
    save_weights(tmp_path, ours.get_config(), variables, "detector", **LABELS)
    theirs = transformers.YolosForObjectDetection.from_pretrained(tmp_path).eval()
    images = images_of(size)
    expected = theirs(channels_first(images))
    outputs = head(ours({"images": images})["detection_output"])
    np.testing.assert_allclose(outputs["logits"], expected.logits, atol=TOLERANCE, rtol=TOLERANCE)
    np.testing.assert_allclose(outputs["boxes"], expected.pred_boxes, atol=TOLERANCE, rtol=TOLERANCE)


@torch.no_grad()
def test_a_bare_model_of_theirs_is_read_without_its_pooler(tmp_path):
    config = transformers.ViTConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=8, patch_size=4
    )
    theirs = transformers.ViTModel(config).eval()
    theirs.save_pretrained(tmp_path)
    ours, loaded = load_backbone(tmp_path)
    assert loaded.ignored == ("pooler.dense.bias", "pooler.dense.weight")
    images = images_of((8, 8))
    expected = theirs(channels_first(images)).last_hidden_state
    np.testing.assert_allclose(ours({"images": images})["sequence_output"], expected, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("family", "settings", "size"),
    [
        ("vit", ImageSettings((24, 16), mean=(0.1, 0.2, 0.3)), (24, 16)),
        ("deit", ImageSettings((24, 24), crop_size=(16, 20), resampling="bicubic"), (16, 20)),
        ("yolos", ImageSettings(None, shortest_edge=32, longest_edge=80), (32, 64)),
    ],
)
def test_transformers_prepares_images_by_the_settings(family, settings, size, tmp_path):
    image_module = pytest.importorskip("PIL.Image", reason="needs Pillow")
    write_image_settings(tmp_path, settings, family)
    name = {"vit": "ViT", "deit": "DeiT", "yolos": "Yolos"}[family]
    processor = getattr(transformers, f"{name}ImageProcessorPil").from_pretrained(tmp_path)
    grey = image_module.fromarray(np.full((50, 100, 3), 51, "uint8"))
    pixels = np.asarray(processor(grey, return_tensors="np")["pixel_values"])[0]
    assert pixels.shape == (3, *size)
    expected = (51 * settings.scale - np.array(settings.mean)) / np.array(settings.std)
    np.testing.assert_allclose(pixels[:, 3, 4], expected, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("fit", ["crop", "stretch"])
@pytest.mark.parametrize("problem", ["single_label", "regression"])
def test_transformers_classifies_pictures_as_an_exported_task_does(problem, fit, tmp_path):
    task = image_classifier(problem)
    task.processor = ImageProcessor(12, fit=fit, mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))
    folder = export(task, tmp_path / "hf", to="hf")
    picture = random.integers(0, 256, (12, 12, 3)).astype("uint8")
    theirs = transformers.AutoModelForImageClassification.from_pretrained(folder).eval()
    pixels = transformers.AutoImageProcessor.from_pretrained(folder)(picture, return_tensors="pt")
    expected = theirs(**pixels).logits.numpy().reshape(-1)
    inputs = task.processor.features(np.array(task.read_inputs([picture])[0], object))
    np.testing.assert_allclose(np.asarray(task(inputs)).reshape(-1), expected, atol=TOLERANCE, rtol=TOLERANCE)
