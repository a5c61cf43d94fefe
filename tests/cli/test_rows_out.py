import json

import pyarrow as pa
import pyarrow.parquet
import pytest

from kformer.cli.rows_out import open_writer


def write(path, *chunks, schema=None):
    with open_writer(None if path is None else str(path), schema) as writer:
        for rows in chunks:
            writer(rows)


def refusal(path, *chunks):
    with pytest.raises(ValueError) as caught:
        write(path, *chunks)
    return str(caught.value)


def test_rows_are_printed_as_json_lines(capsys):
    write(None, [{"text": "é", "score": 0.5}])
    assert capsys.readouterr().out == '{"text": "é", "score": 0.5}\n'


def test_json_lines_are_written_as_they_come(tmp_path):
    write(tmp_path / "a.jsonl", [{"text": "a"}], [{"text": "b", "id": 1}])
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [{"text": "a"}, {"text": "b", "id": 1}]


def test_csv_has_one_header_for_all_chunks(tmp_path):
    write(tmp_path / "a.csv", [{"id": "007", "text": "a, b"}], [{"id": "2", "text": "c"}])
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == 'id,text\n007,"a, b"\n2,c\n'


def test_several_labels_share_a_csv_cell(tmp_path):
    write(tmp_path / "a.csv", [{"text": "a", "label": ["x", "y"]}])
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "text,label\na,x|y\n"


def test_an_unknown_value_is_an_empty_csv_cell(tmp_path):
    write(tmp_path / "a.csv", [{"text": "", "label": None}])
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == "text,label\n,\n"


def test_tsv_writes_quotes_as_they_are(tmp_path):
    write(tmp_path / "a.tsv", [{"text": 'a "quoted', "label": "x"}])
    assert (tmp_path / "a.tsv").read_text(encoding="utf-8") == 'text\tlabel\na "quoted\tx\n'


def test_tsv_refuses_a_line_break(tmp_path):
    message = refusal(tmp_path / "a.tsv", [{"text": "a\nb"}])
    assert "a.tsv cannot hold a row" in message
    assert message.endswith("Write .jsonl or .parquet instead.")


def test_parquet_keeps_the_types_of_its_source(tmp_path):
    schema = pa.schema({"id": pa.int16(), "text": pa.string()})
    write(
        tmp_path / "a.parquet",
        [{"id": 1, "text": "a", "score": 0.5}],
        [{"id": 2, "text": "b", "score": 1.0}],
        schema=schema,
    )
    table = pa.parquet.read_table(tmp_path / "a.parquet")
    assert table.schema == pa.schema({"id": pa.int16(), "text": pa.string(), "score": pa.float64()})
    assert table["id"].to_pylist() == [1, 2]


def test_parquet_refuses_a_column_that_comes_later(tmp_path):
    message = refusal(tmp_path / "a.parquet", [{"text": "a"}], [{"text": "b", "id": 1}])
    assert "a.parquet cannot gain columns on the way: id. Write .jsonl instead." in message


def test_parquet_refuses_a_type_that_changes(tmp_path):
    message = refusal(tmp_path / "a.parquet", [{"id": 1}], [{"id": "b"}])
    assert "a.parquet cannot hold a row" in message


def test_csv_refuses_a_column_that_comes_later(tmp_path):
    assert "a.csv cannot hold a row" in refusal(tmp_path / "a.csv", [{"text": "a"}], [{"text": "b", "id": 1}])


def test_an_unknown_ending_lists_the_known(tmp_path):
    message = refusal(tmp_path / "a.cvs")
    assert message.endswith("which cannot be written. Known: .csv, .tsv, .jsonl, .parquet. Did you mean '.csv'?")


def test_a_failure_leaves_the_previous_file_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("before", encoding="utf-8")
    with pytest.raises(RuntimeError), open_writer(str(path)) as writer:
        writer([{"text": "a"}])
        raise RuntimeError
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]
