"""Parallel files."""

import pytest

import kformer.data as kd

TRANSLATION = ("text", "target")


@pytest.fixture
def load(write):
    """Returns a function that writes files, given by name, and loads them as parallel ones."""

    def load_files(**contents):
        paths = [write(name.replace("_", "."), content) for name, content in contents.items()]
        return kd.load(",".join(map(str, paths)), required=TRANSLATION)

    return load_files


def test_a_line_s_translation_stands_on_the_same_line_of_the_other_file(load):
    examples = load(train_en="a dog\na cat\n", train_de="ein Hund\neine Katze\n")
    assert examples[1] == {"text": "a cat", "target": "eine Katze"}
    assert examples.fields == {"text": "en", "target": "de"}


def test_the_last_line_needs_no_end(load):
    assert len(load(a_en="x\ny", a_de="x\ny\n")) == 2


def test_only_line_ends_end_a_line(load):
    assert load(a_en="one\u2028line\x0c\r\n", a_de="eine Zeile\n").values("text") == ["one\u2028line\x0c"]


@pytest.mark.parametrize(
    ("files", "columns"), [(("en.txt", "de.txt"), ("en.txt", "de.txt")), (("en/a.txt", "de/a.txt"), ("en", "de"))]
)
def test_files_of_one_ending_are_told_apart_by_name_or_folder(write, files, columns):
    paths = ",".join(str(write(file, "a b\n")) for file in files)
    assert tuple(kd.load(paths, required=TRANSLATION).fields.values()) == columns


def test_different_numbers_of_lines_name_both_counts(load):
    message = r"the same number of lines: .*a.en has 2, .*a.de has 1. Line n of each must be the same sentence"
    with pytest.raises(ValueError, match=message):
        load(a_en="x\ny\n", a_de="x\n")


def test_empty_files_are_refused(load):
    with pytest.raises(ValueError, match="a.en,.*a.de are empty. Give files with one sentence a line"):
        load(a_en="", a_de="")


def test_a_file_is_not_parallel_to_itself(write):
    path = write("a.en", "x\n")
    with pytest.raises(ValueError, match="Parallel files must be different files. Received: .*a.en, .*a.en. Give the"):
        kd.load(f"{path},{path}", required=TRANSLATION)


def test_a_file_that_is_missing_is_named_with_the_nearest(write):
    with pytest.raises(FileNotFoundError, match="There is no file or folder '.*a.dee'.*Did you mean 'a.en'"):
        kd.load(f"{write('a.en', 'x')},{write('a.en', 'x').with_suffix('.dee')}", required=TRANSLATION)


def test_folders_are_not_parallel(write, tmp_path):
    with pytest.raises(ValueError, match="Parallel files are files, and .* is a folder. Give one file a language"):
        kd.load(f"{write('a.en', 'x')},{tmp_path}", required=TRANSLATION)


def test_parallel_files_have_no_parts(write):
    with pytest.raises(ValueError, match="is one whole, it has no part 'train'. Leave `split` out"):
        kd.load(f"{write('a.en', 'x')},{write('a.de', 'x')}", split="train", required=TRANSLATION)


def test_a_line_that_is_not_utf_8_is_rejected_by_its_number(load):
    examples = load(a_en="x\n" * 50, a_de=b"x\n" * 30 + b"caf\xe9\n" + b"x\n" * 19)
    assert [(rejection.row, rejection.reason) for rejection in examples.rejected] == [(31, "the bytes are not UTF-8")]


def test_an_empty_side_is_rejected_by_its_number(load):
    examples = load(a_en="x\n" * 50, a_de="x\n" * 30 + "\n" + "x\n" * 19)
    assert [(rejection.row, rejection.reason) for rejection in examples.rejected] == [(31, "the target is empty")]


def test_a_file_whose_name_has_a_comma_is_one_file(write):
    assert len(kd.load(write("a,b.csv", "text,label\na b,x\nc d,y\n"))) == 2


def test_parallel_files_are_divided_or_validated_on_others(write):
    train = f"{write('train.en', 'x' * 3)},{write('train.de', 'y' * 3)}"
    other = f"{write('dev.en', 'x')},{write('dev.de', 'y')}"
    assert kd.load_splits(train, other, required=TRANSLATION)[1][0] == {"text": "x", "target": "y"}


def test_the_direction_can_be_turned(write):
    paths = f"{write('a.en', 'a dog')},{write('a.de', 'ein Hund')}"
    assert kd.load(paths, text="de", required=TRANSLATION)[0] == {"text": "ein Hund", "target": "a dog"}
