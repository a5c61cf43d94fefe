"""Pictures are well-formed, take their colours from the page, and draw any name."""

import io
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from kformer.evaluation.figures import confusion_matrix_png, curve_svgs, histogram_svg, roc_svg

image = pytest.importorskip("PIL.Image")
HISTORY = [
    {"loss": 0.6, "val_loss": 0.5, "learning_rate": 1e-5},
    {"loss": 0.4, "val_loss": 0.45, "learning_rate": 5e-6},
]
CURVE = (np.array([0, 0.1, 1]), np.array([0, 0.8, 1]))


def texts(svg: str) -> list[str]:
    return [node.text for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]


def test_training_and_validation_share_a_picture():
    curves = curve_svgs(HISTORY)
    assert list(curves) == ["loss", "learning_rate"]
    assert {"training", "validation", "epoch"} <= set(texts(curves["loss"]))


def test_what_is_measured_on_validation_only_is_drawn():
    assert list(curve_svgs([{"val_f1": 0.5}])) == ["f1"]


def test_a_quantity_that_is_never_finite_is_left_out():
    assert curve_svgs([{"loss": float("nan"), "note": "x"}]) == {}


def test_no_epochs_make_no_picture():
    assert curve_svgs([]) == {}


def test_colours_come_from_the_page():
    svg = curve_svgs(HISTORY)["loss"]
    assert "var(--series-1)" in svg
    assert "var(--series-2)" in svg
    assert "#0a0b0" not in svg


def test_ids_of_two_figures_never_meet():
    first, second = curve_svgs([{"loss": 0.6}])["loss"], curve_svgs([{"loss": 0.7}])["loss"]
    ids = [{node.get("id") for node in ElementTree.fromstring(svg).iter() if node.get("id")} for svg in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_one_history_gives_the_same_bytes_again():
    assert curve_svgs(HISTORY) == curve_svgs(HISTORY)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "$x_$ $", "积极", 'a "quoted" & b'])
def test_any_label_is_drawn_as_it_is(name):
    assert name[:23] in " ".join(text for text in texts(roc_svg({name: CURVE})) if text)


def test_a_long_label_is_shortened():
    assert "x" * 23 + "…" in texts(roc_svg({"x" * 60: CURVE}))


def test_at_most_eight_roc_curves_are_drawn():
    drawn = texts(roc_svg({f"label {index}": CURVE for index in range(12)}))
    assert sum(text.startswith("label ") for text in drawn) == 8


@pytest.mark.parametrize("lengths", [[1], [0, 0], [3, 5, 900], np.arange(64)])
def test_a_histogram_is_drawn_of_any_lengths(lengths):
    assert "tokens" in texts(histogram_svg(lengths, max_length=32))


@pytest.mark.parametrize("num_classes", [2, 20, 100])
def test_a_confusion_matrix_is_a_png_of_bounded_size(num_classes):
    labels = [f"class {index}" for index in range(num_classes)]
    picture = image.open(io.BytesIO(confusion_matrix_png(np.eye(num_classes, dtype=int), labels)))
    assert picture.format == "PNG"
    assert max(picture.size) < 1500


@pytest.mark.parametrize("name", ["积极", "$x_$ $", "<b>"])
def test_a_confusion_matrix_draws_any_name_without_a_warning(name):
    assert confusion_matrix_png([[1, 2], [0, 4]], [name, "b"]).startswith(b"\x89PNG")


def test_pyplot_is_never_imported():
    code = """if True:
        import sys
        from kformer.evaluation.figures import confusion_matrix_png, curve_svgs
        curve_svgs([{"loss": 1.0}])
        confusion_matrix_png([[1]], ["a"])
        print("matplotlib.pyplot" in sys.modules)
    """
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


def test_a_single_epoch_is_marked_as_that():
    (svg,) = curve_svgs([{"epoch": 1, "loss": 0.5}]).values()
    assert ">1</text>" in svg and "0.975" not in svg
