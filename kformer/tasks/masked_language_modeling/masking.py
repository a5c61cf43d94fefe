"""Which tokens are hidden, and what stands in their places."""

import numpy as np

from kformer.data.seeds import uniform

MASKED, RANDOM = 0.8, 0.1  # of the hidden tokens; the others stay
_REPLACEMENT, _WORD = np.uint32(1), np.uint32(2)


def num_hidden(counts, rate):
    """int, how many of `counts` tokens are hidden: the nearest to `rate` of them, at least one of any."""
    return np.minimum(np.maximum(np.rint(np.asarray(counts) * rate), 1), counts).astype("int64")


def hide_tokens(token_ids, may_hide, seeds, width, rate, mask_id, words):
    """Hides tokens to be guessed: 80 % become the mask token, 10 % a random one, 10 % stay (Devlin et al., BERT).

    Their seeds alone decide which, whatever the batch and the padding are.

    Args:
        token_ids: int32 (batch, length).
        may_hide: bool (batch, length), where a token may be hidden: not at padding and special tokens.
        seeds: uint32 (batch,), of `kformer.data.seeds.example_seeds`.
        width: int, columns of the results, at least the most tokens hidden in a row.
        rate: float, the share of tokens that are hidden.
        mask_id: int.
        words: int (n,), the ids to draw random ones from.

    Returns:
        The ids (batch, length) with hidden tokens, the places of these (batch, width), and bool (batch, width), where
        such a place is real: a row with fewer ends with places 0.
    """
    length = token_ids.shape[1]
    order = np.argsort(np.where(may_hide, uniform(seeds, length), 2.0), axis=1, kind="stable")[:, :width]
    is_real = np.arange(order.shape[1]) < num_hidden(may_hide.sum(axis=1), rate)[:, None]
    is_hidden = np.zeros(may_hide.shape, bool)
    np.put_along_axis(is_hidden, order, is_real, axis=1)
    fate = uniform(seeds ^ _REPLACEMENT, length)
    drawn = words[(uniform(seeds ^ _WORD, length) * len(words)).astype("int64")]
    replaced = np.where(fate < MASKED, mask_id, np.where(fate < MASKED + RANDOM, drawn, token_ids))
    hidden = np.where(is_hidden, replaced, token_ids).astype("int32")
    return hidden, np.where(is_real, order, 0).astype("int32"), is_real
