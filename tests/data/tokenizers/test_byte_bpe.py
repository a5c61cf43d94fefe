"""Our ids and texts are those of Rust's `tokenizers`, on texts of every kind."""

import re

import numpy as np
import pytest
import tensorflow as tf
import tokenizers

from kformer.data.tokenizers import GPT2_TOKENS, ROBERTA_TOKENS, ByteBPETokenizer, train_byte_bpe
from kformer.data.tokenizers.byte_alphabet import BYTE_CHARACTERS

ENGLISH = (
    "the", "theme", "isn't", "there:", "they're", "here,", "we've", "12", "of", "them", "and", "100's", "more...",
    "I'll", "go,", "I'd", "gone.", "I'm", "going", "", '"quoted"',
)  # fmt: skip
LETTERS = (
    *"aabcdeghilmnorstuv ABC'''0123456789.,!?-_<>|«", *(" ",) * 8,
    *"\t\n\r\x0b\x0c\x1c\x1f\x85\u00a0\u3000\u2028\u200b",
    *"éüßñ½²ªⅧ٣ʰ͏電影日本語हिन्दी", "e\u0301", "ﬁ", "😀", "👩\u200d🚀", "\uffff", "\ue000", "\x01",
    "'s", "'t", "'re", " 's", "'LL",
)  # fmt: skip


def nasty(count, seed=0):
    random = np.random.default_rng(seed)
    return ["".join(random.choice(LETTERS, random.integers(0, 60))) for _ in range(count)]


def sentences(count, seed=0):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(ENGLISH, random.integers(1, 20))) for _ in range(count)]


CORPUS = [*sentences(300), *nasty(300)]
ROWS = [
    *"aaaaaaaaa aaaa",
    "a" * 50,
    "ab" * 30,
    "=" * 300,
    " " * 100,
    "\n" * 7,
    "",
    " ",
    "  's",
    "a  's  b",
    " \n a",
    "x\n\n",
]


@pytest.fixture(scope="module")
def trained():
    return train_byte_bpe(CORPUS, 700)


@pytest.fixture(scope="module")
def tokenizer(trained):
    return ByteBPETokenizer(*trained)


def rust(vocabulary, merges, add_prefix_space=False):
    """The same tokenizer in the library behind `transformers`."""
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.BPE({token: i for i, token in enumerate(vocabulary)}, [tuple(merge) for merge in merges])
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    return tokenizer


def their_ids(tokenizer, texts):
    return [encoding.ids for encoding in tokenizer.encode_batch(texts)]


@pytest.mark.parametrize("texts", [nasty(2000, seed=1), sentences(500, seed=1), ROWS], ids=["nasty", "plain", "rows"])
def test_the_ids_are_theirs(tokenizer, trained, texts):
    encode = tf.function(tokenizer.encode, input_signature=[tf.TensorSpec((None,), "string")])
    assert encode(texts).to_list() == their_ids(rust(*trained), texts)


def test_the_ids_of_real_files_are_theirs(tokenizer, trained, shared_data):
    texts = [*(shared_data / "wikitext2" / "wiki.valid.tokens").read_text(encoding="utf-8").splitlines()[:500]]
    texts += (shared_data / "multi30k" / "validation.tsv").read_text(encoding="utf-8").splitlines()
    texts += [(shared_data / "tinyshakespeare" / "validation.txt").read_text(encoding="utf-8")]
    assert tokenizer.encode(texts).to_list() == their_ids(rust(*trained), texts)


def test_a_word_of_many_merges_is_theirs(tokenizer, trained):
    random = np.random.default_rng(0)
    words = ["".join(random.choice(list("theranoismgv"), 3000))]
    assert tokenizer.encode(words).to_list() == their_ids(rust(*trained), words)


def test_a_space_is_put_first_where_asked(trained):
    texts = ["the", " the", "\nthe", ""]
    ours = ByteBPETokenizer(*trained, add_prefix_space=True).encode(texts).to_list()
    assert ours == their_ids(rust(*trained, add_prefix_space=True), texts)


def test_the_texts_decoded_are_theirs(tokenizer, trained):
    random = np.random.default_rng(0)
    ids = [random.integers(1, 700, length).tolist() for length in random.integers(0, 30, 300)]
    decoded = tf.function(tokenizer.decode)(tf.ragged.constant(ids, dtype="int32")).numpy()
    assert [text.decode() for text in decoded] == rust(*trained).decode_batch(ids)


def test_a_text_comes_back_whole(tokenizer):
    texts = nasty(300, seed=2)
    assert [text.decode() for text in tokenizer.decode(tokenizer.encode(texts)).numpy()] == texts


