"""Text that is shown while it comes: complete characters, nothing from a stop string on."""

import pytest

from kformer.tasks.language_modeling.text_stream import TextStream, stream_texts


def shown(texts, stop=()):
    """The pieces of a text that grows."""
    stream = TextStream(stop)
    return [stream.add(text, text is texts[-1]) for text in texts]


def test_each_piece_is_what_is_new():
    assert shown(["ab", "abc", "abcd"]) == ["ab", "c", "d"]


def test_a_character_is_held_back_until_its_last_byte():
    assert shown(["a\ufffd", "aé", "aéb"]) == ["a", "é", "b"]


def test_bytes_that_are_no_character_are_shown_at_last():
    assert "".join(shown(["a" + "\ufffd" * 9, "a" + "\ufffd" * 9 + "b"])) == "a" + "\ufffd" * 9 + "b"


@pytest.mark.parametrize("texts", [["ab END c"], ["ab E", "ab END", "ab END c"], ["a", "ab ", "ab EN", "ab END c"]])
def test_a_text_ends_before_a_stop_string_however_it_comes(texts):
    assert "".join(shown(texts, stop=("END", "x"))) == "ab "


def test_what_only_begins_like_a_stop_string_is_shown():
    assert shown(["ab E", "ab Ex", "ab Ex E"], stop=("END",)) == ["ab ", "Ex", " E"]


def test_the_first_of_several_stop_strings_counts():
    assert "".join(shown(["a b c"], stop=("c", "b"))) == "a "


def decode(rows):
    return ["".join(map(chr, row)) for row in rows]


def test_a_stream_ends_when_all_texts_have_ended():
    tokens = iter([[[97, 33], [33]], [[98], []], [[99], []]])
    assert list(stream_texts(decode, [[65], [66]], tokens, stop="!")) == [["a", ""]]
    assert next(tokens) == [[98], []]


def test_the_prompts_are_no_part_of_the_pieces():
    assert list(stream_texts(decode, [[65, 66]], iter([[[97]], [[98]]]))) == [["a"], ["b"], [""]]
