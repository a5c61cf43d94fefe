"""Augmentation of rows of ids: nothing but their seeds decides, so an epoch repeats whatever the batches are."""

import numpy as np

from kformer.data.seeds import uniform


def drop_words(token_ids, rate, unknown_id, seeds, kept_ids=(0,)):
    """Puts the unknown token in place of some ids, so that a model does not lean on single words.

    The words are replaced, as in Bowman et al. (arXiv 1511.06349), and not taken out, so that rows keep the lengths
    that the plan knew.

    Args:
        token_ids: int (batch, length).
        rate: float in [0, 1), the share of ids that are replaced.
        unknown_id: int.
        seeds: uint32 (batch,), of `kformer.data.seeds.example_seeds`.
        kept_ids: ints that are never replaced: padding, start and end.

    Returns:
        int (batch, length), a new array.

    Raises:
        ValueError: the rate is outside [0, 1).
    """
    if not 0 <= rate < 1:
        raise ValueError(f"`rate` of dropped words must be at least 0 and below 1. Received: rate={rate}.")
    dropped = (uniform(seeds, token_ids.shape[1]) < rate) & ~np.isin(token_ids, kept_ids)
    return np.where(dropped, np.asarray(unknown_id, token_ids.dtype), token_ids)
