"""What stands around texts for an encoder: a start, ends, and nothing beyond the longest row."""

from kformer.data.tokenizers.tokenizer import Tokenizer


class EncoderTokenizer(Tokenizer):
    """A tokenizer whose ids a text encoder reads, one text or a pair in a row.

    A subclass says

    - `ends_between`: int, how many end tokens stand between the texts of a pair: 1 in BERT, 2 in RoBERTa;
    - `has_segments`: bool, whether the model is told which text an id belongs to.
    """

    ends_between = 1
    has_segments = True

    @classmethod
    def num_special(cls, pair):
        """int, how many special ids stand in a row.

        Args:
            pair: bool, whether the row holds two texts.
        """
        return 2 + cls.ends_between if pair else 2

    def encode_framed(self, texts, pairs=None, max_length=128):
        """Ids with their special tokens, cut to `max_length` by shortening the longer text first.

        Args:
            texts: (batch,) strings.
            pairs: (batch,) strings, the second text of each, or None.
            max_length: int, longest row of ids.

        Returns:
            dict of `token_ids`, an int32 RaggedTensor (batch, length); `first_length` (batch,) int32, the number of
            ids up to and with the first end, where segment 1 begins; `length` (batch,) int32, what the row would
            be long uncut.
        """
        import tensorflow as tf

        parts = [self.encode(texts)] + ([] if pairs is None else [self.encode(pairs)])
        lengths = [part.row_lengths() for part in parts]
        special = self.num_special(pairs is not None)
        kept = _shorten(lengths, max_length - special)
        ids = self._frame([_cut(part, length) for part, length in zip(parts, kept, strict=True)])
        return {
            "token_ids": ids,
            "first_length": tf.cast(kept[0] + 2, "int32"),
            "length": tf.cast(sum(lengths) + special, "int32"),
        }

    def _frame(self, parts):
        """start, text, end (, more ends, text, end) for each row."""
        import tensorflow as tf

        rows = parts[0].nrows()
        start, end = (tf.fill((rows, 1), tf.constant(i, "int32")) for i in (self.start_id, self.end_id))
        second = [*[end] * (self.ends_between - 1), parts[1], end] if len(parts) > 1 else []
        return tf.concat([start, parts[0], end, *second], axis=1)


def _shorten(lengths, budget):
    """How much of one or two texts is kept when the longer one loses tokens until both fit (HF's "longest_first").

    The shorter text keeps at most half of the budget, rounded down, and the longer one the rest; of equal texts the
    second counts as the longer, as in Rust's `tokenizers`.
    """
    import tensorflow as tf

    budget = tf.cast(budget, lengths[0].dtype)
    if len(lengths) == 1:
        return [tf.minimum(lengths[0], budget)]
    first, second = lengths
    keep_shorter = tf.minimum(tf.minimum(first, second), budget // 2)
    keep_longer = tf.minimum(tf.maximum(first, second), budget - keep_shorter)
    first_is_longer = first > second
    return [
        tf.where(first_is_longer, keep_longer, keep_shorter),
        tf.where(first_is_longer, keep_shorter, keep_longer),
    ]


def _cut(ragged, lengths):
    """Each row of a RaggedTensor cut to its own length."""
    import tensorflow as tf

    positions = tf.ragged.range(ragged.row_lengths())
    keep = positions.flat_values < tf.gather(tf.cast(lengths, positions.dtype), positions.value_rowids())
    return tf.ragged.boolean_mask(ragged, positions.with_flat_values(keep))
