"""What a new text classifier starts from."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from kformer.checkpoints import HFFolder, load_backbone
from kformer.exporting import export
from kformer.models import registry
from kformer.tasks import TextClassification
from tests.tiny import FAMILIES, GOLDENS, LABELS, SIZES

TEXTS = ["the film is good", "the film is bad"] * 3


@pytest.mark.parametrize("family", FAMILIES)
def test_from_scratch_every_variant_is_a_bert_that_its_files_can_hold(family, monkeypatch, tmp_path):
    sizes = {"vocab_size": 60, **{**SIZES, **FAMILIES[family]}}
    del sizes["dropout"]
    variant = dataclasses.replace(registry.VARIANTS["bert-tiny"], name="tiny", family=family, sizes=sizes)
    monkeypatch.setitem(registry.VARIANTS, "tiny", variant)
    task = TextClassification.from_scratch(TEXTS, "tiny", labels=LABELS, max_length=16, precision="float32")
    twin, _ = load_backbone(export(task, tmp_path / "hf", to="hf"))
    features = task.processor.features(TEXTS[:2])
    np.testing.assert_allclose(twin(features)["pooled_output"], task.backbone(features)["pooled_output"], atol=1e-6)


def from_pretrained(init, labels, **settings):
    return TextClassification.from_pretrained(init, labels, max_length=16, precision="float32", **settings)


def test_a_checkpoint_s_head_is_taken_where_the_labels_are_the_same():
    task = from_pretrained(GOLDENS / "bert", ("negative", "neutral", "positive"))
    np.testing.assert_array_equal(task.head.kernel, HFFolder(GOLDENS / "bert").read("classifier.weight").T)


def test_other_labels_get_a_new_head():
    one, other = (from_pretrained(GOLDENS / "bert", LABELS, seed=seed) for seed in (0, 0))
    assert one.head.kernel.shape == (16, 2)
    np.testing.assert_array_equal(one.head.kernel, other.head.kernel)


def test_the_seed_decides_over_a_new_head():
    one, other = (np.asarray(from_pretrained(GOLDENS / "bert", LABELS, seed=seed).head.kernel) for seed in (0, 1))
    assert (one != other).any()


def test_the_dropout_is_the_checkpoint_s_unless_given():
    assert from_pretrained(GOLDENS / "bert", LABELS).dropout == 0.1
    task = from_pretrained(GOLDENS / "bert", LABELS, dropout=0.3)
    np.testing.assert_allclose([float(layer.rate) for layer in task.dropout_layers()], 0.3, rtol=1e-6)


def test_more_tokens_than_embeddings_are_refused(tmp_path):
    folder = shutil.copytree(GOLDENS / "bert", tmp_path / "bert")
    with open(folder / "vocab.txt", "a", encoding="utf-8") as file:
        file.write("more\n")
    with pytest.raises(ValueError, match="has a vocabulary of 61 tokens, but embeddings for 60"):
        from_pretrained(folder, LABELS)


def test_a_head_of_other_labels_in_the_file_is_left_alone(tmp_path):
    folder = shutil.copytree(GOLDENS / "bert", tmp_path / "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "id2label": {"0": "x", "1": "y", "2": "z"}}))
    task = from_pretrained(folder, ("negative", "neutral", "positive"))
    assert not np.array_equal(task.head.kernel, HFFolder(folder).read("classifier.weight").T)
