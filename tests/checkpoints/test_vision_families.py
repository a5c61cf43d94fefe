"""What is particular to the files of ViT, DeiT and YOLOS."""

import json

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kformer.checkpoints import HFFolder, family_of, fill, load_backbone, own_variables, save_weights
from kformer.checkpoints.hf_folder import WEIGHTS
from kformer.layers import SetPredictionHead
from kformer.models import CompactTransformer
from tests.tiny import GOLDENS, vit

HEADS = {"vit": "classifier", "deit": "distilled", "yolos": "detector", "yolos_plain": "detector"}
IMAGES = {"images": np.random.default_rng(0).normal(size=(2, 12, 12, 3)).astype("float32")}


def with_head(folder):
    """A model and the heads of its folder, filled: the model and all variables."""
    model, _ = load_backbone(GOLDENS / folder)
    variables = own_variables(model)
    if folder.startswith("yolos"):
        head = SetPredictionHead(16, 3, name="head")
        head.build()
        variables |= own_variables(head, "head/")
    else:
        for name in ("head", "distillation_head")[: 1 + (folder == "deit")]:
            head = keras.layers.Dense(3, name=name)
            head.build((None, 16))
            variables |= own_variables(head, f"{name}/")
    assert fill(variables, HFFolder(GOLDENS / folder)).new == ()
    return model, variables


def configure(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


@pytest.mark.parametrize("folder", HEADS)
def test_a_model_and_its_head_are_written_as_they_were_read(folder, tmp_path):
    model, variables = with_head(folder)
    save_weights(tmp_path, model.get_config(), variables, HEADS[folder])
    theirs, ours = load_file(GOLDENS / folder / WEIGHTS), load_file(tmp_path / WEIGHTS)
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        np.testing.assert_array_equal(ours[name], tensor)


@pytest.mark.parametrize("folder", HEADS)
def test_every_setting_comes_back_equal(folder, tmp_path):
    model, _ = load_backbone(GOLDENS / folder, dropout=0.2, attention_dropout=0.3, norm_epsilon=1e-6)
    save_weights(tmp_path, model.get_config(), own_variables(model))
    again, loaded = load_backbone(tmp_path)
    assert {**again.get_config(), "name": model.name} == model.get_config()
    assert loaded.new == loaded.ignored == ()


@pytest.mark.parametrize("folder", HEADS)
def test_the_settings_in_a_file_are_those_of_the_class(folder):
    theirs = json.loads((GOLDENS / folder / "config.json").read_text())
    model, _ = load_backbone(GOLDENS / folder)
    written = family_of(model.get_config()).config(model.get_config())
    assert {name: theirs[name] for name in written} == written


def test_without_biases_on_queries_there_are_none_in_the_file(tmp_path):
    model = vit(qkv_bias=False)
    save_weights(tmp_path, model.get_config(), own_variables(model))
    assert not any(name.endswith("query.bias") for name in load_file(tmp_path / WEIGHTS))


def test_a_bare_file_with_a_pooler_leaves_it_out_on_purpose(tmp_path):
    model = vit()
    save_weights(tmp_path, model.get_config(), own_variables(model))
    pooler = {"pooler.dense.weight": np.zeros((8, 8), "float32"), "pooler.dense.bias": np.zeros(8, "float32")}
    save_file({**load_file(tmp_path / WEIGHTS), **pooler}, tmp_path / WEIGHTS)
    assert set(load_backbone(tmp_path)[1].ignored) == set(pooler)


def test_a_distilled_model_can_be_a_start_for_one_head(tmp_path):
    """The second classifier waits for no variable then."""
    model, _ = load_backbone(GOLDENS / "deit")
    head = keras.layers.Dense(3, name="head")
    head.build((None, 16))
    loaded = fill({**own_variables(model), **own_variables(head, "head/")}, HFFolder(GOLDENS / "deit"))
    assert set(loaded.ignored) == {"distillation_classifier.weight", "distillation_classifier.bias"}
    np.testing.assert_array_equal(head.kernel, HFFolder(GOLDENS / "deit").read("cls_classifier.weight").T)


def test_a_size_of_two_equal_sides_is_one_number(copy):
    folder = copy("vit")
    configure(folder, image_size=[12, 12], patch_size=[4, 4])
    model, _ = load_backbone(folder)
    assert (model.image_size, model.patch_size) == (12, 4)


def test_patches_that_are_not_square_are_refused(copy):
    folder = copy("vit")
    configure(folder, patch_size=[4, 2])
    with pytest.raises(ValueError, match=r"has `patch_size` \[4, 2\]: only square patches, one number, can be loaded"):
        load_backbone(folder)


def test_a_square_yolos_is_written_with_two_sides(tmp_path):
    model, _ = load_backbone(GOLDENS / "yolos")
    assert family_of(model.get_config()).config({**model.get_config(), "image_size": 8})["image_size"] == [8, 8]


def test_another_image_size_than_the_file_s_is_shown(tmp_path):
    message = r"shapes differ: position_embedding/embeddings \(1, 17, 16\) against vit.embeddings.position_embeddings"
    with pytest.raises(ValueError, match=message):
        load_backbone(GOLDENS / "vit", image_size=16)


def test_a_vit_that_pools_by_the_mean_has_no_file_of_theirs(tmp_path):
    model = vit(pooling="mean")
    with pytest.raises(ValueError, match="only `pooling` first can be written. Received: pooling='mean'; export it as"):
        save_weights(tmp_path, model.get_config(), own_variables(model))


def test_a_compact_transformer_has_no_file_of_theirs():
    with pytest.raises(ValueError, match="A CompactTransformer has no counterpart among Hugging Face's classes"):
        family_of(CompactTransformer(1, 8, 2).get_config())
