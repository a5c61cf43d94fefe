"""What every tokenizer does: it is saved and loaded by one mechanism, and lives inside a SavedModel."""

import json
import re

import pytest
import tensorflow as tf

from kformer.data.tokenizers import TOKENIZERS, load_tokenizer
from tests.data.tokenizers.test_byte_bpe import nasty
from tests.data.tokenizers.test_sentence_piece import sentences
from tests.data.tokenizers.tiny import NAMES, tiny_tokenizer
from tests.fresh_process import served

TEXTS = [*sentences(20), *nasty(40), ""]


def test_every_kind_is_tested():
    assert {type(tiny_tokenizer(name)) for name in NAMES} == set(TOKENIZERS.values())


def test_a_fresh_process_gives_the_same_ids(tmp_path):
    """One with only TensorFlow and tensorflow_text."""
    module = tf.Module()
    for name in NAMES:
        encode = tf.function(tiny_tokenizer(name).encode, input_signature=[tf.TensorSpec((None,), "string")])
        setattr(module, name, encode)
    tf.saved_model.save(module, tmp_path)
    ids = served(tmp_path, "tensorflow_text", **dict.fromkeys(NAMES, (TEXTS,)))
    assert ids == {name: tiny_tokenizer(name).encode(TEXTS).to_list() for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_it_is_saved_and_loaded_by_its_kind(name, tmp_path):
    tokenizer = tiny_tokenizer(name)
    tokenizer.save(tmp_path / "new")
    twin = load_tokenizer(tokenizer.kind, tmp_path / "new", **json.loads(json.dumps(tokenizer.get_config())))
    assert type(twin) is type(tokenizer)
    assert twin.fingerprint == tokenizer.fingerprint
    assert twin.encode(TEXTS).to_list() == tokenizer.encode(TEXTS).to_list()


@pytest.mark.parametrize("name", NAMES)
def test_its_ids_are_below_its_size(name):
    tokenizer = tiny_tokenizer(name)
    assert max(map(max, filter(None, tokenizer.encode(TEXTS).to_list()))) < tokenizer.vocab_size
    assert max(tokenizer.pad_id, tokenizer.unk_id, tokenizer.start_id, tokenizer.end_id) < tokenizer.vocab_size


@pytest.mark.parametrize("name", NAMES)
def test_its_end_token_is_appended_where_it_says_so(name):
    tokenizer = tiny_tokenizer(name)
    assert (tokenizer.encode(["the dog"]).to_list()[0][-1] == tokenizer.end_id) == tokenizer.appends_end


def test_an_unknown_kind_suggests_the_nearest(tmp_path):
    message = (
        "There is no tokenizer of the kind 'bytebpe'. Accepted: wordpiece, byte_bpe, sentencepiece, marian, character. "
        "Did you mean 'byte_bpe'?"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        load_tokenizer("bytebpe", tmp_path)


def test_a_missing_file_is_named(tmp_path):
    (tmp_path / "vocab.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match="has no merges.txt, which a byte_bpe tokenizer needs: save the"):
        load_tokenizer("byte_bpe", tmp_path)
