"""Sentence vectors."""

import numpy as np
import pytest

from kformer.tasks import SentenceEmbedder
from kformer.tasks.embedding import nearest
from tests.tiny import GOLDENS

TEXTS = ["the film is good", "bad", "", "a b c d e f g h i j"]


@pytest.fixture(scope="module")
def embedder():
    return SentenceEmbedder.from_pretrained(GOLDENS / "bert", precision="float32")


def test_a_vector_is_the_mean_of_the_real_positions_at_length_one(embedder):
    features = embedder.processor.features(TEXTS)
    outputs = np.asarray(embedder.backbone(features)["sequence_output"])
    for vector, rows, mask in zip(embedder(TEXTS), outputs, features["padding_mask"].numpy(), strict=True):
        mean = rows[mask].mean(0)
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)


def test_batches_change_neither_order_nor_vectors(embedder):
    np.testing.assert_allclose(embedder(TEXTS, batch_size=2), embedder(TEXTS), atol=1e-5)


def test_no_texts_give_no_vectors(embedder):
    assert embedder([]).shape == (0, 16)


def test_the_length_is_cut_to_the_model_s_positions(embedder):
    assert embedder.processor.max_length == embedder.backbone.max_length == 24
    assert np.isfinite(embedder(["a " * 100])).all()


def test_the_nearest_come_first():
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    indices, similarities = nearest(np.array([[0.0, 1.0]]), vectors, count=2)
    assert indices.tolist() == [[1, 2]]
    np.testing.assert_allclose(similarities, [[1.0, 0.8]])


def test_there_are_no_more_neighbours_than_vectors():
    indices, _ = nearest(np.eye(2), np.eye(2), count=5)
    assert indices.tolist() == [[0, 1], [1, 0]]
