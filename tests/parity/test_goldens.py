"""Our backbones against the outputs that PyTorch `transformers` gave for the same weights (made by make_goldens.py)."""

from pathlib import Path

import numpy as np
import pytest

from kformer.checkpoints import HFFolder, fill, load_backbone, own_variables, read_vocabulary
from kformer.data.tokenizers import WordPieceTokenizer
from kformer.layers import MaskedLanguageModelHead

GOLDENS = Path(__file__).parent / "goldens"
TOLERANCE = 1e-5
FOLDERS = {
    "bert": "bert",
    "distilbert": "distilbert",
    "roberta": "roberta",
    "roberta_pooled": "roberta_pooled",
    "bert_sharded": "bert",
    "bert_old_names": "bert",
}


@pytest.fixture(scope="module", params=FOLDERS)
def case(request):
    backbone, _ = load_backbone(GOLDENS / request.param)
    outputs_of = GOLDENS / FOLDERS[request.param]
    return backbone, dict(np.load(outputs_of / "inputs.npz")), dict(np.load(outputs_of / "expected.npz"))


def batch_of(inputs, name):
    return {key.split("/")[1]: value for key, value in inputs.items() if key.startswith(name)}


@pytest.mark.parametrize("batch", ["padded", "pair"])
def test_the_sequence_output_is_theirs(case, batch):
    backbone, inputs, expected = case
    features = batch_of(inputs, batch)
    real = features["padding_mask"].astype(bool)
    ours = backbone(features)["sequence_output"].numpy()
    np.testing.assert_allclose(ours[real], expected[f"{batch}/sequence_output"][real], atol=TOLERANCE)


@pytest.mark.parametrize("batch", ["padded", "pair"])
def test_the_hidden_states_and_attention_scores_are_theirs(case, batch):
    backbone, inputs, expected = case
    features = batch_of(inputs, batch)
    real = features["padding_mask"].astype(bool)
    outputs = backbone(features, return_hidden_states=True, return_attention_scores=True)
    for ours, theirs in zip(outputs["hidden_states"], expected[f"{batch}/hidden_states"], strict=True):
        np.testing.assert_allclose(ours.numpy()[real], theirs[real], atol=TOLERANCE)
    for ours, theirs in zip(outputs["attention_scores"], expected[f"{batch}/attention_scores"], strict=True):
        ours, theirs = (np.moveaxis(scores, 1, 2)[real] for scores in (ours.numpy(), theirs))
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE)


@pytest.mark.parametrize("batch", ["padded", "pair"])
def test_the_pooled_output_is_theirs(case, batch):
    backbone, inputs, expected = case
    if f"{batch}/pooled_output" not in expected:
        pytest.skip("this family's files have no pooled output of their own")
    ours = backbone(batch_of(inputs, batch))["pooled_output"].numpy()
    np.testing.assert_allclose(ours, expected[f"{batch}/pooled_output"], atol=TOLERANCE)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_tensor_is_used_or_left_out_on_purpose(folder):
    _, loaded = load_backbone(GOLDENS / folder)
    assert len(loaded.filled) + len(loaded.ignored) == len(HFFolder(GOLDENS / folder).names)
    assert loaded.new == ()


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta"])
def test_the_logits_of_masked_tokens_are_theirs(family):
    folder = GOLDENS / f"{family}_mlm"
    backbone, _ = load_backbone(folder, pooler_activation=None)
    head = MaskedLanguageModelHead(16, 60, norm_epsilon=backbone.norm_epsilon, name="mlm")
    head.build()
    loaded = fill({**own_variables(backbone), **own_variables(head, "mlm/")}, HFFolder(folder))
    assert loaded.new == loaded.ignored == ()
    inputs, expected = (dict(np.load(folder / f"{name}.npz")) for name in ("inputs", "expected"))
    features = batch_of(inputs, "padded")
    logits = head(backbone(features)["sequence_output"], backbone.token_embedding.embeddings).numpy()
    real = features["padding_mask"].astype(bool)
    np.testing.assert_allclose(logits[real], expected["padded/logits"][real], atol=TOLERANCE)


@pytest.fixture(scope="module")
def minilm_case(minilm):
    backbone, _ = load_backbone(minilm)
    inputs, expected = (dict(np.load(GOLDENS / "minilm" / f"{name}.npz")) for name in ("inputs", "expected"))
    return backbone(inputs), inputs, expected


def test_minilms_sequence_output_is_theirs(minilm_case):
    outputs, _, expected = minilm_case
    ours = np.take_along_axis(outputs["sequence_output"].numpy(), expected["positions"][:, :, None], axis=1)
    np.testing.assert_allclose(ours, expected["sequence_output"], rtol=1e-4, atol=1e-5)


def test_minilms_pooled_output_is_theirs(minilm_case):
    outputs, _, expected = minilm_case
    np.testing.assert_allclose(outputs["pooled_output"], expected["pooled_output"], rtol=1e-4, atol=1e-5)


def test_minilms_tokens_are_theirs(minilm):
    vocabulary, lowercase = read_vocabulary(minilm)
    sentences = (GOLDENS / "minilm" / "sentences.txt").read_text(encoding="utf-8").splitlines()
    ids = WordPieceTokenizer(vocabulary, lowercase).encode_framed(sentences)["token_ids"].to_list()
    inputs = dict(np.load(GOLDENS / "minilm" / "inputs.npz"))
    rows = zip(inputs["token_ids"], inputs["padding_mask"], strict=True)
    assert ids == [row[mask].tolist() for row, mask in rows]
