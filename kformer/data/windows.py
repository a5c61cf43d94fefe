"""Windows of one length for language models: the ids of all texts in one line, cut without any padding."""

import dataclasses
import re
from collections.abc import Iterator

import numpy as np

from kformer.data.seeds import example_seeds, uniform
from kformer.data.token_cache import open_token_cache

# Characters tokenised as one string: a book by itself would take gigabytes.
PIECE = 4096
# Up to the last word's end. Tokenizers of words, bytes and subwords alike begin a new token where white space begins.
_WHOLE_WORDS = re.compile(r".*\S(?=\s)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Windows:
    """What a language model reads at a time: `length` ids, and as targets the ids that follow each of them.

    To train on, the windows begin at another place in each epoch, so that a token is not always seen with the same
    ones before it; or as many as are asked for begin anywhere, each by itself. To validate on, every token but the
    very first is a target exactly once; the last window may be shorter, and so has a bucket of its own in the plan.

    Args:
        ids: int32 (tokens,), of all texts (`open_token_line`).
        length: int, targets of a window.
        seed: int for training; None for validation.
        count: int, windows of an epoch that begin at random; None cuts the texts into windows side by side.

    Raises:
        ValueError: there are fewer tokens than one window takes.
    """

    ids: np.ndarray
    length: int
    seed: int | None = None
    count: int | None = None

    def __post_init__(self):
        least = 2 if self.seed is None else self.length + 1
        if self.length < 1 or len(self.ids) < least:
            raise ValueError(
                f"The text has {len(self.ids)} tokens, and a window of {self.length} needs {least} or more. Give more "
                "text, or a `max_length` from 1 to the number of tokens less one."
            )

    @property
    def lengths(self):
        """int (windows,), targets of each window."""
        num_targets = len(self.ids) - 1
        if self.seed is None:
            return np.diff(np.append(np.arange(0, num_targets, self.length), num_targets))
        if self.count is not None:
            return np.full(self.count, self.length)
        # One window less, where that leaves one, so that they can begin at any of `length` places.
        return np.full(max(1, (num_targets - self.length + 1) // self.length), self.length)

    @property
    def num_left_out(self):
        """int, of windows side by side: the tokens before the first and behind the last, which are no targets."""
        return len(self.ids) - 1 - int(self.lengths.sum())

    def rows(self, indices, epoch=0):
        """Some windows of equal length.

        Args:
            indices: (batch,) ints.
            epoch: int.

        Returns:
            `inputs` and `targets`, int32 (batch, length) each.
        """
        width = self.lengths[indices].max()
        starts = self._starts(np.asarray(indices), epoch)
        ids = self.ids[starts[:, None] + np.arange(width + 1)]
        return ids[:, :-1], ids[:, 1:]

    def _starts(self, indices, epoch):
        if self.seed is None:
            return indices * self.length
        if self.count is not None:
            random = uniform(example_seeds(self.seed, epoch, indices), 1)[:, 0]
            return (random * (len(self.ids) - self.length)).astype("int64")
        shift = np.random.default_rng((self.seed, epoch)).integers(min(self.length, self.num_left_out + 1))
        return shift + indices * self.length


def open_token_line(folder, key, tokenise, texts, end_id=None):
    """The ids of all texts one after the other, tokenised once and kept on disk.

    Args:
        folder: path under which caches live.
        key: str, a hash of all that changes the ids: texts, tokenizer and `end_id`.
        tokenise: function of a list of str that returns their ids, a `tf.RaggedTensor` (strings, None).
        texts: list of str.
        end_id: int, the id that ends a text before the next one begins; None puts nothing there.

    Returns:
        int32 (tokens,), memory-mapped.
    """
    import tensorflow as tf

    slices = [(text, *ends) for text in texts for ends in pieces(text)]
    # Ids of the end behind a piece: one where a text ends, but none behind the last text.
    ends = [int(end_id is not None and stop == len(text)) for text, _, stop in slices[:-1]] + [0]

    def encode(strings, num_ends):
        ids = tf.cast(tokenise(strings), "int32")
        end_ids = tf.fill([sum(num_ends)], 0 if end_id is None else end_id)
        ids = tf.concat([ids, tf.RaggedTensor.from_row_lengths(end_ids, num_ends)], axis=1)
        return {"token_ids": ids, "first_length": ids.row_lengths(), "length": ids.row_lengths()}

    def strings(start, stop):
        return [text[first:last] for text, first, last in slices[start:stop]], ends[start:stop]

    return open_token_cache(folder, key, encode, len(slices), strings).ids


def pieces(text: str, most: int = PIECE) -> Iterator[tuple[int, int]]:
    """Yields (start, stop) of pieces of a text that give the same tokens one by one as together.

    They end where a word does; only text without any white space is cut inside.

    Args:
        text: Any text.
        most: Characters of a piece.
    """
    start = 0
    while len(text) - start > most:
        whole_words = _WHOLE_WORDS.match(text, start, start + most + 1)
        stop = whole_words.end() if whole_words else start + most
        yield start, stop
        start = stop
    yield start, len(text)
