"""Windows for language models."""

import argparse
import inspect

import numpy as np
import pytest
import tensorflow as tf
from tokenizers.pre_tokenizers import ByteLevel

from kformer.data.plan import make_plan
from kformer.data.windows import Windows, open_token_line, pieces

IDS = np.arange(100, 123, dtype="int32")


def all_rows(windows, epoch=0):
    return [windows.rows(np.array([index]), epoch) for index in range(len(windows.lengths))]


def test_targets_are_the_ids_that_follow():
    inputs, targets = Windows(IDS, 5).rows(np.array([1, 0]))
    assert inputs.tolist() == [[105, 106, 107, 108, 109], [100, 101, 102, 103, 104]]
    assert (targets == inputs + 1).all()


@pytest.mark.parametrize("length", [1, 5, 11, 22, 50])
def test_in_validation_every_token_but_the_first_is_a_target_once(length):
    windows = Windows(IDS, length)
    targets = np.concatenate([targets[0] for _, targets in all_rows(windows)])
    assert targets.tolist() == IDS[1:].tolist()
    assert windows.num_left_out == 0


def test_the_shorter_last_window_has_a_bucket_of_its_own():
    windows = Windows(IDS, 5)
    plan = make_plan(windows.lengths, batch_size=2)
    assert plan.boundaries == (2, 5)
    assert plan.padding_share == 0


@pytest.mark.parametrize("length", [1, 5, 11, 20, 22])
def test_in_training_no_token_is_a_target_twice_and_few_are_left_out(length):
    windows = Windows(IDS, length, seed=3)
    for epoch in range(5):
        targets = np.concatenate([targets[0] for _, targets in all_rows(windows, epoch)])
        assert len(targets) == len(set(targets.tolist())) == 22 - windows.num_left_out
        assert windows.num_left_out < 2 * length


def test_windows_begin_elsewhere_in_each_epoch():
    windows = Windows(IDS, 5, seed=3)
    starts = {int(windows.rows(np.array([0]), epoch)[0][0, 0]) for epoch in range(50)}
    assert starts == {100, 101, 102, 103, 104}


def test_seed_and_epoch_determine_the_windows():
    first, second = (Windows(IDS, 5, seed=3).rows(np.array([2, 0]), 7) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_as_many_windows_as_are_asked_for_begin_anywhere():
    windows = Windows(IDS, 5, seed=3, count=500)
    inputs, targets = windows.rows(np.arange(500))
    assert (targets == inputs + 1).all()
    assert set(inputs[:, 0].tolist()) == set(range(100, 118))


def test_windows_that_begin_anywhere_depend_on_seed_epoch_and_index_alone():
    windows = Windows(IDS, 5, seed=3, count=500)
    both, _ = windows.rows(np.array([7, 400]), epoch=2)
    np.testing.assert_array_equal(both[1:], windows.rows(np.array([400]), epoch=2)[0])
    others = (Windows(IDS, 5, seed=4, count=500).rows(np.arange(500), 2), windows.rows(np.arange(500), 3))
    assert all((rows[0] != windows.rows(np.arange(500), 2)[0]).any() for rows in others)


def test_text_that_fills_no_window_is_refused():
    message = "The text has 23 tokens, and a window of 23 needs 24 or more. Give more text, or a `max_length` from 1 to"
    with pytest.raises(ValueError, match=message):
        Windows(IDS, 23, seed=0)


def test_one_token_has_no_target():
    with pytest.raises(ValueError, match="The text has 1 tokens, and a window of 5 needs 2 or more"):
        Windows(IDS[:1], 5)


def characters(strings):
    return tf.strings.unicode_decode(strings, "UTF-8")


def line(folder, texts, end_id=None):
    return open_token_line(folder, "k", characters, texts, end_id)


def test_texts_follow_each_other_with_the_end_between_them(tmp_path):
    assert line(tmp_path, ["ab", "c", "d"], end_id=0).tolist() == [97, 98, 0, 99, 0, 100]


def test_without_an_end_nothing_stands_between_texts(tmp_path):
    assert line(tmp_path, ["ab", "c"]).tolist() == [97, 98, 99]


def test_a_long_text_is_not_ended_inside(tmp_path):
    text = "some words in a line\n" * 1000
    ids = line(tmp_path, [text, text], end_id=0)
    assert "".join(map(chr, ids)) == text + "\0" + text


def test_the_ids_are_read_from_the_disk(tmp_path):
    line(tmp_path, ["ab"])
    ids = open_token_line(tmp_path, "k", None, ["ab"])
    assert isinstance(ids, np.memmap)
    assert (ids.tolist(), ids.dtype) == ([97, 98], np.int32)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a b", ["a b"]),
        ("abc def ghi", ["abc", " def", " ghi"]),
        ("ab\ncd\n\n ef", ["ab\ncd", "\n\n ef"]),
        ("abcdefg", ["abcde", "fg"]),
        ("", [""]),
    ],
)
def test_a_text_is_cut_behind_a_word(text, parts):
    assert [text[start:stop] for start, stop in pieces(text, 5)] == parts


def test_pieces_of_code_have_the_tokens_of_the_whole():
    def split(text):
        return [token for token, _ in ByteLevel(add_prefix_space=False).pre_tokenize_str(text)]

    code = inspect.getsource(argparse)
    in_pieces = [token for start, stop in pieces(code) for token in split(code[start:stop])]
    assert in_pieces == split(code)
