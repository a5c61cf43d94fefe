"""Our ids are those of `transformers`, and long pairs are cut as Rust's `tokenizers` cuts them."""

import json

import numpy as np
import pytest
import tensorflow as tf
import tokenizers

from kformer.data.tokenizers import SPECIAL_TOKENS, WordPieceTokenizer, train_wordpiece
from tests.tiny import GOLDENS, VOCABULARY

CASES = [
    pytest.param(case, id=f"{name}-{i}")
    for name in ("bert", "distilbert")
    for i, case in enumerate(json.loads((GOLDENS / name / "tokens.json").read_text(encoding="utf-8")))
]


@pytest.fixture(scope="module")
def tokenizer():
    return WordPieceTokenizer(VOCABULARY)


@pytest.mark.parametrize("case", CASES)
def test_the_ids_and_segments_are_theirs(tokenizer, case):
    pair = case["text_pair"]
    encoded = tokenizer.encode_framed([case["text"]], None if pair is None else [pair])
    ids = encoded["token_ids"].numpy()[0].tolist()
    segments = (np.arange(len(ids)) >= encoded["first_length"].numpy()[0]).astype(int).tolist()
    assert ids == case["token_ids"]
    assert segments == case["segment_ids"]


def test_a_batch_is_its_rows(tokenizer):
    texts = ["the film", "", "good good good"]
    batch = tokenizer.encode_framed(texts)["token_ids"].to_list()
    assert batch == [tokenizer.encode_framed([text])["token_ids"].to_list()[0] for text in texts]


def test_long_text_is_cut_and_its_length_told(tokenizer):
    encoded = tokenizer.encode_framed(["a b c d e f", "a b"], max_length=5)
    assert encoded["token_ids"].to_list() == [[2, 5, 6, 7, 3], [2, 5, 6, 3]]
    assert encoded["length"].numpy().tolist() == [8, 4]


@pytest.fixture(scope="module")
def rust():
    """The same tokenizer in the library behind `transformers`."""
    ids = {token: i for i, token in enumerate(VOCABULARY)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


@pytest.mark.parametrize("max_length", [5, 12, 13])
def test_long_pairs_lose_the_longer_text_first(tokenizer, rust, max_length):
    lengths = np.random.default_rng(0).integers(0, 16, (150, 2)).tolist()
    pairs = [(" ".join("abcdefghijklmnop"[:first]), " ".join("qrstuvwxyz012345"[:second])) for first, second in lengths]
    rust.enable_truncation(max_length, strategy="longest_first")
    expected = [encoding.ids for encoding in rust.encode_batch(pairs)]
    encoded = tokenizer.encode_framed(*zip(*pairs, strict=True), max_length=max_length)
    assert encoded["token_ids"].to_list() == expected
    assert encoded["first_length"].numpy().tolist() == [ids.index(3) + 1 for ids in expected]
    assert encoded["length"].numpy().tolist() == [first + second + 3 for first, second in lengths]


def test_a_graph_gives_the_same_ids(tokenizer):
    graph = tf.function(lambda texts: tokenizer.encode_framed(texts)["token_ids"].to_tensor())
    assert (
        graph(tf.constant(["the films"])).numpy().tolist()
        == tokenizer.encode_framed(["the films"])["token_ids"].to_list()
    )


def test_case_and_accents_stay_where_asked():
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "The", "the", "Thé"], lowercase=False)
    assert tokenizer.tokens("The the Thé") == ["The", "the", "Thé"]
    assert WordPieceTokenizer(tokenizer.vocabulary).tokens("The the Thé") == ["the"] * 3


def test_the_fingerprint_depends_on_all_that_changes_ids():
    vocabulary = [*SPECIAL_TOKENS, "a"]
    fingerprints = {
        WordPieceTokenizer(vocabulary).fingerprint,
        WordPieceTokenizer(vocabulary, lowercase=False).fingerprint,
        WordPieceTokenizer([*vocabulary, "b"]).fingerprint,
    }
    assert len(fingerprints) == 3
    assert WordPieceTokenizer(vocabulary).fingerprint in fingerprints


def test_a_vocabulary_without_the_special_tokens_is_refused():
    with pytest.raises(
        ValueError, match=r"The vocabulary of 2 tokens lacks \[PAD\], \[UNK\], \[CLS\]: it is not WordPiece's"
    ):
        WordPieceTokenizer(["[SEP]", "a"])


def test_a_token_that_stands_there_twice_is_named():
    with pytest.raises(ValueError, match="The vocabulary holds the token 'a' twice"):
        WordPieceTokenizer([*SPECIAL_TOKENS, "a", "b", "a"])


TEXTS = ["The film is good", "the films are good", "Filming is good"] * 3


def test_a_learned_vocabulary_begins_with_the_special_tokens():
    assert tuple(train_wordpiece(TEXTS)[:5]) == SPECIAL_TOKENS


def test_a_learned_vocabulary_knows_its_texts():
    tokenizer = WordPieceTokenizer(train_wordpiece(TEXTS))
    assert tokenizer.tokens(TEXTS[0]) == ["the", "film", "is", "good"]
    assert "[UNK]" not in tokenizer.tokens(" ".join(TEXTS))


def test_a_learned_vocabulary_has_at_most_the_size_asked_for():
    assert len(train_wordpiece(TEXTS, vocab_size=40)) <= 40


def test_a_learned_vocabulary_keeps_case_where_asked():
    assert "The" in train_wordpiece(TEXTS, lowercase=False)
    assert "The" not in train_wordpiece(TEXTS)
