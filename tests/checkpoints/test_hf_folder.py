"""Reading a checkpoint's folder, and saying what is wrong with a bad one."""

import json

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

from kformer.checkpoints import HFFolder
from kformer.checkpoints.hf_folder import INDEX, WEIGHTS, modern_name
from tests.tiny import GOLDENS


def test_shards_hold_what_one_file_holds():
    whole, sharded = HFFolder(GOLDENS / "bert"), HFFolder(GOLDENS / "bert_sharded")
    assert sorted(whole.names) == sorted(sharded.names)
    for name in whole.names:
        assert whole.shape(name) == sharded.shape(name)
        np.testing.assert_array_equal(whole.read(name), sharded.read(name))


@pytest.mark.parametrize("dtype", ["float16", ml_dtypes.bfloat16, "float64"])
def test_other_floats_are_read_as_float32(bert, dtype):
    save_file({"a": np.ones((2, 3), dtype)}, bert / WEIGHTS)
    tensor = HFFolder(bert).read("a")
    assert tensor.dtype == "float32"
    np.testing.assert_array_equal(tensor, 1)


def test_names_are_read_without_prefix_and_as_today():
    assert modern_name("bert.embeddings.LayerNorm.gamma", "bert.") == "embeddings.LayerNorm.weight"
    assert modern_name("embeddings.LayerNorm.beta", "bert.") == "embeddings.LayerNorm.bias"
    assert modern_name("encoder.layer.0.output.dense.weight", "bert.") == "encoder.layer.0.output.dense.weight"


def test_an_absent_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no folder .*nowhere"):
        HFFolder(tmp_path / "nowhere")


def test_a_folder_without_a_configuration_is_refused(bert):
    (bert / "config.json").unlink()
    with pytest.raises(FileNotFoundError, match="There is no config.json in .*bert: a checkpoint folder needs one"):
        HFFolder(bert)


def test_a_configuration_that_is_no_json_is_refused(bert):
    (bert / "config.json").write_text("{'a': 1}")
    with pytest.raises(ValueError, match="config.json is not valid JSON: .*line 1"):
        HFFolder(bert)


def test_a_configuration_that_is_no_object_is_refused(bert):
    (bert / "config.json").write_text("[1, 2]")
    with pytest.raises(ValueError, match="config.json must hold a JSON object. Received: list"):
        HFFolder(bert)


def test_a_folder_without_weights_says_what_is_there(bert):
    (bert / WEIGHTS).unlink()
    with pytest.raises(FileNotFoundError, match="bert has no weights: model.safetensors or .* there is config.json"):
        HFFolder(bert)


def test_a_pickle_is_never_opened(bert):
    (bert / WEIGHTS).rename(bert / "pytorch_model.bin")
    with pytest.raises(FileNotFoundError, match="A pytorch_model.bin is a pickle and is never opened: convert it"):
        HFFolder(bert)


@pytest.mark.parametrize("size", [0, 4, 500, -100])
def test_a_truncated_file_is_refused(bert, size):
    content = (bert / WEIGHTS).read_bytes()
    (bert / WEIGHTS).write_bytes(content[:size])
    with pytest.raises(
        ValueError, match="model.safetensors is not a whole safetensors file .*it may have been cut off"
    ):
        HFFolder(bert)


@pytest.fixture
def sharded(copy):
    return copy("bert_sharded")


def weight_map(folder):
    return json.loads((folder / INDEX).read_text())["weight_map"]


def write_weight_map(folder, names):
    (folder / INDEX).write_text(json.dumps({"weight_map": names}))


def test_a_missing_shard_is_named(sharded):
    (sharded / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="names shards that are not there: model-00002-of-00003.safetensors"):
        HFFolder(sharded)


def test_a_shard_outside_the_folder_is_refused(sharded):
    outside = sharded.parent / "outside.safetensors"
    outside.write_bytes((GOLDENS / "bert" / WEIGHTS).read_bytes())
    write_weight_map(sharded, {**weight_map(sharded), "a": "../outside.safetensors"})
    with pytest.raises(ValueError, match=r"names a file outside its folder: '../outside.safetensors'"):
        HFFolder(sharded)


def test_a_tensor_that_no_shard_holds_is_named(sharded):
    names = weight_map(sharded)
    write_weight_map(sharded, {**names, "bert.lost": next(iter(names.values()))})
    with pytest.raises(ValueError, match="names 1 tensors that its shards do not hold, bert.lost first"):
        HFFolder(sharded)


def test_an_index_without_a_map_is_refused(sharded):
    (sharded / INDEX).write_text("{}")
    with pytest.raises(ValueError, match="has no `weight_map` from tensors to shards: fetch or write it again"):
        HFFolder(sharded)
