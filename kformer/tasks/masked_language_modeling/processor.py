"""Texts in rows that fit a text encoder, nothing of them left out, and the batches in which tokens are hidden."""

import dataclasses
import hashlib

import numpy as np

from kformer.data.seeds import example_seeds
from kformer.tasks.masked_language_modeling.masking import hide_tokens, num_hidden
from kformer.tasks.text_processor import TextProcessor

# What validation hides is the same in every run.
_VALIDATION_SEED = 0


@dataclasses.dataclass(frozen=True)
class Rows:
    """Parts of texts, each short enough for a row.

    Attributes:
        ids: int32 (total,), of all texts without special tokens, memory-mapped.
        starts: int64 (n,), where each row begins in `ids`.
        lengths: int64 (n,).
    """

    ids: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray


class MaskedTextProcessor(TextProcessor):
    """`TextProcessor` for single texts of any length: a long one becomes several rows of nearly equal length.

    Raises:
        ValueError: when the tokenizer has no mask token.
    """

    def __init__(self, tokenizer=None, max_length=128, pair=False, html=False, kind="wordpiece", settings=None):
        super().__init__(tokenizer, max_length, pair, html, kind, settings)
        if tokenizer is not None and tokenizer.mask_id is None:
            raise ValueError(
                f"The vocabulary of {tokenizer.vocab_size} tokens has no mask token such as [MASK], which stands for "
                "hidden words: start from another model, or from scratch with `init` none."
            )

    @property
    def special_ids(self):
        """ints, what is never hidden."""
        tokenizer = self.tokenizer
        return sorted({tokenizer.pad_id, tokenizer.unk_id, tokenizer.start_id, tokenizer.end_id, tokenizer.mask_id})

    @property
    def num_special(self):
        """int, the special tokens of a row."""
        return self.tokenizer.num_special(pair=False)

    def rows(self, examples):
        """The rows of all examples, tokenised once and kept on disk: `Rows`."""
        from kformer.data.cache import cache_folder
        from kformer.data.token_cache import open_token_cache
        from kformer.data.windows import pieces

        settings = (examples.fingerprint, "rows", self.html, self.tokenizer.fingerprint)
        key = hashlib.sha256(repr(settings).encode()).hexdigest()[:32]
        if key not in self._caches:
            parts = [text[start:stop] for text in examples.values("text") for start, stop in pieces(text)]
            cache = open_token_cache(
                cache_folder(), key, self._encode_parts, len(parts), lambda start, stop: [parts[start:stop]]
            )
            self._caches[key] = _cut(cache, self.max_length - self.num_special)
        return self._caches[key]

    def _encode_parts(self, texts):
        from kformer.data.text_cleaning import clean_text_in_graph

        ids = self.tokenizer.encode(clean_text_in_graph(texts, self.html))
        return {"token_ids": ids, "first_length": ids.row_lengths(), "length": ids.row_lengths()}

    def lengths(self, examples):
        """int64 (n,), ids per row, special ones included."""
        return self.rows(examples).lengths + self.num_special


def _cut(cache, most):
    """`Rows` of at most so many ids from a `TokenCache` of longer ones."""
    parts = -(-cache.lengths // most)
    whole = np.repeat(np.arange(len(parts)), parts)
    part = np.arange(len(whole)) - np.repeat(np.cumsum(parts) - parts, parts)
    first, last = (cache.lengths[whole] * (part + side) // parts[whole] for side in (0, 1))
    return Rows(cache.ids, cache.offsets[whole] + first, last - first)


class MaskedElements:
    """Batches of rows with hidden tokens as NumPy arrays (see `kformer.data.batches.Elements`).

    Args:
        processor: `MaskedTextProcessor`.
        examples: `kformer.data.Examples`.
        rate: float, the share of tokens that are hidden.
        seed: int, of which are; None hides the same in each epoch and run.
        inputs_only: bool, leave the targets out.
        with_step_targets: bool, put the optimizer step's number of targets among the inputs (see `Task`).
    """

    def __init__(self, processor, examples, rate, seed=None, inputs_only=False, with_step_targets=False):
        self.rows = processor.rows(examples)
        self.tokenizer = processor.tokenizer
        self.special_ids = processor.special_ids
        self.num_special = processor.num_special
        self.words = np.setdiff1d(np.arange(self.tokenizer.vocab_size), self.special_ids)
        self.rate = rate
        self.seed = seed
        self.inputs_only = inputs_only
        self.with_step_targets = with_step_targets

    def count(self, indices):
        """int, the hidden tokens of some rows."""
        return int(num_hidden([self._may_hide(self._ids(i)).sum() for i in indices], self.rate).sum())

    def element(self, indices, width, step_targets, epoch):
        """One batch: (inputs, the hidden ids, weights), or inputs alone."""
        token_ids, mask = self._framed(indices, width)
        seed, epoch = (_VALIDATION_SEED, 0) if self.seed is None else (self.seed, epoch)
        hidden_ids, places, is_real = hide_tokens(
            token_ids,
            mask & self._may_hide(token_ids),
            example_seeds(seed, epoch, indices),
            int(num_hidden(width - self.num_special, self.rate)),
            self.rate,
            self.tokenizer.mask_id,
            self.words,
        )
        inputs = {"token_ids": hidden_ids, "padding_mask": mask, "masked_positions": places}
        if self.inputs_only:
            return inputs
        if self.with_step_targets:
            inputs["step_targets"] = np.full(len(indices), step_targets, "float32")
        return inputs, np.take_along_axis(token_ids, places, axis=1), is_real.astype("float32")

    def _ids(self, i):
        start = self.rows.starts[i]
        return self.rows.ids[start : start + self.rows.lengths[i]]

    def _may_hide(self, ids):
        return ~np.isin(ids, self.special_ids)

    def _framed(self, indices, width):
        """Rows between start and end as (token_ids int32 (batch, width), padding_mask)."""
        tokenizer = self.tokenizer
        lengths = self.rows.lengths[indices] + self.num_special
        mask = np.arange(width) < lengths[:, None]
        token_ids = np.full(mask.shape, tokenizer.pad_id, "int32")
        frames = [[tokenizer.start_id, *self._ids(i), tokenizer.end_id] for i in indices]
        token_ids[mask] = np.concatenate(frames)
        return token_ids, mask

    def signature(self):
        """The `tf.TensorSpec`s of an element."""
        import tensorflow as tf

        ids = tf.TensorSpec((None, None), "int32")
        inputs = {"token_ids": ids, "padding_mask": tf.TensorSpec((None, None), "bool"), "masked_positions": ids}
        if self.inputs_only:
            return inputs
        if self.with_step_targets:
            inputs["step_targets"] = tf.TensorSpec((None,), "float32")
        return inputs, ids, tf.TensorSpec((None, None), "float32")
