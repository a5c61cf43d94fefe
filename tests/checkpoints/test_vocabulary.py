import json

import pytest

from kformer.checkpoints import read_vocabulary
from tests.tiny import GOLDENS, VOCABULARY


def test_a_tokenizer_json_alone_is_enough():
    assert not (GOLDENS / "distilbert" / "vocab.txt").exists()
    assert read_vocabulary(GOLDENS / "distilbert") == (VOCABULARY, True)


def test_windows_line_ends_are_taken_off(tmp_path):
    (tmp_path / "vocab.txt").write_bytes(b"[PAD]\r\na\r\n")
    assert read_vocabulary(tmp_path)[0] == ["[PAD]", "a"]


@pytest.mark.parametrize(("settings", "lowercase"), [({}, True), ({"do_lower_case": False}, False)])
def test_lower_case_is_read_from_the_settings(tmp_path, settings, lowercase):
    (tmp_path / "vocab.txt").write_text("a\n")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    assert read_vocabulary(tmp_path)[1] is lowercase


def test_added_tokens_have_their_place(tmp_path):
    model = {"type": "WordPiece", "vocab": {"[PAD]": 0, "a": 1}}
    tokenizer = {"model": model, "added_tokens": [{"id": 2, "content": "[NEW]"}], "normalizer": {"lowercase": False}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert read_vocabulary(tmp_path) == (["[PAD]", "a", "[NEW]"], False)


def test_another_kind_of_tokenizer_is_refused(tmp_path):
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "BPE"}}')
    with pytest.raises(ValueError, match="tokenizer.json holds a BPE tokenizer: text tasks read WordPiece"):
        read_vocabulary(tmp_path)


def test_a_folder_without_a_vocabulary_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="has neither vocab.txt nor tokenizer.json"):
        read_vocabulary(tmp_path)
