"""Subwords learned from the corpus itself, by SentencePiece, for models from scratch."""

from pathlib import Path

from kformer.data.tokenizers.content import content
from kformer.data.tokenizers.subword_model import SubwordModel
from kformer.data.tokenizers.tokenizer import Tokenizer

MODEL_FILE = "sentencepiece.model"


class SentencePieceTokenizer(Tokenizer):
    """Text to subword ids and back. It takes any text as it is: spaces are part of the pieces.

    Papers: Sennrich et al., BPE, arXiv 1508.07909; Kudo, unigram, arXiv 1804.10959; Kudo and Richardson,
    SentencePiece, arXiv 1808.06226.

    Args:
        model: bytes, what `train_sentencepiece` returns: a model whose first ids are <pad>, <unk>, <s> and </s>.

    Attributes:
        pieces: list of str in the order of their ids.
        pad_id, unk_id, start_id, end_id: int, 0 to 3.

    Raises:
        ValueError: when the bytes are not a SentencePiece model, or one with other special ids.
    """

    kind = "sentencepiece"
    pad_id, unk_id, start_id, end_id = range(4)

    def __init__(self, model):
        self._model = SubwordModel(model)
        self.pieces = self._model.pieces
        processor = self._model.processor
        ids = processor.pad_id(), processor.unk_id(), processor.bos_id(), processor.eos_id()
        if ids != (0, 1, 2, 3):
            raise ValueError(
                f"The SentencePiece model has <pad>, <unk>, <s>, </s> at the ids {', '.join(map(str, ids))} (-1: none) "
                "instead of 0, 1, 2, 3: train one with `train_sentencepiece`."
            )

    def encode(self, texts):
        """The ids of texts, without <s> and </s>, eagerly or in a graph.

        Args:
            texts: (batch,) strings.

        Returns:
            int32 RaggedTensor (batch, length).
        """
        return self._model.encode(texts)

    def encode_sampled(self, texts, dropout, seeds):
        """The ids of texts cut at random, on the host, so that a model in training sees a word in many forms.

        For BPE, `dropout` is the probability with which a merge is left out (Provilkov et al., arXiv 1910.13267; 0.1
        there). For unigram, a segmentation is drawn with its probability to the power of 1 / dropout - 1, the alpha of
        Kudo, arXiv 1804.10959: dropout 0.83 is alpha 0.2.

        Args:
            texts: sequence of str.
            dropout: float; 0 gives the ids of `encode`, 1 the smallest pieces.
            seeds: one int for each text: the same seed cuts the same text in the same way, whatever stands beside it
                (see `kformer.data.seeds`).

        Returns:
            list of int32 arrays.

        Raises:
            ValueError: when `dropout` is not a probability.
        """
        import numpy as np

        sampled = (self._model.sample(text, dropout, seed) for text, seed in zip(texts, seeds, strict=True))
        return [np.asarray(ids, "int32") for ids in sampled]

    def decode(self, ids):
        """The texts of ids, eagerly or in a graph: up to the first </s>, without <pad> and <s>.

        Args:
            ids: int (batch, length), a tensor or a RaggedTensor.

        Returns:
            (batch,) strings.
        """
        return self._model.decode(content(ids, self.end_id, (self.pad_id, self.start_id)))

    @property
    def model(self):
        """bytes, the SentencePiece model."""
        return self._model.model

    @property
    def vocab_size(self):
        """int, the number of pieces, special ones included."""
        return len(self.pieces)

    @property
    def fingerprint(self):
        """str, a hash of all that changes the ids."""
        return self._model.fingerprint

    def save(self, folder):
        """Writes the model into a folder, which is made if it is not there."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / MODEL_FILE).write_bytes(self.model)

    @classmethod
    def load(cls, folder):
        """The tokenizer that `save` wrote."""
        return cls((Path(folder) / MODEL_FILE).read_bytes())
