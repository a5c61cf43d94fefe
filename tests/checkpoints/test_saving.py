"""What is written as a Hugging Face folder is read back equal; `transformers` reads it in tests/parity."""

import json

import numpy as np
import pytest

from kformer.checkpoints import HFFolder, fill, load_backbone, read_tokenizer, read_vocabulary, save_hf
from kformer.checkpoints.families import FAMILIES as TABLES
from kformer.data.tokenizers import TOKENIZERS
from tests.tiny import FAMILIES, GOLDENS, LABELS, VOCABULARY, randomise, roberta_task, roberta_tokenizer, task


def write(folder, model, labels=LABELS, problem="single_label"):
    save_hf(folder, model.backbone.get_config(), model.variables_by_name(), model.processor.tokenizer, labels, problem)
    return json.loads((folder / "config.json").read_text())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_variable_comes_back_equal(family, tmp_path):
    model = task(num_layers=2, activation="gelu_tanh", attention_dropout=0.25, **FAMILIES[family])
    write(tmp_path, model)
    twin = randomise(task(num_layers=2, **FAMILIES[family]), seed=1)
    loaded = fill(twin.variables_by_name(), HFFolder(tmp_path))
    assert loaded.new == loaded.ignored == ()
    for ours, theirs in zip(model.trainable_variables, twin.trainable_variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_setting_comes_back_equal(family, tmp_path):
    model = task(num_layers=2, activation="gelu_tanh", attention_dropout=0.25, **FAMILIES[family])
    assert write(tmp_path, model)["model_type"] == family
    backbone, _ = load_backbone(tmp_path)
    expected, read = model.backbone.get_config(), backbone.get_config()
    assert {**read, "name": expected["name"]} == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_the_tensors_are_those_of_their_classifier(family, tmp_path):
    """Those of the golden's file, which `transformers` wrote."""
    write(tmp_path, task(num_layers=2, **FAMILIES[family]))
    assert sorted(HFFolder(tmp_path).names) == sorted(HFFolder(GOLDENS / family).names)


def test_the_labels_and_the_problem_are_written(tmp_path):
    config = write(tmp_path, task("multi_label"), problem="multi_label")
    assert config["architectures"] == [TABLES["bert"].heads["classifier"].architecture]
    assert config["problem_type"] == "multi_label_classification"
    assert config["id2label"] == {"0": "bad", "1": "good"}
    assert config["label2id"] == {"bad": 0, "good": 1}


def test_a_regression_has_one_output(tmp_path):
    config = write(tmp_path, task("regression"), labels=(), problem="regression")
    assert (config["problem_type"], config["id2label"]) == ("regression", {"0": "score"})


def test_the_vocabulary_comes_back_equal(tmp_path):
    write(tmp_path, task())
    assert read_vocabulary(tmp_path) == (VOCABULARY, True)


def test_a_byte_level_tokenizer_comes_back_equal(tmp_path):
    write(tmp_path, roberta_task())
    assert json.loads((tmp_path / "tokenizer_config.json").read_text())["tokenizer_class"] == "RobertaTokenizer"
    kind, arguments = read_tokenizer(tmp_path)
    assert TOKENIZERS[kind](**arguments).fingerprint == roberta_tokenizer().fingerprint
