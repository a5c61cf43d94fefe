"""jsonl files."""

import pytest

from kformer.data.sources.json_lines import read_json_lines
from kformer.data.sources.reading import Options


def test_values_keep_their_types(write):
    reading = read_json_lines(write("a.jsonl", '{"text": "a", "label": 1, "tags": ["x", "y"]}\n'), Options())
    assert reading.table.to_pylist() == [{"text": "a", "label": 1, "tags": ["x", "y"]}]


def test_a_key_that_a_line_lacks_is_empty_there(write):
    reading = read_json_lines(write("a.jsonl", '{"text": "a"}\n{"text": "b", "label": 1}\n'), Options())
    assert reading.table["label"].to_pylist() == [None, 1]


def test_values_of_mixed_types_become_text(write):
    reading = read_json_lines(write("a.jsonl", '{"label": 1}\n{"label": "none"}\n'), Options())
    assert reading.table["label"].to_pylist() == ["1", "none"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"', "invalid JSON (Expecting ',' delimiter at column 13)"),
        (b"[1, 2]", "a JSON object is needed, not list"),
        (b'{"text": "caf\xe9"}', "the bytes are not UTF-8"),
        (b'{"text": "\\ud83d"}', "half of a surrogate pair stands alone"),
    ],
)
def test_a_line_that_cannot_be_used_is_rejected_with_its_number(write, line, reason):
    reading = read_json_lines(write("a.jsonl", b'{"text": "a"}\n\n' + line + b"\n"), Options())
    assert [(rejection.row, rejection.reason) for rejection in reading.rejections] == [(3, reason)]
    assert reading.table.num_rows == 1


def test_a_whole_surrogate_pair_is_one_character(write):
    reading = read_json_lines(write("a.jsonl", '{"text": "\\ud83d\\ude00"}\n'), Options())
    assert reading.table["text"].to_pylist() == ["\U0001f600"]


def test_an_empty_file_is_refused(write):
    with pytest.raises(ValueError, match="a.jsonl is empty. Give a file with one JSON object a line"):
        read_json_lines(write("a.jsonl", "\n"), Options())
