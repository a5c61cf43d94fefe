"""ViT, DeiT and YOLOS against what PyTorch `transformers` gave for the same weights (make_vision_goldens)."""

import keras
import numpy as np
import pytest

from kformer.checkpoints import HFFolder, fill, load_backbone, own_variables
from kformer.layers import SetPredictionHead
from tests.tiny import GOLDENS

TOLERANCE = 1e-5
FOLDERS = ("vit", "deit", "yolos", "yolos_plain")
BATCHES = ("trained", "other")


def arrays(folder, name, kind):
    """The arrays of one batch."""
    stored = np.load(GOLDENS / folder / f"{name}.npz")
    return {key.split("/")[1]: stored[key] for key in stored if key.startswith(kind)}


@pytest.fixture(scope="module", params=FOLDERS)
def loaded(request):
    return request.param, load_backbone(GOLDENS / request.param)[0]


@pytest.fixture(params=BATCHES)
def case(request, loaded):
    """A model, a batch of images, and what is expected of it."""
    folder, model = loaded
    return model, arrays(folder, "inputs", request.param), arrays(folder, "expected", request.param)


@pytest.mark.parametrize("folder", FOLDERS)
def test_all_tensors_but_the_head_s_are_used(folder):
    _, report = load_backbone(GOLDENS / folder)
    assert report.new == ()
    heads = ("classifier", "cls_classifier", "distillation_classifier", "class_labels_classifier", "bbox_predictor")
    assert {name.split(".")[0] for name in report.ignored} <= set(heads)


def test_the_embeddings_are_theirs(case):
    model, inputs, expected = case
    np.testing.assert_allclose(model.embed(inputs), expected["hidden_states"][0], atol=TOLERANCE)


def test_every_block_is_theirs(case):
    model, inputs, expected = case
    states = model(inputs, return_hidden_states=True)["hidden_states"]
    for ours, theirs in zip(states, expected["hidden_states"], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_each_block_by_itself_is_theirs(case):
    model, inputs, expected = case
    before, after = expected["hidden_states"][-2:]
    np.testing.assert_allclose(model.stack.blocks[-1](before), after, atol=TOLERANCE)


def test_the_attention_is_theirs(case):
    model, inputs, expected = case
    scores = model(inputs, return_attention_scores=True)["attention_scores"]
    for ours, theirs in zip(scores, expected["attention_scores"], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_the_output_is_theirs(case):
    model, inputs, expected = case
    np.testing.assert_allclose(model(inputs)["sequence_output"], expected["sequence_output"], atol=TOLERANCE)


def dense(name):
    """A classifier of a task, called `name`."""
    layer = keras.layers.Dense(3, name=name)
    layer.build((None, 16))
    return layer


def filled(folder, model, **heads):
    """The heads, with the weights of a folder, and the names left new."""
    variables = own_variables(model)
    for prefix, head in heads.items():
        variables |= own_variables(head, f"{prefix}/")
    return fill(variables, HFFolder(GOLDENS / folder)).new


@pytest.mark.parametrize("kind", BATCHES)
def test_vit_s_logits_are_theirs(kind):
    inputs, expected = arrays("vit", "inputs", kind), arrays("vit", "expected", kind)
    model, head = load_backbone(GOLDENS / "vit")[0], dense("head")
    assert filled("vit", model, head=head) == ()
    np.testing.assert_allclose(head(model(inputs)["pooled_output"]), expected["logits"], atol=TOLERANCE)


@pytest.mark.parametrize("kind", BATCHES)
def test_the_mean_of_deit_s_two_logits_is_theirs(kind):
    inputs, expected = arrays("deit", "inputs", kind), arrays("deit", "expected", kind)
    model = load_backbone(GOLDENS / "deit")[0]
    head, distillation_head = dense("head"), dense("distillation_head")
    assert filled("deit", model, head=head, distillation_head=distillation_head) == ()
    outputs = model(inputs)
    logits = head(outputs["pooled_output"]), distillation_head(outputs["distillation_output"])
    np.testing.assert_allclose(logits[0], expected["class_logits"], atol=TOLERANCE)
    np.testing.assert_allclose(logits[1], expected["distillation_logits"], atol=TOLERANCE)
    np.testing.assert_allclose((logits[0] + logits[1]) / 2, expected["logits"], atol=TOLERANCE)


@pytest.mark.parametrize("kind", BATCHES)
@pytest.mark.parametrize("folder", ["yolos", "yolos_plain"])
def test_yolos_classes_and_boxes_are_theirs(folder, kind):
    inputs, expected = arrays(folder, "inputs", kind), arrays(folder, "expected", kind)
    model, head = load_backbone(GOLDENS / folder)[0], SetPredictionHead(16, 3, name="head")
    head.build()
    assert filled(folder, model, head=head) == ()
    outputs = head(model(inputs)["detection_output"])
    for name in ("logits", "boxes"):
        np.testing.assert_allclose(outputs[name], expected[name], atol=TOLERANCE)
