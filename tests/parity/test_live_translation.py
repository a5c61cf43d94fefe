"""Translations by `transformers` from a folder that kformer wrote, where it is installed (`make parity`)."""

import pytest

from kformer.exporting import export
from tests.tiny import marian_task

torch = pytest.importorskip("torch", reason="needs PyTorch: make parity")
transformers = pytest.importorskip("transformers", reason="needs transformers: make parity")

# Their tokenizer recommends a package for a normalisation of punctuation that it never applies.
pytestmark = pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")

TEXTS = ["the green dog", ">>de<< a red man is running", "park", "the man in the green hat runs to the park"]


@torch.no_grad()
@pytest.mark.parametrize("beam_size", [1, 4])
@pytest.mark.parametrize("tie_embeddings", ["all", "output"])
def test_transformers_reads_an_export_and_translates_alike(beam_size, tie_embeddings, tmp_path):
    original = marian_task(beam_size, tie_embeddings=tie_embeddings)
    folder = export(original, tmp_path / "hf", to="hf")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    generated = model.generate(**tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt"))
    expected = tokenizer.batch_decode(generated, skip_special_tokens=True)
    assert original.translate(TEXTS) == [text.strip() for text in expected]
