import json

import numpy as np
import pyarrow.parquet as pq
import pytest


class FakeEmbedder:
    """The direction of a text is the number of its words: one word east, two or more north."""

    def __call__(self, texts):
        return np.array([[1.0, 0.0] if len(text.split()) < 2 else [0.6, 0.8] for text in texts], "float32")


@pytest.fixture
def embedder(monkeypatch):
    """What `SentenceEmbedder.from_pretrained` was asked for."""
    import kformer.tasks

    asked = {}

    class Fake:
        @staticmethod
        def from_pretrained(source, precision):
            asked.update(source=source, precision=precision)
            return FakeEmbedder()

    monkeypatch.setitem(vars(kformer.tasks), "SentenceEmbedder", Fake)
    return asked


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.csv"
    path.write_text("id,text\n1,refund\n2,my parcel\n", encoding="utf-8")
    return path


def test_rows_gain_an_embedding(kformer, embedder, texts):
    result = kformer("embed", "minilm", "--input", texts)
    assert json.loads(result.out.splitlines()[0]) == {"id": "1", "text": "refund", "embedding": [1.0, 0.0]}


def test_the_source_and_the_precision_are_passed_on(kformer, embedder, texts):
    kformer("embed", "saved_models/run", "--input", texts, "--precision", "float32")
    assert embedder == {"source": "saved_models/run", "precision": "float32"}


def test_an_npy_file_holds_the_vectors(kformer, embedder, texts, tmp_path):
    result = kformer("embed", "minilm", "--input", texts, "--output", tmp_path / "vectors.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "vectors.npy"), FakeEmbedder()(["refund", "my parcel"]))
    assert "2 vectors written to" in result.err


def test_a_parquet_file_keeps_the_columns(kformer, embedder, texts, tmp_path):
    kformer("embed", "minilm", "--input", texts, "--output", tmp_path / "vectors.parquet")
    assert pq.read_table(tmp_path / "vectors.parquet").column_names == ["id", "text", "embedding"]


def test_a_row_without_text_is_named(error, embedder, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,refund\n2,\n", encoding="utf-8")
    message = error("embed", "minilm", "--input", path, "--text", "text")
    assert "example 2 has no text in 'text'. Remove it, or give it a text." in message


def test_similar_lists_the_nearest_first(kformer, embedder, texts):
    result = kformer("similar", "minilm", "money", "--input", texts)
    assert [json.loads(line) for line in result.out.splitlines()] == [
        {"query": "money", "rank": 1, "similarity": 1.0, "id": "1", "text": "refund"},
        {"query": "money", "rank": 2, "similarity": 0.6, "id": "2", "text": "my parcel"},
    ]


def test_similar_keeps_the_best_of_all_chunks(kformer, embedder, texts, monkeypatch):
    monkeypatch.setattr("kformer.cli.rows_in._CHUNK_ROWS", 1)
    result = kformer("similar", "minilm", "my money", "--input", texts, "--top", "1")
    assert [json.loads(line)["text"] for line in result.out.splitlines()] == ["my parcel"]


def test_similar_answers_every_query(kformer, embedder, texts):
    result = kformer("similar", "minilm", "money", "my money", "--input", texts, "--top", "1")
    assert [json.loads(line)["text"] for line in result.out.splitlines()] == ["refund", "my parcel"]


def test_top_must_be_positive(error, embedder, texts):
    assert "Invalid value for '--top'" in error("similar", "minilm", "money", "--input", texts, "--top", "0")
