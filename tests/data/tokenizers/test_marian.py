"""Marian's ids are those of `transformers` (tests/parity/make_tokenizer_goldens.py wrote them)."""

import json

import pytest
import tensorflow as tf

from kformer.data.tokenizers import MarianTokenizer
from tests.tiny import GOLDENS

FOLDER = GOLDENS / "marian_tokens"
CASES = json.loads((FOLDER / "tokens.json").read_text(encoding="utf-8"))
IDS = json.loads((FOLDER / "vocab.json").read_text(encoding="utf-8"))
PIECES = sorted(IDS, key=IDS.get)
SIDES = ("source", "target")


def tokenizer_of(side):
    return MarianTokenizer((FOLDER / f"{side}.spm").read_bytes(), PIECES)


@pytest.fixture(scope="module")
def tokenizer():
    return tokenizer_of("source")


@pytest.mark.parametrize("side", SIDES)
def test_the_ids_are_theirs(side):
    cases = [case for case in CASES if case["side"] == side]
    encode = tf.function(tokenizer_of(side).encode, input_signature=[tf.TensorSpec((None,), "string")])
    assert encode([case["text"] for case in cases]).to_list() == [case["token_ids"] for case in cases]


@pytest.mark.parametrize("side", SIDES)
def test_the_texts_decoded_are_theirs(side):
    cases = [case for case in CASES if case["side"] == side]
    texts = tokenizer_of(side).decode(tf.ragged.constant([case["token_ids"] for case in cases], dtype="int32"))
    assert [text.decode() for text in texts.numpy()] == [case["decoded"] for case in cases]


def test_without_dropout_the_sampled_ids_are_the_ids(tokenizer):
    texts = [case["text"] for case in CASES]
    sampled = tokenizer.encode_sampled(texts, 0.0, range(len(texts)))
    assert [ids.tolist() for ids in sampled] == tokenizer.encode(texts).to_list()


def test_sampled_ids_repeat_for_a_seed_and_are_the_same_text(tokenizer):
    texts = ["the dog the man"] * 20
    first, again = (tokenizer.encode_sampled(texts, 0.9, range(20)) for _ in range(2))
    assert [ids.tolist() for ids in first] == [ids.tolist() for ids in again]
    assert len({tuple(ids) for ids in first}) > 1
    assert set(tokenizer.decode(tf.ragged.constant(first)).numpy()) == {b"the dog the man"}


def test_padding_comes_last_and_begins_a_translation(tokenizer):
    assert (tokenizer.end_id, tokenizer.unk_id, tokenizer.pad_id) == (0, 1, len(PIECES) - 1)
    assert tokenizer.start_id == tokenizer.pad_id


def test_decoding_ends_at_the_end_token_and_leaves_padding_out(tokenizer):
    ids = tokenizer.encode(["the dog", "man"])
    rows = tf.concat([[[tokenizer.start_id]] * 2, ids, ids], axis=1).to_tensor(tokenizer.pad_id)
    assert tokenizer.decode(rows).numpy().tolist() == [b"the dog", b"man"]


def test_no_texts_give_no_ids(tokenizer):
    assert tokenizer.encode([]).to_list() == []


def test_bytes_that_are_no_text_do_not_disturb_a_language_s_code(tokenizer):
    assert tokenizer.encode([b">>de<<\xff"]).to_list()[0][0] == IDS[">>de<<"]


def test_the_tokenizer_is_saved_and_read_back(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "source")
    twin = MarianTokenizer.load(tmp_path / "source")
    assert (twin.fingerprint, twin.pieces, twin.model) == (tokenizer.fingerprint, PIECES, tokenizer.model)


def test_the_fingerprint_depends_on_model_and_vocabulary(tokenizer):
    model = (FOLDER / "source.spm").read_bytes()
    others = {MarianTokenizer(model, [*PIECES, "x"]).fingerprint, tokenizer_of("target").fingerprint}
    assert len({tokenizer.fingerprint, *others}) == 3


def test_a_vocabulary_of_another_kind_is_refused():
    with pytest.raises(ValueError, match=r"The vocabulary of 2 pieces lacks <unk>, <pad>: it is not Marian's; give"):
        MarianTokenizer((FOLDER / "source.spm").read_bytes(), ["</s>", "a"])
