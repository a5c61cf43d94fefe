"""The loss of set prediction beside `transformers`."""

import numpy as np
import pytest

from kformer.checkpoints import save_weights
from tests.tiny import detector

torch = pytest.importorskip("torch", reason="needs PyTorch: make parity")
transformers = pytest.importorskip("transformers", reason="needs transformers: make parity")


def boxes_of(seed):
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 16, (1, 3, 2))
    boxes = np.concatenate([corner, corner + random.uniform(4, 16, corner.shape)], axis=-1).astype("float32")
    return boxes, random.integers(0, 2, (1, 3)).astype("int32")


@torch.no_grad()
def test_an_exported_detector_finds_the_same_boxes(tmp_path):
    from PIL import Image

    from kformer.exporting import Predictor, export

    task = detector("set", fit="stretch")
    folder = export(task, tmp_path / "hf", to="hf")
    model = transformers.YolosForObjectDetection.from_pretrained(folder).eval()
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype("uint8")
    outputs = model(**processor(Image.fromarray(pixels), return_tensors="pt"))
    (theirs,) = processor.post_process_object_detection(outputs, 0.0, [(32, 48)])
    order = np.argsort(-theirs["scores"].numpy())
    ours = Predictor(task)(pixels)["boxes"]
    assert [box["label"] for box in ours] == [model.config.id2label[int(theirs["labels"][i])] for i in order]
    np.testing.assert_allclose([box["score"] for box in ours], theirs["scores"].numpy()[order], atol=1e-4)
    np.testing.assert_allclose(
        [[box[side] for side in ("x0", "y0", "x1", "y1")] for box in ours],
        np.clip(theirs["boxes"].numpy()[order], 0, [48, 32, 48, 32]),
        atol=0.1,
    )


@torch.no_grad()
@pytest.mark.parametrize("seed", range(3))
def test_the_loss_is_theirs(seed, tmp_path):
    # One image: theirs divides by the boxes of the batch, ours by those of the image.
    task = detector("set")
    arrays = {name: np.asarray(variable) for name, variable in task.variables_by_name().items()}
    names = {"id2label": {"0": "blue", "1": "red"}, "label2id": {"blue": 0, "red": 1}}
    save_weights(tmp_path, task.backbone.get_config(), arrays, "detector", **names)
    theirs = transformers.YolosForObjectDetection.from_pretrained(tmp_path).eval()
    images = np.random.default_rng(seed).normal(size=(1, 32, 48, 3)).astype("float32")
    boxes, classes = boxes_of(seed)
    shares = boxes[0] / np.array([48, 32, 48, 32], "float32")
    middles = np.concatenate([(shares[:, :2] + shares[:, 2:]) / 2, shares[:, 2:] - shares[:, :2]], axis=1)
    labels = [{"class_labels": torch.tensor(classes[0]).long(), "boxes": torch.tensor(middles)}]
    expected = theirs(torch.tensor(images.transpose(0, 3, 1, 2)), labels=labels).loss
    ours = task.target_losses({"boxes": boxes, "classes": classes}, task({"images": images}))
    assert float(ours[0]) == pytest.approx(float(expected), rel=1e-4)
