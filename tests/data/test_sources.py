"""Which source reads what, and folders."""

import pytest

from kformer.data.sources import Options, part_names, read


def test_a_missing_file_is_named_with_the_nearest_one_there(reviews):
    with pytest.raises(
        FileNotFoundError, match="There is no file or folder '.*review.csv'.*Did you mean 'reviews.csv'"
    ):
        read(reviews.with_name("review.csv"), Options())


def test_a_named_source_is_suggested():
    with pytest.raises(FileNotFoundError, match="There is no file or folder 'docstring'.*Did you mean 'docstrings'"):
        read("docstring", Options())


def test_no_name_is_not_the_present_folder():
    with pytest.raises(FileNotFoundError, match="There is no file or folder ''"):
        read("", Options())


def test_an_unknown_ending_lists_the_known_ones(write):
    with pytest.raises(ValueError, match="ending '.xlsx', which no source reads. Sources are: .csv, .tsv, .jsonl"):
        read(write("a.xlsx", "x"), Options())


def test_the_case_of_an_ending_does_not_matter(write):
    assert read(write("a.CSV", "text\na\n"), Options()).table.num_rows == 1


def test_class_folders_label_each_text_with_its_folder(write, tmp_path):
    write("good/b.txt", "fine")
    write("good/a.txt", "great")
    write("bad/a.txt", "awful")
    table = read(tmp_path, Options()).table
    assert table.to_pylist() == [
        {"text": "awful", "label": "bad", "file": "bad/a.txt"},
        {"text": "great", "label": "good", "file": "good/a.txt"},
        {"text": "fine", "label": "good", "file": "good/b.txt"},
    ]


def test_a_text_file_that_is_not_utf_8_is_rejected_by_its_name(write, tmp_path):
    write("good/a.txt", "great")
    write("bad/a.txt", b"\xff")
    rejection = read(tmp_path, Options()).rejections[0]
    assert (rejection.place, rejection.reason) == (str(tmp_path / "bad/a.txt"), "the bytes are not UTF-8")


def test_a_folder_without_text_files_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"holds no images .*, no <class>/\*.txt, no \*.txt and no train.csv"):
        read(tmp_path, Options())


def test_a_folder_of_text_files_without_classes_has_no_labels(write, tmp_path):
    write("b.txt", "two\n")
    write("a.txt", "one\n\nmore\n")
    rows = [{"text": "one\n\nmore\n", "file": "a.txt"}, {"text": "two\n", "file": "b.txt"}]
    assert read(tmp_path, Options()).table.to_pylist() == rows


def test_a_text_file_is_one_example(write):
    reading = read(write("a.txt", "\ufeffone\r\n\n  more\n"), Options())
    assert reading.table["text"].to_pylist() == ["one\r\n\n  more\n"]
    assert reading.file.endswith("a.txt")


@pytest.mark.parametrize("name", ["validation", "valid", "val", "dev"])
def test_a_folder_with_a_train_file_has_parts(write, tmp_path, name):
    write("train.csv", "text,label\na,1\n")
    write(f"{name}.jsonl", '{"text": "b"}\n')
    assert part_names(tmp_path, Options()) == ("train", "validation")
    assert read(tmp_path, Options(split="validation")).table["text"].to_pylist() == ["b"]


def test_the_training_part_is_read_unless_told_otherwise(write, tmp_path):
    write("train.csv", "text,label\na,1\n")
    assert read(tmp_path, Options()).table["text"].to_pylist() == ["a"]


def test_parts_may_be_class_folders(write, tmp_path):
    write("train/good/1.txt", "great")
    write("val/bad/1.txt", "awful")
    assert part_names(tmp_path, Options()) == ("train", "validation")
    assert read(tmp_path, Options(split="validation")).table["label"].to_pylist() == ["bad"]


def test_a_test_part_is_not_taken_for_validation(write, tmp_path):
    write("train.csv", "text,label\na,1\n")
    write("test.csv", "text,label\na,1\n")
    assert part_names(tmp_path, Options()) == ("train",)


def test_an_unknown_part_lists_those_there(write, tmp_path):
    write("train.csv", "text,label\na,1\n")
    with pytest.raises(ValueError, match="has no part 'trian'. Its parts are: train. Did you mean 'train'"):
        read(tmp_path, Options(split="trian"))


def test_a_file_has_no_parts(reviews):
    assert part_names(reviews, Options()) == ()
    with pytest.raises(ValueError, match="is one whole, it has no part 'train'. Leave `split` out"):
        read(reviews, Options(split="train"))
