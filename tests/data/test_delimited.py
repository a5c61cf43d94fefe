"""csv and tsv files."""

import pytest

from kformer.data.sources.delimited import read_csv, read_tsv
from kformer.data.sources.reading import Options


def test_csv_is_split_at_commas(write):
    reading = read_csv(write("a.csv", 'text,label\n"one, two",1\n'), Options())
    assert reading.table.to_pylist() == [{"text": "one, two", "label": "1"}]


def test_csv_is_split_at_semicolons_when_the_header_is(write):
    reading = read_csv(write("a.csv", "text;label\none, two;1\n"), Options())
    assert reading.table.to_pylist() == [{"text": "one, two", "label": "1"}]


def test_csv_is_split_at_tabs_when_the_header_is(write):
    reading = read_csv(write("a.csv", "text\tlabel\none, two\t1\n"), Options())
    assert reading.table.to_pylist() == [{"text": "one, two", "label": "1"}]


def test_a_quoted_field_may_hold_line_ends_and_doubled_quotes(write):
    reading = read_csv(write("a.csv", 'text,label\n"one\n""two""",1\n'), Options())
    assert reading.table["text"].to_pylist() == ['one\n"two"']


def test_a_quote_in_a_tsv_is_an_ordinary_character(write):
    reading = read_tsv(write("a.tsv", 'text\tlabel\n"one\t1\ntwo"\t0\n'), Options())
    assert reading.table["text"].to_pylist() == ['"one', 'two"']


def test_quotes_of_a_tsv_are_read_on_request(write):
    reading = read_tsv(write("a.tsv", 'text\tlabel\n"one\ttwo"\t1\n'), Options(quoting="standard"))
    assert reading.table["text"].to_pylist() == ["one\ttwo"]


def test_quotes_of_a_csv_are_ordinary_on_request(write):
    reading = read_csv(write("a.csv", 'text,label\n"one,1\n'), Options(quoting="none"))
    assert reading.table["text"].to_pylist() == ['"one']


def test_an_unknown_quoting_is_refused_and_the_nearest_suggested(write):
    with pytest.raises(
        ValueError, match="`quoting` must be one of auto, standard, none. Received: 'standart'.*'standard'"
    ):
        read_csv(write("a.csv", "text\nx\n"), Options(quoting="standart"))


def test_a_byte_order_mark_is_no_part_of_the_first_name(write):
    assert read_csv(write("a.csv", "\ufefftext,label\na,1\n"), Options()).table.column_names == ["text", "label"]


def test_an_unnamed_column_is_named_by_its_number(write):
    assert read_csv(write("a.csv", ",text\n0,a\n"), Options()).table.column_names == ["column 1", "text"]


def test_windows_line_ends_and_empty_lines_are_passed_over(write):
    reading = read_csv(write("a.csv", "text,label\r\n\r\na,1\r\n\r\nb,0\r\n"), Options())
    assert reading.table["label"].to_pylist() == ["1", "0"]


def test_a_field_may_be_longer_than_the_csv_modules_own_limit(write):
    reading = read_csv(write("a.csv", "text,label\n" + "x" * 200_000 + ",1\n"), Options())
    assert len(reading.table["text"][0].as_py()) == 200_000


def test_more_rows_than_one_chunk_keep_their_order(write):
    reading = read_csv(write("a.csv", "text\n" + "".join(f"row {row}\n" for row in range(45_000))), Options())
    assert reading.table["text"].to_pylist() == [f"row {row}" for row in range(45_000)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"text,label\na,1\nb\n", "too few fields (1, the header has 2)"),
        (b"text,label\na,1\nb,0,c\n", "too many fields (3, the header has 2)"),
        (b"text,label\na,1\ncaf\xe9,0\n", "the bytes are not UTF-8"),
        (b'text,label\na,1\n"b" c,0\n', "quotes inside a quoted field must be doubled (',' expected after '\"')"),
    ],
)
def test_a_row_that_cannot_be_used_is_rejected_with_its_number(write, content, reason):
    reading = read_csv(write("a.csv", content), Options())
    assert [(rejection.row, rejection.reason) for rejection in reading.rejections] == [(3, reason)]
    assert reading.table["text"].to_pylist() == ["a"]


def test_a_rejected_row_shows_its_bytes(write):
    reading = read_csv(write("a.csv", b"text,label\na,1\ncaf\xe9,0\n"), Options())
    assert reading.rejections[0].raw == r"caf\xe9,0"


def test_every_line_that_a_stray_quote_swallows_is_a_rejection(write):
    reading = read_csv(write("a.csv", 'text,label\na,1\n"b,0\nc,1\n"d" e,0\nf,1\n'), Options())
    assert [rejection.row for rejection in reading.rejections] == [3, 4, 5]
    assert reading.table["text"].to_pylist() == ["a", "f"]


def test_rows_are_numbered_by_the_line_they_start_on(write):
    reading = read_csv(write("a.csv", 'text,label\n"a\nb",1\nc,0\n'), Options())
    assert list(reading.rows) == [2, 4]


def test_a_quote_that_is_never_closed_is_refused_with_its_row(write):
    with pytest.raises(ValueError, match=r'a.csv, row 3: a quote is opened and never closed.*quoting="none"'):
        read_csv(write("a.csv", 'text,label\na,1\n"b,0\nc,1\n'), Options())


def test_an_empty_file_is_refused(write):
    with pytest.raises(ValueError, match="a.csv is empty. Give a file with a header"):
        read_csv(write("a.csv", ""), Options())


def test_a_header_without_rows_is_refused(write):
    with pytest.raises(ValueError, match="a.csv holds a header and no rows"):
        read_csv(write("a.csv", "text,label\n"), Options())


def test_a_name_that_occurs_twice_is_refused(write):
    with pytest.raises(ValueError, match="row 1: column names occur twice: text"):
        read_csv(write("a.csv", "text,text\na,b\n"), Options())


def test_a_file_in_utf_16_is_refused(write):
    with pytest.raises(ValueError, match="row 1: the bytes are not UTF-8. Save the file as UTF-8"):
        read_csv(write("a.csv", "text,label\na,1\n".encode("utf-16")), Options())
