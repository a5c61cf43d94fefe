"""SavedModels of the tasks that read pictures: the bytes of files in, the predictor's answers out."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kformer.exporting import Predictor, export
from tests.fresh_process import served
from tests.tiny import detector, face_verifier, image_classifier, segmenter


def encoded(height, width, form, mode="RGB", orientation=1):
    """A picture of blotches, so that JPEG keeps what the model sees."""
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    pixels = np.random.default_rng(height).integers(0, 256, (3, 4, 3)).astype("uint8")
    image = Image.fromarray(pixels).resize((width, height)).convert(mode)
    image.save(file, form, **({"exif": exif} if orientation > 1 else {}))
    return file.getvalue()


# Of all sizes, below and above what the models read; one as a telephone stores it that was held upright.
PICTURES = [
    encoded(40, 60, "PNG"),
    encoded(7, 5, "PNG", "L"),
    encoded(33, 21, "PNG", "RGBA"),
    encoded(90, 120, "JPEG"),
    encoded(30, 50, "JPEG", orientation=6),
    encoded(18, 16, "JPEG", "L"),
]


def in_a_fresh_process(task, folder):
    """What the predictor answers, and what the SavedModel does in a process of its own."""
    predictor = Predictor(task)
    return predictor(PICTURES), served(export(predictor, folder / "export"), serve=(PICTURES,))["serve"]


def test_a_served_classification_answers_as_the_predictor_does(tmp_path):
    answers, outputs = in_a_fresh_process(image_classifier(), tmp_path)
    scores = [list(answer["scores"].values()) for answer in answers]
    np.testing.assert_allclose(outputs["scores"], scores, atol=1e-5)
    assert [label.decode() for label in outputs["labels"]] == list(answers[0]["scores"])
    assert [label.decode() for label in outputs["label"]] == [answer["label"] for answer in answers]


def test_a_served_segmentation_answers_as_the_predictor_does(tmp_path):
    answers, outputs = in_a_fresh_process(segmenter("mask"), tmp_path)
    for png, answer in zip(outputs["mask"], answers, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png))), answer["mask"])
    assert answers[4]["mask"].shape == (50, 30)
    np.testing.assert_allclose(outputs["shares"], [list(answer["shares"].values()) for answer in answers], atol=1e-6)


@pytest.mark.parametrize("head", ["dense", "set"])
def test_a_served_detection_answers_as_the_predictor_does(head, tmp_path):
    answers, outputs = in_a_fresh_process(detector(head), tmp_path)
    assert outputs["num"].tolist() == [len(answer["boxes"]) for answer in answers]
    for i, answer in enumerate(answers):
        count = len(answer["boxes"])
        assert [name.decode() for name in outputs["names"][i][:count]] == [box["label"] for box in answer["boxes"]]
        np.testing.assert_allclose(outputs["scores"][i][:count], [box["score"] for box in answer["boxes"]], atol=1e-4)
        sides = [[box[side] for side in ("x0", "y0", "x1", "y1")] for box in answer["boxes"]]
        np.testing.assert_allclose(outputs["boxes"][i][:count], sides, atol=0.06)  # answers are rounded


def test_a_served_face_verification_compares_and_embeds_as_the_predictor_does(tmp_path):
    task = face_verifier()
    task.threshold.assign(0.5)
    predictor, others = Predictor(task), PICTURES[::-1]
    folder = export(predictor, tmp_path / "export")
    outputs = served(folder, serve=(PICTURES, others), embed=(PICTURES,))
    answers = predictor(list(zip(PICTURES, others, strict=True)))
    for name in ("similarity", "same"):
        np.testing.assert_allclose(outputs["serve"][name], [answer[name] for answer in answers], atol=1e-5)
    np.testing.assert_allclose(outputs["embed"]["embedding"], predictor.embed(PICTURES), atol=1e-5)


def test_the_readme_s_program_runs_beside_a_picture(tmp_path, monkeypatch, capsys):
    folder = export(image_classifier(), tmp_path / "export")
    monkeypatch.chdir(folder)
    Path("image.jpg").write_bytes(PICTURES[3])
    program = Path("README.md").read_text(encoding="utf-8").partition("```python")[2].partition("```")[0]
    assert "tensorflow_text" not in program
    exec(program, {})  # noqa: S102 - our own
    assert "'label'" in capsys.readouterr().out
