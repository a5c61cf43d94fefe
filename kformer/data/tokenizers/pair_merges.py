"""Byte-pair encoding as a loop in a graph (Sennrich et al., arXiv 1508.07909)."""

_NONE = 2**31 - 1  # the rank of a pair that is not merged


class PairMerges:
    """Merges pairs of symbols, those of lowest rank first, in many words at a time.

    A round finds every word's pair of lowest rank and merges it wherever it stands in that word, from left to right, as
    GPT-2's own code does; words without such a pair leave the loop. Pairs are looked up by a binary search in sorted
    numbers, which are constants of the graph: a hash table would be a resource to be tracked and saved.

    Args:
        left, right, merged: ints (merges,), symbols in the order of their merges' ranks.
        num_symbols: int, symbols are below it.
    """

    def __init__(self, left, right, merged, num_symbols):
        import numpy as np
        import tensorflow as tf

        self._num_symbols = num_symbols
        # At least one, so that there is something to search in.
        keys = np.append(np.asarray(left, "int64") * num_symbols + np.asarray(right, "int64"), num_symbols**2)
        order = np.argsort(keys, kind="stable")
        # Eagerly, even when a graph is being traced around the caller.
        with tf.init_scope():
            self._keys = tf.constant(keys[order])
            self._ranks = tf.constant(order, "int32")
            self._merged = tf.constant([*merged, 0], "int32")

    def __call__(self, symbols, words):
        """Merges until no word has a pair to merge.

        Args:
            symbols: int32 (n,), one word's after the other's.
            words: int32 (n,), to which word each symbol belongs; ascending.

        Returns:
            `symbols` and `words` after all merges, in the same order.
        """
        import tensorflow as tf

        vector = tf.TensorShape([None])
        nothing = tf.zeros([0], "int32")
        *_, symbols, words = tf.while_loop(
            lambda active, *_: tf.size(active) > 0, self._round, (symbols, words, nothing, nothing), (vector,) * 4
        )
        order = tf.argsort(words, stable=True)
        return tf.gather(symbols, order), tf.gather(words, order)

    def _round(self, symbols, words, done_symbols, done_words):
        """One merge in every word that has one; the other words go to what is done."""
        import tensorflow as tf

        ranks = self._ranks_of_pairs(symbols, words)
        lowest = tf.gather(tf.math.segment_min(ranks, words), words)
        active = lowest < _NONE
        done_symbols = tf.concat([done_symbols, tf.boolean_mask(symbols, ~active)], 0)
        done_words = tf.concat([done_words, tf.boolean_mask(words, ~active)], 0)
        symbols, words, ranks, lowest = (tf.boolean_mask(part, active) for part in (symbols, words, ranks, lowest))
        merge = _every_second(tf.equal(ranks, lowest))
        # Only ranks of pairs to merge are read.
        merged = tf.gather(self._merged, tf.minimum(ranks, tf.size(self._merged) - 1))
        kept = ~_shifted(merge)
        symbols = tf.boolean_mask(tf.where(merge, merged, symbols), kept)
        return symbols, tf.boolean_mask(words, kept), done_symbols, done_words

    def _ranks_of_pairs(self, symbols, words):
        """The rank of each symbol with the next one of its word, int32 (n,)."""
        import tensorflow as tf

        symbols = tf.cast(symbols, "int64")
        keys = symbols[:-1] * self._num_symbols + symbols[1:]
        place = tf.searchsorted(self._keys, keys)
        found = tf.equal(tf.gather(self._keys, place), keys) & tf.equal(words[:-1], words[1:])
        return tf.concat([tf.where(found, tf.gather(self._ranks, place), _NONE), [_NONE]], 0)


def _every_second(flags):
    """Of flags that follow each other the first, the third ...: pairs (a, a) in a row overlap."""
    import tensorflow as tf

    begins = flags & ~_shifted(flags)
    positions = tf.range(tf.size(flags))
    begin = tf.gather(
        tf.concat([[0], tf.boolean_mask(positions, begins)], 0), tf.cumsum(tf.cast(begins, "int32"))
    )  # of the row of flags that each position is in, or is behind
    return flags & tf.equal((positions - begin) % 2, 0)


def _shifted(flags):
    """Each flag one place later."""
    import tensorflow as tf

    return tf.concat([[False], flags], 0)[:-1]
