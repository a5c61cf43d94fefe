"""The tokenizer of Marian's translation models (opus-mt), as they stand on the Hugging Face hub."""

import hashlib
import json
from pathlib import Path

from kformer.data.tokenizers.content import content
from kformer.data.tokenizers.sentence_piece import MODEL_FILE
from kformer.data.tokenizers.string_ids import StringIds
from kformer.data.tokenizers.subword_model import SubwordModel
from kformer.data.tokenizers.tokenizer import Tokenizer

VOCABULARY_FILE = "vocab.json"
PAD, UNKNOWN, END = "<pad>", "<unk>", "</s>"


class MarianTokenizer(Tokenizer):
    """Text to ids as in Marian: one side's SentencePiece model cuts pieces, a vocabulary of its own gives them ids.

    A text may begin with the code of the language to translate into, `>>de<<`; it is one piece.

    Paper: Junczys-Dowmunt et al., Marian, arXiv 1804.00344.

    Args:
        model: bytes, the content of source.spm or target.spm.
        vocabulary: list of str in the order of their ids; it holds </s>, <unk> and <pad>.

    Attributes:
        pieces: list of str, the vocabulary.
        pad_id, unk_id, end_id: int.
        start_id: int, what decoding starts with: <pad>.

    Raises:
        ValueError: when the bytes are not a SentencePiece model, or the vocabulary lacks a special token.
    """

    kind = "marian"
    appends_end = True

    def __init__(self, model, vocabulary):
        self._model = SubwordModel(model)
        self.pieces = list(vocabulary)
        self._ids = {piece: i for i, piece in enumerate(self.pieces)}
        missing = [token for token in (END, UNKNOWN, PAD) if token not in self._ids]
        if missing:
            raise ValueError(
                f"The vocabulary of {len(self.pieces)} pieces lacks {', '.join(missing)}: it is not Marian's; give its "
                "vocab.json."
            )
        self.pad_id, self.unk_id, self.end_id = (self._ids[token] for token in (PAD, UNKNOWN, END))
        self.start_id = self.pad_id
        self._graph_ids = StringIds(self.pieces, self.unk_id)

    def encode(self, texts):
        """The ids of texts, each with </s> at its end, eagerly or in a graph.

        Args:
            texts: (batch,) strings.

        Returns:
            int32 RaggedTensor (batch, length).
        """
        import tensorflow as tf

        texts = tf.convert_to_tensor(texts, "string")
        codes, texts = _split_language_codes(texts)
        pieces = tf.concat([codes, self._model.encode(texts, as_strings=True)], axis=1)
        ids = pieces.with_values(self._graph_ids(pieces.values))
        return tf.concat([ids, tf.fill((ids.nrows(), 1), self.end_id)], axis=1)

    def encode_sampled(self, texts, dropout, seeds):
        """The ids of texts cut at random, on the host (see `SentencePieceTokenizer.encode_sampled`)."""
        return [self._sampled(text, dropout, seed) for text, seed in zip(texts, seeds, strict=True)]

    def _sampled(self, text, dropout, seed):
        import numpy as np

        end = text.find("<<") + 2 if text.startswith(">>") and "<<" in text else 0
        pieces = self._model.sample(text[end:], dropout, seed, as_strings=True)
        pieces = [*([text[:end]] if end else []), *pieces, END]
        return np.array([self._ids.get(piece, self.unk_id) for piece in pieces], "int32")

    def decode(self, ids):
        """The texts of ids, eagerly or in a graph: up to the first </s>, without <pad> and <unk>.

        Args:
            ids: int (batch, length), a tensor or a RaggedTensor.

        Returns:
            (batch,) strings.
        """
        import tensorflow as tf

        ids = content(ids, self.end_id, (self.pad_id, self.unk_id))
        texts = tf.strings.reduce_join(tf.gather(tf.constant(self.pieces), ids), axis=-1)
        return tf.strings.strip(tf.strings.regex_replace(texts, "▁", " "))

    @property
    def model(self):
        """bytes, the SentencePiece model."""
        return self._model.model

    @property
    def vocab_size(self):
        """int, the number of ids."""
        return len(self.pieces)

    @property
    def fingerprint(self):
        """str, a hash of all that changes the ids."""
        return hashlib.sha256("\n".join([self._model.fingerprint, *self.pieces]).encode("utf-8")).hexdigest()

    def save(self, folder):
        """Writes the model and the vocabulary into a folder, which is made if it is not there."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / MODEL_FILE).write_bytes(self.model)
        (Path(folder) / VOCABULARY_FILE).write_text(json.dumps(self._ids, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder):
        """The tokenizer that `save` wrote."""
        ids = json.loads((Path(folder) / VOCABULARY_FILE).read_text(encoding="utf-8"))
        return cls((Path(folder) / MODEL_FILE).read_bytes(), sorted(ids, key=ids.get))


def _split_language_codes(texts):
    """The code at the beginning of each text, a RaggedTensor of one piece or none a row, and the texts without it."""
    import tensorflow as tf

    rest = tf.strings.regex_replace(texts, r"(?s)\A>>.*?<<", "")
    size = tf.strings.length(texts) - tf.strings.length(rest)
    found = size > 0
    codes = tf.boolean_mask(tf.strings.substr(texts, tf.zeros_like(size), size), found)
    return tf.RaggedTensor.from_row_lengths(codes, tf.cast(found, "int64"), validate=False), rest
