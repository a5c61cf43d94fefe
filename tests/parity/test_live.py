"""Live comparison with PyTorch `transformers`, where it is installed (`make parity`)."""

import numpy as np
import pytest

from kformer.checkpoints import load_backbone
from kformer.exporting import Predictor, export
from tests.tiny import FAMILIES, GOLDENS, randomise, roberta_task, task

torch = pytest.importorskip("torch", reason="needs PyTorch: make parity")
transformers = pytest.importorskip("transformers", reason="needs transformers: make parity")

TEXTS = ["the film is good", "a", "very bad , very un good film - not", ""]
PAIRS = [("the film is good", "bad"), ("a b c d e f g h", "not good !")]


def test_their_own_model_of_each_golden_gives_our_output():
    for folder in ("bert", "distilbert", "roberta", "bert_sharded"):
        ours, _ = load_backbone(GOLDENS / folder)
        theirs = transformers.AutoModel.from_pretrained(GOLDENS / folder).eval()
        random = np.random.default_rng(1)
        token_ids = random.integers(5, 60, (4, 11)).astype("int32")
        mask = np.arange(11) < np.array([[11], [7], [3], [1]])
        token_ids = np.where(mask, token_ids, 1 if folder == "roberta" else 0)
        with torch.no_grad():
            expected = theirs(torch.tensor(token_ids), attention_mask=torch.tensor(mask.astype("int64")))[0].numpy()
        outputs = ours({"token_ids": token_ids, "padding_mask": mask})["sequence_output"].numpy()
        np.testing.assert_allclose(outputs[mask], expected[mask], atol=1e-5)


@pytest.mark.parametrize("pair", [False, True])
@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_transformers_reads_an_export_and_gives_equal_scores(family, pair, tmp_path):
    if pair and family == "distilbert":
        pytest.skip("DistilBERT has no segments: pairs are tested with BERT")
    original = randomise(task(pair=pair, **FAMILIES[family]))
    folder = export(original, tmp_path / "hf", to="hf")
    pipeline = transformers.pipeline("text-classification", model=str(folder), device="cpu", top_k=None)
    inputs = [{"text": a, "text_pair": b} for a, b in PAIRS] if pair else TEXTS
    for answer, theirs in zip(Predictor(original)(PAIRS if pair else TEXTS), pipeline(inputs), strict=True):
        scores = {row["label"]: row["score"] for row in theirs}
        assert scores == pytest.approx(answer["scores"], abs=1e-5)


@pytest.mark.parametrize("pair", [False, True])
def test_transformers_reads_a_roberta_and_gives_equal_scores(pair, tmp_path):
    original = roberta_task(pair=pair, max_length=24)
    folder = export(original, tmp_path / "hf", to="hf")
    pipeline = transformers.pipeline("text-classification", model=str(folder), device="cpu", top_k=None)
    inputs = [{"text": a, "text_pair": b} for a, b in PAIRS] if pair else TEXTS
    for answer, theirs in zip(Predictor(original)(PAIRS if pair else TEXTS), pipeline(inputs), strict=True):
        scores = {row["label"]: row["score"] for row in theirs}
        assert scores == pytest.approx(answer["scores"], abs=1e-5)


def test_transformers_reads_a_regression_in_its_units(tmp_path):
    original = task("regression")
    original.target_mean.assign(3.0)
    original.target_scale.assign(2.0)
    folder = export(original, tmp_path / "hf", to="hf")
    model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokens = transformers.AutoTokenizer.from_pretrained(folder)(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        expected = model(**tokens).logits[:, 0].numpy()
    ours = [answer["score"] for answer in Predictor(original)(TEXTS)]
    np.testing.assert_allclose(ours, expected, atol=1e-5)
