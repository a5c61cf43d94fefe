"""Our ids are those of the library `sentencepiece`, in a graph too, and sampling repeats."""

import numpy as np
import pytest
import sentencepiece
import tensorflow as tf

from kformer.data.tokenizers import SentencePieceTokenizer, train_sentencepiece

SYLLABLES = (
    "the", "man", "wo", "dog", "run", "s", "sit", "ing", "park", "street", "red", "green", "hat", "er", "Grö", "ße",
    "schö", "ne", "電影", "nú", "me", "ro",
)  # fmt: skip
WORDS = [one + other for one in SYLLABLES for other in ("", *SYLLABLES)]
KINDS = ("bpe", "unigram")


def sentences(count, seed=0):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, random.integers(1, 9))) for _ in range(count)]


def nasty(count, seed=0):
    """Texts of letters that occur in no sentence, spaces of all kinds, and what Unicode writes in several ways."""
    random = np.random.default_rng(seed)
    letters = [*"abcdegmnoprstx ABC  \t\nß äö ﬁ ½ 電影 0１ … '!▁", "e\u0301", "😀", "👩\u200d🚀", "\u200b", "\u00a0"]
    return ["".join(random.choice(letters, random.integers(0, 25))) for _ in range(count)]


TEXTS = [*sentences(300, seed=1), *nasty(300), "", " ", "<unk>", "<s> a </s>"]


@pytest.fixture(scope="module", params=KINDS)
def model(request):
    return train_sentencepiece(sentences(300), vocab_size=45, model_type=request.param)


@pytest.fixture(scope="module")
def tokenizer(model):
    return SentencePieceTokenizer(model)


@pytest.fixture(scope="module")
def library(model):
    return sentencepiece.SentencePieceProcessor(model_proto=model)


def test_the_ids_are_the_library_s(tokenizer, library):
    assert tokenizer.encode(TEXTS).to_list() == library.encode(TEXTS)


def test_a_graph_gives_the_same_ids(tokenizer):
    graph = tf.function(tokenizer.encode, input_signature=[tf.TensorSpec((None,), "string")])
    assert graph(tf.constant(TEXTS)).to_list() == tokenizer.encode(TEXTS).to_list()


def test_a_data_set_gives_the_same_ids(tokenizer):
    data = tf.data.Dataset.from_tensor_slices(TEXTS).batch(50).map(tokenizer.encode, num_parallel_calls=2)
    assert [row for batch in data for row in batch.to_list()] == tokenizer.encode(TEXTS).to_list()


def test_a_new_seed_leaves_the_tokenizer_alive(tokenizer):
    """`tensorflow_text.SentencepieceTokenizer` loses its model here."""
    graph = tf.function(tokenizer.encode, input_signature=[tf.TensorSpec((None,), "string")])
    before = graph(tf.constant(TEXTS)).to_list()
    tf.random.set_seed(1)
    assert graph(tf.constant(TEXTS)).to_list() == before


def test_the_texts_decoded_are_the_library_s(tokenizer, library):
    ids = library.encode(TEXTS)
    graph = tf.function(tokenizer.decode)
    assert [text.decode() for text in graph(tf.ragged.constant(ids, dtype="int32")).numpy()] == library.decode(ids)


def test_no_texts_give_no_ids(tokenizer):
    assert tokenizer.encode([]).to_list() == []


def test_decoding_ends_at_the_end_token_and_leaves_padding_out(tokenizer):
    ids = tokenizer.encode(["the dog runs", "red man"])
    start, end, pad = ([[i]] * 2 for i in (tokenizer.start_id, tokenizer.end_id, tokenizer.pad_id))
    framed = tf.concat([start, ids, end, ids, pad], axis=1).to_tensor()
    assert tokenizer.decode(framed).numpy().tolist() == [b"the dog runs", b"red man"]


def test_the_first_ids_are_special(tokenizer):
    assert tokenizer.pieces[:4] == ["<pad>", "<unk>", "<s>", "</s>"]
    assert (tokenizer.pad_id, tokenizer.unk_id, tokenizer.start_id, tokenizer.end_id) == (0, 1, 2, 3)


def test_a_character_never_seen_is_unknown(tokenizer):
    assert tokenizer.unk_id in tokenizer.encode(["the 犬"]).to_list()[0]


def test_the_vocabulary_has_the_size_asked_for(tokenizer):
    assert tokenizer.vocab_size == len(tokenizer.pieces) == 45


def test_the_tokenizer_is_saved_and_read_back(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "source")
    twin = SentencePieceTokenizer.load(tmp_path / "source")
    assert twin.fingerprint == tokenizer.fingerprint
    assert twin.pieces == tokenizer.pieces


def test_another_model_has_another_fingerprint(tokenizer):
    other = SentencePieceTokenizer(train_sentencepiece(sentences(300), vocab_size=46))
    assert other.fingerprint != tokenizer.fingerprint


def test_sampled_ids_repeat_for_a_seed(tokenizer):
    first, again = (tokenizer.encode_sampled(TEXTS, 0.5, range(len(TEXTS))) for _ in range(2))
    assert [ids.tolist() for ids in first] == [ids.tolist() for ids in again]


def test_sampled_ids_depend_on_the_text_s_own_seed_alone(tokenizer):
    seeds = np.arange(len(TEXTS))
    whole = tokenizer.encode_sampled(TEXTS, 0.5, seeds)
    part = tokenizer.encode_sampled(TEXTS[100:110][::-1], 0.5, seeds[100:110][::-1])
    assert [ids.tolist() for ids in part] == [ids.tolist() for ids in whole[100:110]][::-1]


def test_another_seed_cuts_a_text_in_another_way(tokenizer):
    cuts = tokenizer.encode_sampled([" ".join(sentences(20))] * 20, 0.8, range(20))
    assert len({tuple(ids) for ids in cuts}) > 10


def test_sampled_pieces_are_the_same_text(tokenizer):
    texts = sentences(20)
    sampled = tokenizer.encode_sampled(texts, 0.5, range(20))
    assert [text.decode() for text in tokenizer.decode(tf.ragged.constant(sampled)).numpy()] == texts


def test_without_dropout_the_sampled_ids_are_the_ids(tokenizer):
    sampled = tokenizer.encode_sampled(TEXTS, 0.0, range(len(TEXTS)))
    assert [ids.tolist() for ids in sampled] == tokenizer.encode(TEXTS).to_list()


def test_more_dropout_gives_more_pieces(tokenizer):
    texts = sentences(50)
    lengths = [sum(map(len, tokenizer.encode_sampled(texts, rate, range(50)))) for rate in (0.0, 0.3, 0.6, 1.0)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


def test_a_dropout_that_is_no_probability_is_refused(tokenizer):
    with pytest.raises(ValueError, match=r"`dropout` must be between 0 and 1. Received: dropout=1.5"):
        tokenizer.encode_sampled(["a"], 1.5, [0])


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_bytes_that_are_no_model_are_refused(content):
    message = f"{len(content)} bytes were given as a SentencePiece model, which they are not: give the content of"
    with pytest.raises(ValueError, match=message):
        SentencePieceTokenizer(content)


def test_a_model_with_other_special_ids_is_refused(tmp_path):
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences(50)), model_prefix=str(tmp_path / "other"), vocab_size=45, minloglevel=4
    )
    with pytest.raises(ValueError, match=r"at the ids -1, 0, 1, 2 \(-1: none\) instead of 0, 1, 2, 3: train one with"):
        SentencePieceTokenizer((tmp_path / "other.model").read_bytes())
