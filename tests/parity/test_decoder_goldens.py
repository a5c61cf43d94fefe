"""GPT-2 and Marian against the outputs that PyTorch `transformers` gave for the same weights (make_decoder_goldens)."""

import numpy as np
import pytest

from kformer.checkpoints import HFFolder, load_backbone
from tests.tiny import GOLDENS

TOLERANCE = 1e-5
MARIANS = ("marian", "marian_separate")


def arrays(folder, name, kind):
    """The arrays of one batch."""
    stored = np.load(GOLDENS / folder / f"{name}.npz")
    return {key.split("/")[1]: stored[key] for key in stored if key.startswith(kind)}


@pytest.mark.parametrize("folder", ["gpt2", *MARIANS])
def test_every_tensor_is_used(folder):
    _, loaded = load_backbone(GOLDENS / folder)
    assert loaded.new == loaded.ignored == ()
    # Query, key and value are one tensor in GPT-2: its weight and bias, in each of two layers, fill three of ours.
    more = 2 * 2 * 2 if folder == "gpt2" else 0
    assert len(loaded.filled) == len(HFFolder(GOLDENS / folder).names) + more


@pytest.fixture(scope="module")
def gpt2():
    return load_backbone(GOLDENS / "gpt2")[0]


@pytest.mark.parametrize("padding", ["right", "left"])
def test_gpt2s_vectors_are_theirs(gpt2, padding):
    inputs, expected = arrays("gpt2", "inputs", padding), arrays("gpt2", "expected", padding)
    outputs = gpt2(inputs, return_hidden_states=True)
    real = inputs["padding_mask"]
    ours = [*outputs["hidden_states"][:-1], outputs["sequence_output"]]
    for x, theirs in zip(ours, [*expected["hidden_states"], expected["sequence_output"]], strict=True):
        np.testing.assert_allclose(np.asarray(x)[real], theirs[real], atol=TOLERANCE)


@pytest.mark.parametrize("padding", ["right", "left"])
def test_gpt2s_logits_are_theirs(gpt2, padding):
    inputs, expected = arrays("gpt2", "inputs", padding), arrays("gpt2", "expected", padding)
    logits = np.asarray(gpt2.logits(gpt2(inputs)["sequence_output"]))
    real = inputs["padding_mask"]
    np.testing.assert_allclose(logits[real], expected["logits"][real], atol=TOLERANCE)


@pytest.fixture(scope="module", params=MARIANS)
def marian(request):
    inputs, expected = (arrays(request.param, name, "padded") for name in ("inputs", "expected"))
    return load_backbone(GOLDENS / request.param)[0], inputs, expected


def test_marians_encoder_is_theirs(marian):
    model, inputs, expected = marian
    mask = inputs["source_padding_mask"]
    encoded = np.asarray(model.encode(inputs["source_ids"], mask)["sequence_output"])
    np.testing.assert_allclose(encoded[mask], expected["encoded"][mask], atol=TOLERANCE)


def test_marians_decoder_is_theirs(marian):
    model, inputs, expected = marian
    mask = inputs["source_padding_mask"]
    outputs = model.decode(inputs["target_ids"], expected["encoded"], mask, return_attention_scores=True)
    np.testing.assert_allclose(outputs["sequence_output"], expected["decoded"], atol=TOLERANCE)
    for ours, theirs in zip(outputs["context_attention_scores"], expected["context_attention_scores"], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


def test_marians_logits_are_theirs(marian):
    model, inputs, expected = marian
    np.testing.assert_allclose(model(inputs), expected["logits"], atol=TOLERANCE)


def test_marians_mask_is_where_the_padding_id_is_not(marian):
    model, inputs, expected = marian
    ids = {name: inputs[name] for name in ("source_ids", "target_ids")}
    np.testing.assert_allclose(model(ids), expected["logits"], atol=TOLERANCE)
