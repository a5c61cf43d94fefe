"""From tensors to variables: strictly, with both lists printed where they differ."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kformer.checkpoints import HFFolder, fill, load_backbone, own_variables
from kformer.checkpoints.hf_folder import WEIGHTS
from tests.tiny import GOLDENS, task


def change_weights(folder, change):
    tensors = load_file(folder / WEIGHTS)
    change(tensors)
    save_file(tensors, folder / WEIGHTS)


def change_config(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def test_a_dense_weight_is_transposed():
    backbone, _ = load_backbone(GOLDENS / "bert")
    theirs = HFFolder(GOLDENS / "bert").read("bert.encoder.layer.1.intermediate.dense.weight")
    np.testing.assert_array_equal(own_variables(backbone)["stack/block_1/feed_forward/hidden/kernel"], theirs.T)


def test_a_backbone_leaves_the_classifier_out_on_purpose():
    _, loaded = load_backbone(GOLDENS / "bert")
    assert set(loaded.ignored) == {"classifier.weight", "classifier.bias"}


def test_a_task_takes_the_classifier():
    model = task(labels=("a", "b", "c"), d_model=16, d_ff=32, num_layers=2)
    loaded = fill(model.variables_by_name(), HFFolder(GOLDENS / "bert"))
    assert loaded.ignored == loaded.new == ()
    np.testing.assert_array_equal(model.head.kernel, HFFolder(GOLDENS / "bert").read("classifier.weight").T)


def test_a_pooler_that_the_file_lacks_stays_random(bert):
    change_weights(bert, lambda tensors: [tensors.pop(f"bert.pooler.dense.{part}") for part in ("weight", "bias")])
    _, loaded = load_backbone(bert)
    assert loaded.new == ("pooler/kernel", "pooler/bias")


def test_pretraining_heads_are_left_out_on_purpose(bert):
    change_weights(bert, lambda tensors: tensors.update({"cls.predictions.bias": np.zeros(60, "float32")}))
    _, loaded = load_backbone(bert)
    assert "cls.predictions.bias" in loaded.ignored


def test_settings_can_be_changed():
    backbone, _ = load_backbone(GOLDENS / "bert", dropout=0.3, dtype="mixed_bfloat16")
    assert (backbone.dropout, backbone.compute_dtype) == (0.3, "bfloat16")


def test_a_missing_tensor_is_named_by_our_name(bert):
    change_weights(bert, lambda tensors: tensors.pop("bert.encoder.layer.1.output.dense.bias"))
    with pytest.raises(ValueError, match="1 variables have no tensor: stack/block_1/feed_forward/output/bias") as error:
        load_backbone(bert)
    assert str(error.value).startswith(f"The weights in {bert} do not fit their configuration.")


def test_an_extra_tensor_is_named_by_their_name(bert):
    change_weights(bert, lambda tensors: tensors.update({"bert.adapter.weight": np.zeros(3, "float32")}))
    with pytest.raises(ValueError, match="1 tensors have no variable: adapter.weight"):
        load_backbone(bert)


def test_an_unequal_shape_is_shown_with_both_shapes(bert):
    change_weights(bert, lambda tensors: tensors.update({"bert.pooler.dense.bias": np.zeros(3, "float32")}))
    with pytest.raises(ValueError, match=r"1 shapes differ: pooler/bias \(16,\) against bert.pooler.dense.bias \(3,\)"):
        load_backbone(bert)


def test_a_wrong_architecture_prints_both_lists(bert):
    change_config(bert, model_type="distilbert", dim=16, n_layers=2, n_heads=2, hidden_dim=32)
    with pytest.raises(
        ValueError, match="36 variables have no tensor: token_.*. 39 tensors have no variable: bert.embeddings"
    ):
        load_backbone(bert)


def test_an_unknown_family_lists_the_known(bert):
    change_config(bert, model_type="robert")
    with pytest.raises(
        ValueError, match=r"type 'robert', which cannot be read. Did you mean 'roberta'\? Accepted: bert"
    ):
        load_backbone(bert)


def test_a_configuration_without_a_family_is_refused(bert):
    (bert / "config.json").write_text("{}")
    with pytest.raises(ValueError, match="config.json holds a model of type None, which cannot be read"):
        load_backbone(bert)


def test_a_missing_size_is_named(bert):
    config = json.loads((bert / "config.json").read_text())
    del config["hidden_size"]
    (bert / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="config.json lacks 'hidden_size', which a bert needs"):
        load_backbone(bert)


def test_an_unknown_activation_lists_the_known(bert):
    change_config(bert, hidden_act="gelu_fast")
    with pytest.raises(
        ValueError, match="activation 'gelu_fast' is not known. Known: gelu, gelu_new, gelu_pytorch_tanh, relu"
    ):
        load_backbone(bert)


def test_relative_positions_are_refused(bert):
    change_config(bert, position_embedding_type="relative_key")
    with pytest.raises(ValueError, match="`position_embedding_type` 'relative_key': only 'absolute'"):
        load_backbone(bert)
