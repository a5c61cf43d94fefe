"""The embedded source `stdlib`."""

import sysconfig

import pytest

import kformer.data as kd
from kformer.data.sources import stdlib

LANGUAGE_MODEL = ("text",)


@pytest.fixture(scope="module")
def parts():
    return kd.load_splits("stdlib", required=LANGUAGE_MODEL)


def column(examples, name):
    return examples.table[name].to_pylist()


def test_every_example_is_the_text_of_a_file(parts):
    row = column(parts[0], "file").index("argparse.py")
    assert "\n    def parse_args(self, args=None" in parts[0].values("text")[row]


def test_no_module_is_in_both_parts(parts):
    train, validation = (set(column(part, "module")) for part in parts)
    assert train.isdisjoint(validation)
    assert len(train | validation) > 100


def test_about_a_tenth_of_the_text_is_held_out(parts):
    train, validation = (sum(map(len, part.values("text"))) for part in parts)
    assert train > 5_000_000
    assert 0.08 < validation / (train + validation) <= 0.1


def test_files_come_in_the_order_of_their_paths(parts):
    for part in parts:
        assert column(part, "file") == sorted(column(part, "file"), key=lambda name: name.split("/"))


@pytest.mark.parametrize("name", ["test", "tests", "idlelib", "site-packages", "encodings"])
def test_tests_idle_and_what_others_wrote_are_left_out(parts, name):
    assert not [file for part in parts for file in column(part, "file") if name in file.split("/")]


def test_no_text_is_empty(parts):
    assert all(text.strip() for part in parts for text in part.values("text"))


@pytest.mark.parametrize("required", [LANGUAGE_MODEL, ()])
def test_neither_a_label_nor_a_guess_is_made(required):
    examples = kd.load("stdlib", required=required)
    assert (examples.fields, examples.notes) == ({"text": "text"}, ())


def test_a_python_without_source_code_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(ValueError, match="holds no source code of the standard library. Install Python with its .py"):
        kd.load("stdlib", required=LANGUAGE_MODEL)


def test_a_declared_encoding_is_obeyed(tmp_path):
    (tmp_path / "old.py").write_bytes("# -*- coding: latin-1 -*-\n# é\n".encode("latin-1"))
    assert "é" in next(stdlib._modules(tmp_path))["text"]


def test_an_unknown_part_lists_the_known():
    with pytest.raises(ValueError, match="stdlib has no part 'test'. Its parts are: train, validation"):
        kd.load("stdlib", split="test", required=LANGUAGE_MODEL)
