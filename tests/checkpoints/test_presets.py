"""KerasHub's presets, as they come: tiny ones saved here by `save_to_preset`."""

import json

import keras_hub
import numpy as np
import pytest

from kformer.checkpoints import find_checkpoint, load_backbone, presets, read_vocabulary
from tests.tiny import VOCABULARY, randomise

SIZES = {
    "vocabulary_size": len(VOCABULARY),
    "num_layers": 2,
    "num_heads": 2,
    "hidden_dim": 8,
    "intermediate_dim": 12,
    "max_sequence_length": 10,
}
FAMILIES = {
    "BertBackbone": "bert",
    "DistilBertBackbone": "distilbert",
    "RobertaBackbone": "roberta",
    "GPT2Backbone": "gpt2",
}
MASK = np.arange(7) < np.array([[7], [3]])
TOKEN_IDS = np.random.default_rng(0).integers(5, 60, (2, 7)).astype("int32") * MASK


def save(folder, name):
    """Writes the preset of a random model; returns the model."""
    backbone = randomise(getattr(keras_hub.models, name)(**SIZES))
    backbone.save_to_preset(str(folder))
    return backbone


@pytest.fixture
def bert(tmp_path):
    save(tmp_path, "BertBackbone")
    return tmp_path


@pytest.fixture(params=FAMILIES)
def pair(request, tmp_path):
    """Theirs and ours of one preset, what was loaded, and the name of the family."""
    theirs = save(tmp_path, request.param)
    folder = find_checkpoint(f"preset:{tmp_path}")
    return theirs, *load_backbone(folder), FAMILIES[request.param], folder


def test_the_sequence_output_is_theirs(pair):
    theirs, ours, *_ = pair
    inputs = {"token_ids": TOKEN_IDS, "padding_mask": MASK}
    segments = {"segment_ids": np.zeros_like(TOKEN_IDS)} if "segment_ids" in theirs.input else {}
    expected = theirs({**inputs, **segments})
    expected = expected["sequence_output"] if isinstance(expected, dict) else expected
    outputs = ours(inputs)["sequence_output"]
    np.testing.assert_allclose(np.asarray(outputs)[MASK], np.asarray(expected)[MASK], atol=1e-5)


def test_it_becomes_a_folder_of_its_family(pair):
    *_, family, folder = pair
    assert json.loads((folder / "config.json").read_text())["model_type"] == family


def test_only_a_pooler_that_theirs_lacks_is_new(pair):
    _, _, loaded, family, _ = pair
    assert loaded.ignored == ()
    assert loaded.new == (("pooler/kernel", "pooler/bias") if family in ("distilbert", "roberta") else ())


def test_the_pooled_output_is_theirs(tmp_path):
    theirs = save(tmp_path, "BertBackbone")
    ours, _ = load_backbone(find_checkpoint(f"preset:{tmp_path}"))
    inputs = {"token_ids": TOKEN_IDS, "padding_mask": MASK, "segment_ids": np.zeros_like(TOKEN_IDS)}
    np.testing.assert_allclose(ours(inputs)["pooled_output"], theirs(inputs)["pooled_output"], atol=1e-5)


@pytest.mark.parametrize("lowercase", [True, False])
def test_the_vocabulary_is_theirs(bert, lowercase):
    keras_hub.models.BertTokenizer(vocabulary=VOCABULARY, lowercase=lowercase).save_to_preset(str(bert))
    assert read_vocabulary(find_checkpoint(f"preset:{bert}")) == (VOCABULARY, lowercase)


def test_the_files_of_byte_level_subwords_have_the_names_they_have_in_a_folder_of_theirs(tmp_path):
    save(tmp_path, "GPT2Backbone")
    ids = {"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3}
    keras_hub.models.GPT2Tokenizer(vocabulary=ids, merges=["a b"]).save_to_preset(str(tmp_path))
    folder = find_checkpoint(f"preset:{tmp_path}")
    assert json.loads((folder / "vocab.json").read_text()) == ids
    assert (folder / "merges.txt").read_text() == "a b\n"


def test_nothing_but_plain_sizes_is_taken_from_the_configuration(bert):
    """A class that the file names is not built."""
    stated = json.loads((bert / "config.json").read_text())
    stated["config"]["dtype"] = {"module": "builtins", "class_name": "eval", "config": {"source": "1/0"}}
    (bert / "config.json").write_text(json.dumps({**stated, "module": "os"}))
    assert load_backbone(find_checkpoint(f"preset:{bert}"))[0].d_model == 8


def test_a_preset_by_name_is_downloaded_by_keras_hub(monkeypatch):
    asked = []

    class Part:
        def __init__(self, kind, name):
            asked.append((kind, name))
            self.kind = kind

        def save_to_preset(self, folder):
            if self.kind == "backbone":
                save(folder, "BertBackbone")

    for kind, part in (("backbone", keras_hub.models.BertBackbone), ("tokenizer", keras_hub.models.BertTokenizer)):
        monkeypatch.setattr(part, "from_preset", lambda name, kind=kind: Part(kind, name))
    assert load_backbone(find_checkpoint("preset:bert_tiny_en_uncased"))[0].d_model == 8
    assert asked == [("backbone", "bert_tiny_en_uncased"), ("tokenizer", "bert_tiny_en_uncased")]


def test_offline_it_says_so_and_what_to_do(monkeypatch):
    def unreachable(name):
        raise ConnectionError("Cannot reach Kaggle.\nMore.")

    monkeypatch.setattr(keras_hub.models.BertBackbone, "from_preset", unreachable)
    message = (
        r"preset:bert_tiny_en_uncased could not be fetched \(Cannot reach Kaggle\): check the connection, or give a "
        "folder that `save_to_preset` wrote"
    )
    with pytest.raises(FileNotFoundError, match=message):
        find_checkpoint("preset:bert_tiny_en_uncased")


def test_an_unknown_name_suggests_the_nearest():
    message = (
        "preset:bert_tiny_en is neither a folder nor one of KerasHub's presets. Did you mean 'bert_tiny_en_uncased'"
        r"\? Accepted: a folder that `save_to_preset` wrote, bert_tiny_en_uncased, .*gpt2_base_en"
    )
    with pytest.raises(FileNotFoundError, match=message):
        find_checkpoint("preset:bert_tiny_en")


def test_another_family_is_refused(bert):
    stated = json.loads((bert / "config.json").read_text())
    (bert / "config.json").write_text(json.dumps({**stated, "class_name": "T5Backbone"}))
    with pytest.raises(
        ValueError, match="holds a T5Backbone, which cannot be read. Accepted: BertBackbone, DistilBert"
    ):
        find_checkpoint(f"preset:{bert}")


def test_a_missing_size_is_named(bert):
    stated = json.loads((bert / "config.json").read_text())
    del stated["config"]["hidden_dim"]
    (bert / "config.json").write_text(json.dumps(stated))
    with pytest.raises(ValueError, match="config.json lacks hidden_dim, which a BertBackbone needs"):
        find_checkpoint(f"preset:{bert}")


def test_missing_weights_are_named(bert):
    (bert / presets.WEIGHTS).unlink()
    with pytest.raises(FileNotFoundError, match="has no model.weights.h5: a folder that `save_to_preset` wrote holds"):
        find_checkpoint(f"preset:{bert}")


def test_damaged_weights_are_refused(bert):
    (bert / presets.WEIGHTS).write_bytes(b"not HDF5")
    with pytest.raises(ValueError, match="model.weights.h5 is damaged or does not fit its configuration"):
        find_checkpoint(f"preset:{bert}")
