import re

import pytest

from kformer.data.tokenizers import SentencePieceTokenizer, train_sentencepiece
from tests.data.tokenizers.test_sentence_piece import KINDS, sentences


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_texts_give_the_same_model(kind):
    one, other = (train_sentencepiece(iter(sentences(200)), 45, kind) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("kind", KINDS)
def test_a_choice_of_many_lines_is_the_same_each_time(kind):
    one, other = (train_sentencepiece(sentences(500), 45, kind, max_lines=150) for _ in range(2))
    assert one == other
    assert one != train_sentencepiece(sentences(500), 45, kind)


def test_nothing_is_printed(capfd):
    train_sentencepiece(sentences(200), 60)
    assert capfd.readouterr() == ("", "")


def test_lower_case_is_part_of_the_model():
    tokenizer = SentencePieceTokenizer(train_sentencepiece(["The Dog Runs"] * 5, 15, lowercase=True))
    assert tokenizer.encode(["THE dog"]).to_list() == tokenizer.encode(["the DOG"]).to_list()
    assert tokenizer.decode(tokenizer.encode(["THE DOG"])).numpy().tolist() == [b"the dog"]


def test_every_line_of_a_long_text_counts():
    text = "\n".join(["a long line " * 1000, "", "z"])
    assert "z" in SentencePieceTokenizer(train_sentencepiece([text], 15)).pieces


def test_rare_characters_are_left_out_where_asked():
    texts = ["the dog runs in the park " * 100, "犬"]
    pieces = [SentencePieceTokenizer(train_sentencepiece(texts, 30, character_coverage=c)).pieces for c in (1.0, 0.99)]
    assert ["犬" in part for part in pieces] == [True, False]


@pytest.mark.parametrize("kind", KINDS)
def test_a_vocabulary_too_large_is_refused_with_the_largest_possible(kind):
    with pytest.raises(ValueError, match="`vocab_size` 5000 is larger than the 40 texts support: the largest") as error:
        train_sentencepiece(sentences(40), 5000, kind)
    largest = int(re.search(r"largest possible is (\d+); lower it, or give more text", str(error.value))[1])
    assert SentencePieceTokenizer(train_sentencepiece(sentences(40), largest, kind)).vocab_size == largest
    with pytest.raises(ValueError, match=f"largest possible is {largest};"):
        train_sentencepiece(sentences(40), largest + 1, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_vocabulary_too_small_is_refused_with_the_least(kind):
    with pytest.raises(ValueError, match="`vocab_size` 10 is smaller than the least that the texts") as error:
        train_sentencepiece(sentences(40), 10, kind)
    least = int(re.search(r"special tokens need, (\d+): raise it, or lower `character_coverage`", str(error.value))[1])
    assert train_sentencepiece(sentences(40), least, kind)


@pytest.mark.parametrize("size", [0, -1, 4])
def test_a_vocabulary_of_nothing_is_refused(size):
    with pytest.raises(ValueError, match=f"`vocab_size` must be at least 5. Received: vocab_size={size}"):
        train_sentencepiece(sentences(40), size)


@pytest.mark.parametrize(("texts", "count"), [([], 0), (["", " \n"], 2)])
def test_no_text_is_refused(texts, count):
    message = f"no text to learn a vocabulary from: {count} texts were given, and all are empty"
    with pytest.raises(ValueError, match=message):
        train_sentencepiece(texts, 50)


def test_what_is_not_text_is_refused():
    with pytest.raises(TypeError, match="A vocabulary is learned from str. Received: bytes as text 1"):
        train_sentencepiece(["a", b"b"], 50)


def test_an_error_while_the_texts_are_read_is_passed_on():
    def texts():
        yield "a"
        raise FileNotFoundError("there is no file x")

    with pytest.raises(FileNotFoundError, match="there is no file x"):
        train_sentencepiece(texts(), 50)


def test_an_unknown_type_suggests_the_nearest():
    message = "`model_type` must be one of bpe, unigram. Received: model_type='unigrams'. Did you mean 'unigram'?"
    with pytest.raises(ValueError, match=re.escape(message)):
        train_sentencepiece(["a"], 50, "unigrams")


@pytest.mark.parametrize("coverage", [0, 1.1])
def test_a_coverage_that_is_no_share_is_refused(coverage):
    message = f"`character_coverage` must be above 0 and at most 1. Received: character_coverage={coverage}"
    with pytest.raises(ValueError, match=message):
        train_sentencepiece(["a"], 50, character_coverage=coverage)


def test_too_few_lines_to_choose_are_refused():
    with pytest.raises(ValueError, match="`max_lines` must be above 100. Received: max_lines=100"):
        train_sentencepiece(["a"], 50, max_lines=100)


def test_fewer_pieces_are_learned_where_texts_support_no_more():
    model = train_sentencepiece(["a small text", "another one"], 8000, at_most=True)
    assert 5 < SentencePieceTokenizer(model).vocab_size < 100
