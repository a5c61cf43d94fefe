import json
import shutil
from pathlib import Path

import pytest
import tokenizers

from kformer.checkpoints import read_marian_vocabulary, read_tokenizer, read_vocabulary
from kformer.data.tokenizers import TOKENIZERS
from tests.tiny import GOLDENS, VOCABULARY, roberta_tokenizer


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
    (tmp_path / "tokenizer.json").write_text('{"model": {"type": "Unigram"}}')
    with pytest.raises(
        ValueError, match="tokenizer.json holds a Unigram tokenizer: text tasks read WordPiece .* and byte"
    ):
        read_vocabulary(tmp_path)


def test_a_folder_without_a_vocabulary_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="has neither tokenizer.json nor vocab.txt nor merges.txt"):
        read_vocabulary(tmp_path)


def test_a_tokenizer_is_read_with_its_kind():
    assert read_tokenizer(GOLDENS / "distilbert") == ("wordpiece", {"vocabulary": VOCABULARY, "lowercase": True})


def rust(folder):
    """The tiny RoBERTa tokenizer in the library behind `transformers`."""
    roberta_tokenizer().save(folder)
    return tokenizers.ByteLevelBPETokenizer.from_file(str(folder / "vocab.json"), str(folder / "merges.txt"))


def read_back(folder):
    kind, arguments = read_tokenizer(folder)
    return TOKENIZERS[kind](**arguments)


def test_a_vocab_json_with_merges_is_a_byte_level_tokenizer(tmp_path):
    rust(tmp_path)
    assert read_back(tmp_path).fingerprint == roberta_tokenizer().fingerprint


def test_a_byte_level_tokenizer_json_alone_is_enough(tmp_path):
    rust(tmp_path).save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "vocab.json").unlink()
    (tmp_path / "merges.txt").unlink()
    assert read_back(tmp_path).fingerprint == roberta_tokenizer().fingerprint


def test_a_tokenizer_json_in_the_old_form_is_read(tmp_path):
    """There a merge is one str."""
    rust(tmp_path).save(str(tmp_path / "tokenizer.json"))
    tokenizer = json.loads((tmp_path / "tokenizer.json").read_text())
    tokenizer["model"]["merges"] = [" ".join(merge) for merge in tokenizer["model"]["merges"]]
    tokenizer["added_tokens"] = [{"id": roberta_tokenizer().vocab_size, "content": "<new>"}]
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    read = read_back(tmp_path)
    assert (read.merges, read.vocabulary[-1]) == (roberta_tokenizer().merges, "<new>")


@pytest.mark.parametrize("has_json", [True, False])
def test_a_space_put_first_is_read_from_the_settings(has_json, tmp_path):
    tokenizer = rust(tmp_path)
    if has_json:
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=True)
        tokenizer.save(str(tmp_path / "tokenizer.json"))
    else:
        (tmp_path / "tokenizer_config.json").write_text('{"add_prefix_space": true}')
    assert read_back(tmp_path).add_prefix_space


def test_bpe_that_cuts_text_in_another_way_is_refused(tmp_path):
    tokenizer = rust(tmp_path)
    tokenizer.normalizer = tokenizers.normalizers.NFC()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(
        ValueError, match="prepares text by NFC and Whitespace before BPE: only the byte level of GPT-2"
    ):
        read_tokenizer(tmp_path)


def test_a_tokenizer_json_without_a_model_is_refused(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ValueError, match="tokenizer.json has no `model`, which every tokenizer.json has: fetch or"):
        read_tokenizer(tmp_path)


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
