"""Augmentation of rows of ids."""

import numpy as np
import pytest

from kformer.data.augmentation import drop_words
from kformer.data.seeds import example_seeds

IDS = np.random.default_rng(0).integers(4, 50, (200, 30)).astype("int32")


def dropped(ids=IDS, rate=0.1, epoch=0, indices=None, **settings):
    return drop_words(
        ids, rate, 1, example_seeds(0, epoch, range(len(ids)) if indices is None else indices), **settings
    )


def test_about_the_share_asked_for_becomes_unknown():
    ids = dropped()
    assert np.mean(ids == 1) == pytest.approx(0.1, abs=0.02)
    assert ((ids == IDS) | (ids == 1)).all()
    assert ids.dtype == np.int32


def test_padding_start_and_end_stay():
    ids = IDS.copy()
    ids[:, 0], ids[:, -1] = 2, 3
    assert (dropped(ids, 0.9, kept_ids=(0, 2, 3))[:, [0, -1]] == [2, 3]).all()


def test_an_example_loses_the_same_words_in_any_batch():
    np.testing.assert_array_equal(dropped()[[7, 3]], dropped(IDS[[7, 3]], indices=[7, 3]))


def test_another_epoch_drops_others():
    assert (dropped(epoch=0) != dropped(epoch=1)).any()


def test_at_rate_0_nothing_is_dropped():
    np.testing.assert_array_equal(dropped(rate=0), IDS)


@pytest.mark.parametrize("rate", [-0.1, 1])
def test_a_rate_outside_0_and_1_is_refused(rate):
    with pytest.raises(ValueError, match=f"must be at least 0 and below 1. Received: rate={rate}"):
        dropped(rate=rate)
