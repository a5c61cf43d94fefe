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
