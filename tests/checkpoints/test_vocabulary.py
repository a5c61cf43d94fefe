import json
import shutil
from pathlib import Path

import pytest

from kformer.checkpoints import read_marian_vocabulary, read_vocabulary
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


def copied(folder):
    return Path(shutil.copytree(GOLDENS / "marian_tokens", folder / "marian"))


def test_a_marian_folder_has_two_models_over_one_vocabulary():
    vocabulary = read_marian_vocabulary(GOLDENS / "marian_tokens")
    assert vocabulary.source == vocabulary.target
    assert (vocabulary.source[0], vocabulary.source[-1]) == ("</s>", "<pad>")
    assert vocabulary.source_model == (GOLDENS / "marian_tokens" / "source.spm").read_bytes()
    assert vocabulary.target_model == (GOLDENS / "marian_tokens" / "target.spm").read_bytes()


def test_a_marian_folder_may_have_two_vocabularies(tmp_path):
    folder = copied(tmp_path)
    (folder / "target_vocab.json").write_text('{"b": 1, "a": 0}')
    assert read_marian_vocabulary(folder).target == ["a", "b"]


def test_a_marian_folder_without_its_files_is_refused(tmp_path):
    (tmp_path / "source.spm").touch()
    with pytest.raises(FileNotFoundError, match="has no target.spm and no vocab.json, which a Marian folder needs"):
        read_marian_vocabulary(tmp_path)


@pytest.mark.parametrize("ids", ['{"a": 0, "b": 2}', '{"a": 0, "b": 0}', '{"a": 1}'])
def test_a_vocabulary_with_gaps_is_refused(ids, tmp_path):
    folder = copied(tmp_path)
    (folder / "vocab.json").write_text(ids)
    with pytest.raises(ValueError, match=r"vocab.json must number its \d pieces from 0 without gaps: fetch or"):
        read_marian_vocabulary(folder)
