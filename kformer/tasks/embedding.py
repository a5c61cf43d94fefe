"""Sentence vectors: the mean of a text encoder's last layer, of length 1, so that a product is a similarity."""

import numpy as np

from kformer.models.registry import families_serving
from kformer.tasks.loading import find_start
from kformer.tasks.pooling import mean_pool
from kformer.tasks.precision import resolve_precision
from kformer.tasks.text_processor import TextProcessor


class SentenceEmbedder:
    """Text to vectors of length 1 (Reimers and Gurevych, Sentence-BERT, arXiv 1908.10084).

    Args:
        backbone: a text encoder.
        processor: `TextProcessor` for single texts.
    """

    def __init__(self, backbone, processor):
        import tensorflow as tf

        self.backbone = backbone
        self.processor = processor
        signature = [tf.TensorSpec((None,), "string")]
        self._graph = tf.function(self._vectors, input_signature=signature, autograph=False)

    @classmethod
    def from_pretrained(cls, init="minilm", max_length=256, precision="auto"):
        """An embedder over what `init` names: "minilm", a Hugging Face folder, a hub's repository, or a run.

        Args:
            init: see `TextClassification.from_pretrained`.
            max_length: int, longest row of ids (256 is MiniLM's own setting).
            precision: str, see `resolve_precision`.
        """
        families = families_serving("text-classification")  # the text encoders
        start = find_start(init, resolve_precision(precision)[0], families=families)
        max_length = min(max_length, start.backbone.max_length)
        return cls(start.backbone, TextProcessor(start.tokenizer, max_length))

    def _vectors(self, texts):
        import tensorflow as tf

        features = self.processor.features(texts)
        outputs = self.backbone(features, training=False)
        vectors = mean_pool(tf.cast(outputs["sequence_output"], "float32"), features["padding_mask"])
        return tf.math.l2_normalize(vectors, axis=-1)

    def __call__(self, texts, batch_size=64):
        """float32 (n, d_model), one vector of length 1 per text.

        Args:
            texts: sequence of n str.
            batch_size: int, texts at a time; they are taken in order of length, so that little is padded.
        """
        vectors = np.zeros((len(texts), self.backbone.d_model), "float32")
        order = np.argsort([len(text) for text in texts], kind="stable")
        for start in range(0, len(texts), batch_size):
            rows = order[start : start + batch_size]
            vectors[rows] = self._graph([texts[i] for i in rows]).numpy()
        return vectors


def nearest(queries, vectors, count=5):
    """For each query its most similar vectors, best first.

    Args:
        queries: float (m, d), of length 1.
        vectors: float (n, d), of length 1.
        count: int, at most so many each.

    Returns:
        indices int (m, count) and cosine similarities float (m, count).
    """
    similarities = queries @ vectors.T
    count = min(count, similarities.shape[1])
    indices = np.argsort(-similarities, axis=1, kind="stable")[:, :count]
    return indices, np.take_along_axis(similarities, indices, axis=1)
