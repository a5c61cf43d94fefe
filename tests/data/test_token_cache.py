"""Tokenised once, kept on disk, read at random."""

import numpy as np
import pytest

from kformer.data import token_cache
from kformer.data.token_cache import open_token_cache
from kformer.data.tokenizers import WordPieceTokenizer
from tests.tiny import VOCABULARY

TEXTS = ["a b c", "", "a b c d e f", "e"]
IDS = [[2, 5, 6, 7, 3], [2, 3], [2, 5, 6, 7, 8, 3], [2, 9, 3]]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(VOCABULARY)


@pytest.fixture
def opened(tokenizer, tmp_path):
    """A function that opens the cache of some texts; `calls` are the texts that it tokenised."""

    def open_cache(texts=TEXTS, key="k"):
        def encode(part):
            open_cache.calls += part
            return tokenizer.encode_framed(part, max_length=6)

        return open_token_cache(tmp_path, key, encode, len(texts), lambda start, stop: [texts[start:stop]])

    open_cache.calls = []
    return open_cache


def test_the_ids_are_the_tokenizer_s(opened):
    cache = opened()
    assert [cache.ids[cache.offsets[i] : cache.offsets[i + 1]].tolist() for i in range(4)] == IDS


def test_lengths_are_counted_before_and_after_cutting(opened):
    cache = opened()
    assert cache.lengths.tolist() == [5, 2, 6, 3]
    assert cache.full_lengths.tolist() == [5, 2, 8, 3]
    assert cache.num_truncated == 1


def test_rows_are_padded_to_the_width(opened):
    token_ids, mask = opened().rows(np.array([3, 0]), width=6)
    assert token_ids.tolist() == [[2, 9, 3, 0, 0, 0], [2, 5, 6, 7, 3, 0]]
    assert mask.tolist() == [[True] * 3 + [False] * 3, [True] * 5 + [False]]


def test_text_is_tokenised_once(opened):
    first, second = opened(), opened()
    assert opened.calls == TEXTS
    np.testing.assert_array_equal(first.ids, second.ids)


def test_another_key_is_another_cache(opened):
    opened()
    assert opened(TEXTS[:1], "other").lengths.tolist() == [5]


def test_long_sources_are_tokenised_in_chunks(opened, monkeypatch):
    whole = opened()
    monkeypatch.setattr(token_cache, "CHUNK", 3)
    chunked = opened(key="other")
    for name in ("ids", "offsets", "first_lengths", "full_lengths"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(chunked, name))


def test_the_ids_stay_on_disk(opened):
    assert isinstance(opened().ids, np.memmap)


def test_no_examples_have_no_ids(opened):
    cache = opened([])
    assert (cache.lengths.tolist(), cache.ids.tolist()) == ([], [])


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError):
        open_token_cache(tmp_path, "k", fail, 4, lambda start, stop: [TEXTS])
    assert list((tmp_path / "tokens").iterdir()) == []


def test_a_failure_can_be_made_good(opened, tmp_path):
    with pytest.raises(RuntimeError):
        open_token_cache(tmp_path, "k", fail, 4, lambda start, stop: [TEXTS])
    assert opened().num_truncated == 1


def test_a_place_that_cannot_be_taken_is_told(opened, monkeypatch):
    def rename(self, target):
        raise OSError("no space left")

    monkeypatch.setattr(token_cache.Path, "rename", rename)
    with pytest.raises(OSError, match="no space left"):
        opened()


def fail(texts):
    raise RuntimeError


def test_a_cache_that_another_process_made_meanwhile_is_taken(opened, tokenizer, tmp_path, monkeypatch):
    def encode(part):
        with monkeypatch.context() as other_process:
            other_process.setattr(token_cache.os, "getpid", lambda: 1)
            opened()
        return tokenizer.encode_framed(part, max_length=6)

    cache = open_token_cache(tmp_path, "k", encode, 4, lambda start, stop: [TEXTS[start:stop]])
    assert cache.lengths.tolist() == [5, 2, 6, 3]
    assert [path.name for path in (tmp_path / "tokens").iterdir()] == ["k.npz.d"]
