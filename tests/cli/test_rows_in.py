import io
import json

import pyarrow as pa
import pyarrow.parquet
import pytest

from kformer.cli import rows_in
from kformer.cli.rows_in import open_rows


@pytest.fixture
def write(tmp_path):
    """A function that writes bytes or text to a file and returns its path as text."""

    def to_file(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return to_file


def read(path, format=None):
    with open_rows(path, format) as rows:
        return [row for chunk in rows.chunks for row in chunk]


def refusal(path, format=None):
    with pytest.raises(ValueError) as caught:
        read(path, format)
    return str(caught.value)


def test_csv_cells_stay_as_they_are_written(write):
    assert read(write("a.csv", 'id,text\n007,"a, b"\n')) == [{"id": "007", "text": "a, b"}]


def test_a_csv_cell_may_hold_line_breaks(write):
    assert read(write("a.csv", 'id,text\n1,"a\nb"\n2,c\n')) == [{"id": "1", "text": "a\nb"}, {"id": "2", "text": "c"}]


def test_a_csv_may_be_separated_by_semicolons(write):
    assert read(write("a.csv", "id;text\n1;a, b\n")) == [{"id": "1", "text": "a, b"}]


def test_a_byte_order_mark_is_no_part_of_the_first_column(write):
    assert read(write("a.csv", b"\xef\xbb\xbftext,id\na,1\n")) == [{"text": "a", "id": "1"}]


def test_quotes_in_a_tsv_are_ordinary_characters(write):
    assert read(write("a.tsv", 'id\ttext\n1\ta "quoted\n')) == [{"id": "1", "text": 'a "quoted'}]


def test_json_lines_may_have_different_keys(write):
    path = write("a.jsonl", '{"text": "a"}\n\n{"text": "b", "id": 7}\n')
    with open_rows(path) as rows:
        assert rows.columns == ["text", "id"]
        assert rows.head == [{"text": "a"}, {"text": "b", "id": 7}]


def test_a_text_file_has_one_text_a_line(write):
    assert read(write("a.txt", "a b\r\nc\n")) == [{"text": "a b"}, {"text": "c"}]


def test_parquet_keeps_its_schema(tmp_path):
    table = pa.table({"text": ["a"], "id": pa.array([7], pa.int16())})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    with open_rows(str(tmp_path / "a.parquet")) as rows:
        assert rows.schema == table.schema
        assert rows.head == [{"text": "a", "id": 7}]


def test_rows_come_in_chunks_the_first_of_which_is_also_the_head(write, monkeypatch):
    monkeypatch.setattr(rows_in, "_CHUNK_ROWS", 2)
    with open_rows(write("a.txt", "a\nb\nc\n")) as rows:
        assert rows.head == [{"text": "a"}, {"text": "b"}]
        assert [len(chunk) for chunk in rows.chunks] == [2, 1]


def test_standard_input_has_one_text_a_line(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("é\nb\n".encode())))
    assert read("-") == [{"text": "é"}, {"text": "b"}]


def test_standard_input_may_have_another_format(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"id,text\n1,a\n")))
    assert read("-", "csv") == [{"id": "1", "text": "a"}]


def test_parquet_on_standard_input_is_refused():
    assert refusal("-", "parquet") == "A parquet file cannot be read from standard input. Give its path with --input."


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match="There is no file 'absent.csv' to read texts from."):
        read("absent.csv")


def test_an_unknown_ending_lists_the_known(write):
    message = refusal(write("a.cvs", "text\na\n"))
    assert "ends in 'cvs', which cannot be read. Known: csv, tsv, jsonl, ndjson, parquet, txt" in message
    assert message.endswith("Did you mean 'csv'?")


def test_an_empty_file_is_refused(write):
    assert "a.csv is empty. Give a file with a header" in refusal(write("a.csv", ""))


@pytest.mark.parametrize(("name", "content"), [("a.csv", "text\n"), ("a.jsonl", "\n"), ("a.txt", "")])
def test_a_file_without_rows_is_refused(write, name, content):
    assert f"{name} holds no rows. Give a file with one text a row." in refusal(write(name, content))


def test_a_row_with_too_few_fields_is_named(write):
    message = refusal(write("a.csv", "id,text\n1,a\n2\n"))
    assert "a.csv, row 3: 1 fields, the header has 2. Correct it." in message


@pytest.mark.parametrize(("name", "content"), [("a.csv", b"text\na\n\xff\n"), ("a.jsonl", b'{}\n{}\n{"text": "\xff"}')])
def test_a_row_that_is_not_utf8_is_named(write, name, content):
    assert f"{name}, row 3: the bytes are not UTF-8. Save the file as UTF-8." in refusal(write(name, content))


def test_column_names_must_differ(write):
    assert "row 1: column names occur twice: text" in refusal(write("a.csv", "text,text\na,b\n"))


def test_a_line_that_is_not_json_is_named(write):
    message = refusal(write("a.jsonl", '{"text": "a"}\nb\n'))
    assert "a.jsonl, row 2: invalid JSON (Expecting value at column 1)." in message


def test_a_line_that_is_no_object_is_named(write):
    message = refusal(write("a.jsonl", json.dumps(["a"])))
    assert "a.jsonl, row 1: a JSON object is needed, not list." in message


def test_a_file_that_is_no_parquet_is_named(write):
    assert "a.parquet is not a readable parquet file" in refusal(write("a.parquet", "text"))
