"""Batches of sentences and their translations."""

import numpy as np

from kformer.data.augmentation import drop_words
from kformer.data.seeds import example_seeds
from kformer.data.text_cleaning import clean_text


class TranslationElements:
    """Batches as NumPy arrays, from the token caches of both sides.

    Args:
        processor: `TranslationProcessor`.
        examples: `kformer.data.Examples`.
        inputs_only: bool, leave the targets out.
        with_step_targets: bool, put the optimizer step's number of targets among the inputs (see `Task`).
        augment: `SourceAugmentation`, or None.
    """

    def __init__(self, processor, examples, inputs_only=False, with_step_targets=False, augment=None):
        self.source, target = processor.token_caches(examples)
        self.target = None if inputs_only else target
        self.with_step_targets = with_step_targets
        self.augment = augment

    def count(self, indices):
        """int, the target tokens of some examples."""
        return len(indices) if self.target is None else int(np.sum(self.target.lengths[indices] - 1))

    def element(self, indices, width, step_targets, epoch):
        """One batch: (inputs, target ids, weights), or inputs alone (see `kformer.data.batches.Elements`)."""
        source_width, target_width = (width, 0) if np.ndim(width) == 0 else width
        source_ids, mask = self.source.rows(indices, source_width)
        if self.augment is not None:
            rows = [ids[real] for ids, real in zip(source_ids, mask, strict=True)]
            source_ids, mask = self.augment(indices, rows, epoch)
        inputs = {"source_ids": source_ids, "source_padding_mask": mask}
        if self.target is None:
            return inputs
        target_ids, real = self.target.rows(indices, target_width + 1)
        inputs["target_ids"] = target_ids[:, :-1]
        if self.with_step_targets:
            inputs["step_targets"] = np.full(len(indices), step_targets, "float32")
        return inputs, target_ids[:, 1:], real[:, 1:].astype("float32")

    def signature(self):
        """The `tf.TensorSpec`s of an element."""
        import tensorflow as tf

        ids = tf.TensorSpec((None, None), "int32")
        inputs = {"source_ids": ids, "source_padding_mask": tf.TensorSpec((None, None), "bool")}
        if self.target is None:
            return inputs
        inputs["target_ids"] = ids
        if self.with_step_targets:
            inputs["step_targets"] = tf.TensorSpec((None,), "float32")
        return inputs, ids, tf.TensorSpec((None, None), "float32")


class SourceAugmentation:
    """Other forms of the source sentences in each epoch; the seed, the epoch and the example alone decide which.

    Args:
        processor: `TranslationProcessor`.
        examples: `kformer.data.Examples`.
        seed: int.
        word_dropout: float, the share of tokens that the unknown token hides.
        subword_dropout: float, see `SentencePieceTokenizer.encode_sampled`.
    """

    def __init__(self, processor, examples, seed, word_dropout, subword_dropout):
        self.processor = processor
        self.texts = examples.values("text") if subword_dropout else None
        self.seed = seed
        self.word_dropout = word_dropout
        self.subword_dropout = subword_dropout

    def __call__(self, indices, rows, epoch):
        """Rows of source ids as (ids, mask), as `padded` gives them, from those of the examples' usual form."""
        tokenizer, most = self.processor.source, self.processor.max_length - 1
        seeds = example_seeds(self.seed, epoch, indices)
        if self.subword_dropout:
            texts = [clean_text(self.texts[i], self.processor.html) for i in indices]
            sampled = tokenizer.encode_sampled(texts, self.subword_dropout, seeds)
            rows = [np.append(ids[:most], np.int32(tokenizer.end_id)) for ids in sampled]
        ids, mask = padded(rows)
        if self.word_dropout:
            kept = (0, tokenizer.pad_id, tokenizer.start_id, tokenizer.end_id)
            ids = drop_words(ids, self.word_dropout, tokenizer.unk_id, seeds, kept)
        return ids, mask


def padded(rows):
    """Rows of ids of any lengths as one array.

    Args:
        rows: sequence of int arrays.

    Returns:
        (ids int32 (n, longest), mask bool (n, longest)), 0 behind the end.
    """
    lengths = np.array([len(row) for row in rows])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.zeros(mask.shape, "int32")
    ids[mask] = np.concatenate(rows)
    return ids, mask
