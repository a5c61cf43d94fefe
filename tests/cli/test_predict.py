import csv
import json

import pyarrow as pa
import pyarrow.parquet
import pytest

from kformer.cli import rows_in


@pytest.fixture
def reviews(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("id,review\n007,a stirring film\n8,dull\n", encoding="utf-8")
    return path


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_texts_become_json_lines(kformer, predictor):
    result = kformer("predict", "run", "a stirring film", "dull")
    assert [json.loads(line) for line in result.out.splitlines()] == [
        {"text": "a stirring film", "label": "long", "score": 0.75},
        {"text": "dull", "label": "short", "score": 0.75},
    ]


def test_the_run_is_opened_in_the_precision_asked_for(kformer, predictor):
    kformer("predict", "saved_models/run", "dull", "--precision", "float32")
    assert (predictor.folder, predictor.precision) == ("saved_models/run", "float32")


def test_scores_of_every_label_are_added_on_request(kformer, predictor):
    answer = json.loads(kformer("predict", "run", "dull", "--scores").out)
    assert answer == {"text": "dull", "label": "short", "score": 0.75, "score/short": 0.75, "score/long": 0.25}


def test_the_likeliest_labels_are_added_on_request(kformer, predictor):
    answer = json.loads(kformer("predict", "run", "dull", "--top", 2).out)
    assert answer == {"text": "dull", "label": "short", "score": 0.75, "label_2": "long", "score_2": 0.25}


def test_scores_have_six_digits(kformer, predictor, monkeypatch):
    monkeypatch.setattr(type(predictor), "__call__", lambda self, texts: [{"label": "a", "score": 0.9345678091}])
    assert kformer("predict", "run", "dull").out == '{"text": "dull", "label": "a", "score": 0.934568}\n'


def test_a_pair_is_given_as_two_texts(kformer, predictor):
    predictor.input_names = ("text", "text_pair")
    answer = json.loads(kformer("predict", "run", "--pair", "a man", "sleeps now").out)
    assert predictor.batches == [[("a man", "sleeps now")]]
    assert (answer["text"], answer["text_pair"]) == ("a man", "sleeps now")


def test_texts_can_be_written_to_a_file(kformer, predictor, tmp_path):
    kformer("predict", "run", "dull", "--output", tmp_path / "out.csv")
    assert read_csv(tmp_path / "out.csv") == [{"text": "dull", "label": "short", "score": "0.75"}]


def test_a_file_keeps_its_columns_and_gains_label_and_score(kformer, predictor, reviews, tmp_path):
    result = kformer("predict", "run", "--input", reviews, "--output", tmp_path / "out.csv")
    assert read_csv(tmp_path / "out.csv") == [
        {"id": "007", "review": "a stirring film", "label": "long", "score": "0.75"},
        {"id": "8", "review": "dull", "label": "short", "score": "0.75"},
    ]
    assert "2 rows in" in result.err


def test_a_guessed_column_is_shown(kformer, predictor, reviews):
    assert "text = 'review' (guessed: its usual name)" in kformer("predict", "run", "--input", reviews).err


def test_a_column_can_be_named(kformer, predictor, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,said\nx,what was said\n", encoding="utf-8")
    kformer("predict", "run", "--input", path, "--text", "said")
    assert predictor.batches == [["what was said"]]


def test_a_missing_column_lists_those_there(error, predictor, reviews):
    message = error("predict", "run", "--input", reviews, "--text", "revew")
    assert "has no column 'revew'" in message
    assert "id, review" in message
    assert "Did you mean 'review'?" in message


def test_a_model_of_pairs_reads_two_columns(kformer, predictor, tmp_path):
    predictor.input_names = ("text", "text_pair")
    path = tmp_path / "a.csv"
    path.write_text("premise,hypothesis\na man,sleeps\n", encoding="utf-8")
    kformer("predict", "run", "--input", path)
    assert predictor.batches == [[("a man", "sleeps")]]


def test_a_model_of_single_texts_takes_one_column_of_a_pair(kformer, predictor, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("premise,hypothesis\na man,sleeps\n", encoding="utf-8")
    kformer("predict", "run", "--input", path)
    assert predictor.batches == [["a man"]]


def test_a_model_of_pairs_needs_two_columns(error, predictor, reviews):
    predictor.input_names = ("text", "text_pair")
    message = error("predict", "run", "--input", reviews)
    assert "The model reads pairs of texts, but" in message
    assert "Name it with --text-pair. Its columns are: id, review." in message


def test_a_second_column_is_refused_by_a_model_of_single_texts(error, predictor, reviews):
    message = error("predict", "run", "--input", reviews, "--text-pair", "id")
    assert "The model reads single texts, but --text-pair id was given. Leave it out." in message


def test_a_column_called_label_is_kept(kformer, predictor, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("text,label\ndull,5\n", encoding="utf-8")
    answer = json.loads(kformer("predict", "run", "--input", path).out)
    assert answer == {"text": "dull", "label": "5", "predicted_label": "short", "score": 0.75}


def test_rows_without_text_are_kept_and_counted(kformer, predictor, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,dull\n2, \n", encoding="utf-8")
    result = kformer("predict", "run", "--input", path, "--output", tmp_path / "out.csv")
    assert read_csv(tmp_path / "out.csv")[1] == {"id": "2", "text": " ", "label": "", "score": ""}
    assert "1 of 2 rows have no text: what is predicted of them is left empty." in result.err


def test_a_large_file_is_labelled_chunk_by_chunk(kformer, predictor, tmp_path, monkeypatch):
    monkeypatch.setattr(rows_in, "_CHUNK_ROWS", 2)
    path = tmp_path / "a.txt"
    path.write_text("a\nb\nc\n", encoding="utf-8")
    assert len(kformer("predict", "run", "--input", path).out.splitlines()) == 3
    assert predictor.batches == [["a", "b"], ["c"]]


def test_parquet_to_parquet_keeps_the_types(kformer, predictor, tmp_path):
    table = pa.table({"text": ["dull"], "id": pa.array([7], pa.int16())})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    kformer("predict", "run", "--input", tmp_path / "a.parquet", "--output", tmp_path / "b.parquet")
    schema = pa.parquet.read_schema(tmp_path / "b.parquet")
    assert [str(kind) for kind in schema.types] == ["string", "int16", "string", "double"]


def test_nothing_to_label_is_refused(error, predictor):
    assert "Give either texts or pictures, or --pair, or --input. Received: none." in error("predict", "run")


def test_two_things_to_label_are_refused(error, predictor, reviews):
    assert "Received: texts or pictures and --input." in error("predict", "run", "dull", "--input", reviews)


def test_a_failure_on_the_way_leaves_the_previous_output(kformer, predictor, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,dull\n2\n", encoding="utf-8")
    output = tmp_path / "out.csv"
    output.write_text("before", encoding="utf-8")
    assert kformer("predict", "run", "--input", path, "--output", output).status == 2
    assert output.read_text(encoding="utf-8") == "before"


def test_the_first_row_of_a_file_without_a_header_is_answered(kformer, predictor, tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("a stirring film\t1\nfine\t0\n", encoding="utf-8")
    result = kformer("predict", "run", "--input", path)
    assert predictor.batches == [["a stirring film", "fine"]]
    assert f"{path} has no header: its first row is read as data" in result.err