@pytest.mark.parametrize("bad", [b"a\xff b", b"\xc3", b"\xe9\x9b x", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_bytes_that_are_no_text_are_replaced(tokenizer, bad):
    assert tokenizer.encode([bad]).to_list() == tokenizer.encode([bad.decode(errors="replace")]).to_list()


def test_a_nul_character_hides_nothing(tokenizer):
    assert tokenizer.decode(tokenizer.encode(["the\x00 theme"])).numpy()[0] == b"the\x00 theme"


def test_a_special_token_in_a_text_is_text(tokenizer):
    ids = tokenizer.encode(["<|endoftext|>"])
    assert tokenizer.end_id not in ids.to_list()[0]
    assert tokenizer.decode(ids).numpy().tolist() == [b"<|endoftext|>"]


def test_no_texts_give_no_ids(tokenizer):
    assert tokenizer.encode([]).to_list() == []


def test_gpt2_s_token_is_start_end_and_padding(tokenizer):
    assert (tokenizer.start_id, tokenizer.end_id, tokenizer.pad_id, tokenizer.mask_id) == (0, 0, 0, None)


def test_decoding_ends_at_the_end_token_which_may_also_come_first(tokenizer):
    ids = tokenizer.encode(["the theme"])
    end = [[tokenizer.end_id]]
    assert tokenizer.decode(tf.concat([end, ids, end, ids], axis=1)).numpy().tolist() == [b"the theme"]


def test_roberta_s_tokens_are_known_and_left_out_of_texts():
    tokenizer = ByteBPETokenizer(*train_byte_bpe(CORPUS, 300, ROBERTA_TOKENS))
    ids = tokenizer.start_id, tokenizer.pad_id, tokenizer.end_id, tokenizer.unk_id, tokenizer.mask_id
    assert ids == (0, 1, 2, 3, 4)
    rows = tokenizer.encode_framed(["the", "theme is here"])["token_ids"].to_tensor(tokenizer.pad_id)
    assert tokenizer.decode(rows).numpy().tolist() == [b"the", b"theme is here"]


@pytest.fixture(scope="module")
def roberta():
    """Ours and theirs, whose post-processor frames as RoBERTa's does."""
    trained = train_byte_bpe(CORPUS, 300, ROBERTA_TOKENS)
    theirs = rust(*trained)
    theirs.post_processor = tokenizers.processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return ByteBPETokenizer(*trained), theirs


@pytest.mark.parametrize("max_length", [6, 15, 16, 64])
def test_pairs_are_framed_and_cut_as_theirs(roberta, max_length):
    ours, theirs = roberta
    firsts, seconds = sentences(100, seed=3), sentences(100, seed=4)
    theirs.enable_truncation(max_length, strategy="longest_first")
    expected = [encoding.ids for encoding in theirs.encode_batch(list(zip(firsts, seconds, strict=True)))]
    encoded = ours.encode_framed(firsts, seconds, max_length)
    assert encoded["token_ids"].to_list() == expected
    assert encoded["first_length"].numpy().tolist() == [ids.index(2) + 1 for ids in expected]
    theirs.no_truncation()
    whole = theirs.encode_batch(list(zip(firsts, seconds, strict=True)))
    assert encoded["length"].numpy().tolist() == [len(encoding.ids) for encoding in whole]


def test_single_texts_are_framed_and_cut_as_theirs(roberta):
    ours, theirs = roberta
    theirs.enable_truncation(8)
    encoded = ours.encode_framed(sentences(50, seed=5), max_length=8)
    assert encoded["token_ids"].to_list() == their_ids(theirs, sentences(50, seed=5))
    theirs.no_truncation()


def test_the_tokenizer_is_saved_and_read_back(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "new")
    twin = ByteBPETokenizer.load(tmp_path / "new")
    assert (twin.vocabulary, twin.merges) == (tokenizer.vocabulary, tokenizer.merges)
    assert twin.fingerprint == tokenizer.fingerprint


def test_its_files_are_read_by_the_library(tokenizer, tmp_path):
    tokenizer.save(tmp_path)
    theirs = tokenizers.ByteLevelBPETokenizer.from_file(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt"))
    assert their_ids(theirs, CORPUS) == tokenizer.encode(CORPUS).to_list()


def test_the_fingerprint_depends_on_all_that_changes_ids(trained):
    vocabulary, merges = trained
    others = [
        ByteBPETokenizer(*trained),
        ByteBPETokenizer(*trained, add_prefix_space=True),
        ByteBPETokenizer([*vocabulary, "x9"], merges),
        ByteBPETokenizer(vocabulary, merges[:-1]),
    ]
    assert len({tokenizer.fingerprint for tokenizer in others}) == 4


def test_a_vocabulary_of_bytes_alone_has_no_merges():
    tokenizer = ByteBPETokenizer([*GPT2_TOKENS, *BYTE_CHARACTERS], [])
    assert tokenizer.encode(["é!"]).to_list() == [[1 + 0xC3, 1 + 0xA9, 1 + 0x21]]


def test_a_vocabulary_of_another_kind_is_refused():
    with pytest.raises(ValueError, match=r"of 2 tokens lacks <\|endoftext\|>: it is neither RoBERTa's nor GPT-2's"):
        ByteBPETokenizer(["a", "b"], [])
    with pytest.raises(ValueError, match="of 2 tokens lacks <pad>, </s>, <unk>, <mask>: it is neither"):
        ByteBPETokenizer(["<s>", "b"], [])


def test_a_vocabulary_without_all_bytes_is_refused():
    with pytest.raises(ValueError, match="of 256 tokens lacks 1 of the 256 bytes, 'ÿ' first: it is not a byte-level"):
        ByteBPETokenizer([*GPT2_TOKENS, *BYTE_CHARACTERS[:-1]], [])


def test_merges_of_another_vocabulary_are_refused():
    with pytest.raises(ValueError, match="Merge 1, 'a' and 'b', needs 'ab', which is not in the vocabulary: the two"):
        ByteBPETokenizer([*GPT2_TOKENS, *BYTE_CHARACTERS], [("a", "b")])


def test_the_same_texts_give_the_same_vocabulary(trained):
    assert train_byte_bpe(iter(CORPUS), 700) == trained


def test_a_learned_vocabulary_has_at_most_the_size_asked_for(trained):
    assert len(trained[0]) == 700
    assert len(train_byte_bpe(["the theme", "the theme"], 700)[0]) < 700


def test_a_size_without_room_for_the_bytes_is_refused():
    message = "`vocab_size` must be at least 257, the bytes and the special tokens. Received: vocab_size=256."
    with pytest.raises(ValueError, match=re.escape(message)):
        train_byte_bpe(CORPUS, 256)
