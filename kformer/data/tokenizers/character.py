"""Characters as tokens, for language models from scratch."""

import collections
import hashlib
import json
from pathlib import Path

from kformer.data.tokenizers.content import content
from kformer.data.tokenizers.tokenizer import Tokenizer

CHARACTERS_FILE = "characters.json"
NUM_SPECIAL = 4
_UNKNOWN = 0xFFFD


class CharacterTokenizer(Tokenizer):
    """Each Unicode character is a token.

    Args:
        characters: str or list of str of length 1; the first has id 4, after padding, unknown, start and end.

    Attributes:
        pad_id, unk_id, start_id, end_id: int, 0 to 3.

    Raises:
        ValueError: when there are no characters, one stands there twice, or something is not one character.
    """

    kind = "character"
    pad_id, unk_id, start_id, end_id = range(NUM_SPECIAL)

    def __init__(self, characters):
        import numpy as np
        import tensorflow as tf

        self.characters = list(characters)
        _check(self.characters)
        codes = np.array([ord(character) for character in self.characters], "int32")
        order = np.argsort(codes)
        # Eagerly, even when a graph is being traced around the caller.
        with tf.init_scope():
            self._codes = tf.constant(codes[order])
            self._ids = tf.constant(order + NUM_SPECIAL, "int32")
            self._code_of_id = tf.constant([_UNKNOWN] * NUM_SPECIAL + codes.tolist(), "int32")

    def encode(self, texts):
        """The ids of texts, without special tokens, eagerly or in a graph.

        Args:
            texts: (batch,) strings.

        Returns:
            int32 RaggedTensor (batch, characters).
        """
        import tensorflow as tf

        codes = tf.strings.unicode_decode(tf.convert_to_tensor(texts, "string"), "UTF-8")
        place = tf.minimum(tf.searchsorted(self._codes, codes.values), tf.size(self._codes) - 1)
        known = tf.equal(tf.gather(self._codes, place), codes.values)
        return codes.with_values(tf.where(known, tf.gather(self._ids, place), self.unk_id))

    def decode(self, ids):
        """The texts of ids, eagerly or in a graph: up to the first end, without padding and start; unknown characters
        become U+FFFD.

        Args:
            ids: int (batch, length), a tensor or a RaggedTensor.

        Returns:
            (batch,) strings.
        """
        import tensorflow as tf

        ids = content(ids, self.end_id, (self.pad_id, self.start_id))
        return tf.strings.unicode_encode(tf.gather(self._code_of_id, ids), "UTF-8")

    @property
    def vocab_size(self):
        """int, the number of ids, special ones included."""
        return len(self.characters) + NUM_SPECIAL

    @property
    def fingerprint(self):
        """str, a hash of all that changes the ids."""
        return hashlib.sha256("".join(self.characters).encode("utf-8")).hexdigest()

    def save(self, folder):
        """Writes the characters into a folder, which is made if it is not there."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / CHARACTERS_FILE).write_text(json.dumps(self.characters), encoding="utf-8")

    @classmethod
    def load(cls, folder):
        """The tokenizer that `save` wrote."""
        return cls(json.loads((Path(folder) / CHARACTERS_FILE).read_text(encoding="utf-8")))


def _check(characters):
    if not characters:
        raise ValueError("A character tokenizer needs at least one character. Received: none.")
    counts = collections.Counter(characters)
    wrong = next((one for one in characters if len(one) != 1 or counts[one] > 1), None)
    if wrong is not None:
        reason = "stands there twice" if len(wrong) == 1 else "is not one character"
        raise ValueError(f"A character tokenizer needs each character once. Received: {wrong!r}, which {reason}.")


def train_characters(texts, vocab_size=None):
    """The characters of texts, for `CharacterTokenizer`.

    Args:
        texts: iterable of str.
        vocab_size: int or None, at most so many ids, the four special ones included: the most frequent characters.

    Returns:
        list of str, sorted.

    Raises:
        ValueError: when there is no text, or no room for a character.
    """
    if vocab_size is not None and vocab_size <= NUM_SPECIAL:
        raise ValueError(f"`vocab_size` must be at least {NUM_SPECIAL + 1}. Received: vocab_size={vocab_size!r}.")
    counts = collections.Counter()
    for text in texts:
        counts.update(text)
    if not counts:
        raise ValueError("There is no text to take characters from: all texts are empty.")
    # Of equally frequent characters the first in Unicode, so that the order of the texts does not matter.
    ranked = sorted(counts, key=lambda character: (-counts[character], character))
    return sorted(ranked if vocab_size is None else ranked[: vocab_size - NUM_SPECIAL])
