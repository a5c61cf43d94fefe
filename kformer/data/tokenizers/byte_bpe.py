"""Byte-level BPE, the tokenizer of GPT-2 and RoBERTa, in the graph."""

import hashlib
import json
from pathlib import Path

from kformer.data.tokenizers.byte_alphabet import BYTE_CHARACTERS, bytes_of
from kformer.data.tokenizers.content import content
from kformer.data.tokenizers.framing import EncoderTokenizer
from kformer.data.tokenizers.pair_merges import PairMerges
from kformer.data.tokenizers.pre_tokens import split_words

VOCABULARY_FILE, MERGES_FILE = "vocab.json", "merges.txt"
GPT2_TOKENS = ("<|endoftext|>",)
ROBERTA_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
START, PAD, END, UNKNOWN, MASK = ROBERTA_TOKENS


class ByteBPETokenizer(EncoderTokenizer):
    """Text to ids by GPT-2's byte-level BPE, and back: any text has ids, and its ids are the whole text.

    Special tokens written in a text are text. Invalid UTF-8 becomes U+FFFD.

    Papers: Sennrich et al., BPE, arXiv 1508.07909; Radford et al., GPT-2, 2019; Liu et al., RoBERTa, arXiv 1907.11692.

    Args:
        vocabulary: list of str in the order of their ids, bytes written as in GPT-2's vocab.json. It holds RoBERTa's
            <s>, <pad>, </s>, <unk> and <mask>, or else GPT-2's <|endoftext|>, which then is start, end and padding.
        merges: list of pairs of str, the first merge first.
        add_prefix_space: bool, put a space before texts that begin without one.

    Attributes:
        start_id, end_id, pad_id, unk_id: int.
        mask_id: int, or None in GPT-2's vocabulary.

    Raises:
        ValueError: when the vocabulary lacks special tokens, bytes or what a merge needs.
    """

    kind = "byte_bpe"
    ends_between = 2
    has_segments = False

    def __init__(self, vocabulary, merges, add_prefix_space=False):
        import tensorflow as tf

        self.vocabulary = list(vocabulary)
        self.merges = [tuple(merge) for merge in merges]
        self.add_prefix_space = add_prefix_space
        ids = {token: i for i, token in enumerate(self.vocabulary)}
        _check(ids, self.merges)
        special = ROBERTA_TOKENS if START in ids else GPT2_TOKENS * 4
        self.start_id, self.pad_id, self.end_id, self.unk_id = (ids[token] for token in special[:4])
        self.mask_id = ids[MASK] if START in ids else None
        parts = [(ids[left], ids[right], ids[left + right]) for left, right in self.merges]
        self._merges = PairMerges(*(zip(*parts, strict=True) if parts else ((), (), ())), num_symbols=len(ids))
        # Eagerly, even when a graph is being traced around the caller.
        with tf.init_scope():
            self._byte_ids = tf.constant([ids[character] for character in BYTE_CHARACTERS], "int32")
            self._bytes = tf.constant([bytes_of(token) for token in self.vocabulary])

    def encode(self, texts):
        """The ids of texts, without special tokens, eagerly or in a graph.

        Args:
            texts: (batch,) strings.

        Returns:
            int32 RaggedTensor (batch, length).
        """
        import tensorflow as tf

        texts = tf.convert_to_tensor(texts, "string")
        if self.add_prefix_space:
            begins = tf.strings.regex_full_match(texts, r"(?s)( .*)?")
            texts = tf.where(begins, texts, tf.strings.join([" ", texts]))
        words = split_words(texts)
        # Most words stand in a text, and in a batch, many times.
        unique, places = tf.unique(words.values)
        ids = tf.gather(self._encode_words(unique), places)
        return words.with_values(ids).merge_dims(1, 2)

    def _encode_words(self, words):
        """The ids of each word, an int32 RaggedTensor (words, ids)."""
        import tensorflow as tf

        num_bytes = tf.strings.length(words)
        of_bytes = tf.io.decode_raw(tf.strings.reduce_join(words), "uint8")
        symbols, rows = self._merges(
            tf.gather(self._byte_ids, tf.cast(of_bytes, "int32")), tf.repeat(tf.range(tf.size(words)), num_bytes)
        )
        return tf.RaggedTensor.from_value_rowids(
            symbols, tf.cast(rows, "int64"), nrows=tf.size(words, out_type=tf.int64), validate=False
        )

    def tokens(self, text):
        """The pieces of one text, a list of str."""
        return [self.vocabulary[i] for i in self.encode([text])[0].numpy()]

    def decode(self, ids):
        """The texts of ids, eagerly or in a graph: up to the first end token (after the first place, where GPT-2 has it
        as the start), without special ones. What is not UTF-8 becomes U+FFFD.

        Args:
            ids: int (batch, length), a tensor or a RaggedTensor.

        Returns:
            (batch,) strings.
        """
        import tensorflow as tf

        special = {self.start_id, self.pad_id, self.unk_id, self.mask_id} - {self.end_id, None}
        ids = content(ids, self.end_id, special, starts_with_end=self.start_id == self.end_id)
        texts = tf.strings.reduce_join(tf.gather(self._bytes, ids), axis=-1)
        return tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")

    @property
    def vocab_size(self):
        """int, the number of ids."""
        return len(self.vocabulary)

    @property
    def fingerprint(self):
        """str, a hash of all that changes the ids."""
        merges = (f"{left} {right}" for left, right in self.merges)
        content = "\n".join([str(self.add_prefix_space), *self.vocabulary, "", *merges])
        return hashlib.sha256(content.encode("utf-8")).hexdigest()

    def save(self, folder):
        """Writes vocab.json and merges.txt, as `transformers` reads them, into a folder."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        ids = {token: i for i, token in enumerate(self.vocabulary)}
        (Path(folder) / VOCABULARY_FILE).write_text(json.dumps(ids, ensure_ascii=False), encoding="utf-8")
        lines = ["#version: 0.2", *(f"{left} {right}" for left, right in self.merges)]
        (Path(folder) / MERGES_FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    @classmethod
    def load(cls, folder, add_prefix_space=False):
        """The tokenizer that `save` wrote."""
        ids = json.loads((Path(folder) / VOCABULARY_FILE).read_text(encoding="utf-8"))
        lines = (Path(folder) / MERGES_FILE).read_text(encoding="utf-8").split("\n")
        return cls(sorted(ids, key=ids.get), [line.split(" ") for line in lines[1:-1]], add_prefix_space)

    def get_config(self):
        """What `load` needs besides the files."""
        return {"add_prefix_space": self.add_prefix_space}


def _check(ids, merges):
    missing = [token for token in (ROBERTA_TOKENS if START in ids else GPT2_TOKENS) if token not in ids]
    if missing:
        raise ValueError(
            f"The vocabulary of {len(ids)} tokens lacks {', '.join(missing)}: it is neither RoBERTa's nor GPT-2's."
        )
    missing = [character for character in BYTE_CHARACTERS if character not in ids]
    if missing:
        raise ValueError(
            f"The vocabulary of {len(ids)} tokens lacks {len(missing)} of the 256 bytes, {missing[0]!r} first: it is "
            "not a byte-level one."
        )
    for rank, (left, right) in enumerate(merges):
        unknown = [token for token in (left, right, left + right) if token not in ids]
        if unknown:
            raise ValueError(
                f"Merge {rank + 1}, {left!r} and {right!r}, needs {unknown[0]!r}, which is not in the vocabulary: the "
                "two files do not belong together."
            )
