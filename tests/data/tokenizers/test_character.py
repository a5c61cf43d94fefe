import re

import pytest
import tensorflow as tf

from kformer.data.tokenizers import CharacterTokenizer, train_characters

TEXTS = ["First Citizen:\nSpeak!", "é電影😀 \x00", ""]


@pytest.fixture(scope="module")
def tokenizer():
    return CharacterTokenizer(train_characters(TEXTS))


def test_every_character_is_a_token(tokenizer):
    ids = tf.function(tokenizer.encode, input_signature=[tf.TensorSpec((None,), "string")])(TEXTS).to_list()
    assert ids == [[4 + tokenizer.characters.index(character) for character in text] for text in TEXTS]


def test_a_text_comes_back_whole(tokenizer):
    texts = tf.function(tokenizer.decode)(tokenizer.encode(TEXTS)).numpy()
    assert [text.decode() for text in texts] == TEXTS


def test_a_character_never_seen_is_unknown(tokenizer):
    ids = tokenizer.encode(["S犬"])
    assert ids.to_list()[0][1] == tokenizer.unk_id == 1
    assert tokenizer.decode(ids).numpy()[0].decode() == "S\ufffd"


def test_the_order_of_the_characters_is_that_of_their_ids():
    assert CharacterTokenizer("zab").encode(["abz"]).to_list() == [[5, 6, 4]]


def test_decoding_ends_at_the_end_token_and_leaves_padding_out(tokenizer):
    ids = tokenizer.encode(["it", "peak"])
    rows = tf.concat([[[2]] * 2, ids, [[3]] * 2, ids], axis=1).to_tensor(tokenizer.pad_id)
    assert tokenizer.decode(rows).numpy().tolist() == [b"it", b"peak"]


def test_no_texts_give_no_ids(tokenizer):
    assert tokenizer.encode([]).to_list() == []


def test_the_size_counts_the_special_ids():
    assert CharacterTokenizer("abc").vocab_size == 7


def test_the_most_frequent_characters_are_kept_whatever_their_order():
    assert train_characters(["aab", "bcd"], vocab_size=7) == train_characters(["bcd", "aab"], vocab_size=7)
    assert train_characters(["aab", "bcd"], vocab_size=6) == ["a", "b"]


def test_the_tokenizer_is_saved_and_read_back(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "new")
    twin = CharacterTokenizer.load(tmp_path / "new")
    assert (twin.characters, twin.fingerprint) == (tokenizer.characters, tokenizer.fingerprint)


def test_the_fingerprint_depends_on_the_order():
    assert CharacterTokenizer("ab").fingerprint != CharacterTokenizer("ba").fingerprint


@pytest.mark.parametrize(
    ("characters", "reason"),
    [
        ("", "needs at least one character. Received: none."),
        ("aba", "needs each character once. Received: 'a', which stands there twice."),
        (["a", "bc"], "needs each character once. Received: 'bc', which is not one character."),
    ],
)
def test_what_is_no_set_of_characters_is_refused(characters, reason):
    with pytest.raises(ValueError, match=re.escape(f"A character tokenizer {reason}")):
        CharacterTokenizer(characters)


def test_no_text_is_refused():
    with pytest.raises(ValueError, match="There is no text to take characters from: all texts are empty"):
        train_characters(["", ""])


def test_a_size_without_room_is_refused():
    with pytest.raises(ValueError, match="`vocab_size` must be at least 5. Received: vocab_size=4"):
        train_characters(["a"], vocab_size=4)
