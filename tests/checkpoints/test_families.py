"""What is particular to a family's files: tensors that hold several variables, tied tables, computed tensors, heads."""

import json
import re

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from kformer.checkpoints import HFFolder, fill, load_backbone, own_variables, save_weights
from kformer.checkpoints.families import family_of
from kformer.checkpoints.hf_folder import WEIGHTS
from kformer.layers import MaskedLanguageModelHead
from kformer.models import GPT2Backbone, MarianModel, TransformerModel
from tests.tiny import FAMILIES, GOLDENS, backbone, randomise

WITH_LM = {"gpt2": "lm", "marian": "translation", "marian_separate": "translation"}
WITH_MLM = [f"{family}_mlm" for family in FAMILIES]


def change(folder, **tensors):
    """Adds tensors to a checkpoint, or removes those that are None."""
    stored = {**load_file(folder / WEIGHTS), **tensors}
    save_file({name: tensor for name, tensor in stored.items() if tensor is not None}, folder / WEIGHTS)


def configure(folder, **changes):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))


def with_head(folder, **settings):
    """A text encoder and its head for masked tokens, without their weights: the two, and their variables."""
    encoder, _ = load_backbone(folder, pooler_activation=None, **settings)
    head = MaskedLanguageModelHead(encoder.d_model, encoder.vocab_size, name="mlm")
    head.build()
    return head, {**own_variables(encoder), **own_variables(head, "mlm/")}, encoder.get_config()


# Both directions


@pytest.mark.parametrize("folder", WITH_LM)
def test_a_model_is_written_as_it_was_read(folder, tmp_path):
    model, _ = load_backbone(GOLDENS / folder)
    save_weights(tmp_path, model.get_config(), own_variables(model), WITH_LM[folder])
    theirs, ours = load_file(GOLDENS / folder / WEIGHTS), load_file(tmp_path / WEIGHTS)
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        np.testing.assert_array_equal(ours[name], tensor)


@pytest.mark.parametrize("folder", WITH_LM)
def test_every_setting_comes_back_equal(folder, tmp_path):
    model, _ = load_backbone(GOLDENS / folder, dropout=0.2, attention_dropout=0.3)
    save_weights(tmp_path, model.get_config(), own_variables(model), WITH_LM[folder])
    again, _ = load_backbone(tmp_path)
    assert {**again.get_config(), "name": model.name} == model.get_config()


@pytest.mark.parametrize("folder", WITH_MLM)
def test_a_head_for_masked_tokens_is_written_as_it_was_read(folder, tmp_path):
    _, variables, sizes = with_head(GOLDENS / folder)
    fill(variables, HFFolder(GOLDENS / folder))
    save_weights(tmp_path, sizes, variables, "mlm")
    theirs, ours = load_file(GOLDENS / folder / WEIGHTS), load_file(tmp_path / WEIGHTS)
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        np.testing.assert_array_equal(ours[name], tensor)


def test_further_entries_of_the_configuration_are_written(tmp_path):
    model, _ = load_backbone(GOLDENS / "gpt2")
    save_weights(tmp_path, model.get_config(), own_variables(model), "lm", eos_token_id=3)
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["architectures"], config["eos_token_id"]) == (["GPT2LMHeadModel"], 3)


@pytest.mark.parametrize("folder", ["bert", "gpt2"])
def test_a_bare_backbone_is_written_and_read(folder, tmp_path):
    model, _ = load_backbone(GOLDENS / folder)
    save_weights(tmp_path, model.get_config(), own_variables(model))
    again, loaded = load_backbone(tmp_path)
    assert loaded.new == loaded.ignored == ()
    for ours, theirs in zip(model.trainable_variables, again.trainable_variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_unknown_head_lists_the_known(tmp_path):
    with pytest.raises(ValueError, match="`head` of a gpt2 must be one of lm. Received: head='mlm'"):
        save_weights(tmp_path, GPT2Backbone(9, 1, 4, 1).get_config(), {}, "mlm")


def test_a_variable_without_a_place_is_named(tmp_path):
    encoder = backbone(pooler_activation=None)
    variables = {**own_variables(encoder), "adapter/kernel": np.zeros(3)}
    with pytest.raises(ValueError, match="A bert's files have no place for the variables adapter/kernel"):
        save_weights(tmp_path, encoder.get_config(), variables, "mlm")


def test_a_model_of_one_s_own_has_no_folder_of_theirs():
    sizes = TransformerModel(1, 4, 1, 4, 9, 9).get_config()
    with pytest.raises(ValueError, match="A TransformerModel of your own has no counterpart .* export it as a SavedM"):
        family_of(sizes)


# GPT-2


@pytest.fixture
def gpt2(copy):
    return copy("gpt2")


def test_query_key_and_value_stand_side_by_side():
    model, _ = load_backbone(GOLDENS / "gpt2")
    fused = HFFolder(GOLDENS / "gpt2").read("transformer.h.1.attn.c_attn.weight")
    attention = model.stack.blocks[1].attention
    for i, part in enumerate((attention.query, attention.key, attention.value)):
        np.testing.assert_array_equal(part.kernel, fused[:, 16 * i : 16 * (i + 1)])


def test_a_bare_model_has_no_prefix(gpt2):
    stored = load_file(gpt2 / WEIGHTS)
    save_file({name.removeprefix("transformer."): tensor for name, tensor in stored.items()}, gpt2 / WEIGHTS)
    assert load_backbone(gpt2)[1].new == ()


def test_stored_causal_masks_are_left_out_on_purpose(gpt2):
    mask = {f"transformer.h.0.attn.{name}": np.ones((1, 1, 4, 4), "float32") for name in ("bias", "masked_bias")}
    change(gpt2, **mask)
    assert set(load_backbone(gpt2)[1].ignored) == {"h.0.attn.bias", "h.0.attn.masked_bias"}


def test_an_equal_output_layer_is_left_out_on_purpose(gpt2):
    change(gpt2, **{"lm_head.weight": HFFolder(gpt2).read("transformer.wte.weight")})
    assert load_backbone(gpt2)[1].ignored == ("lm_head.weight",)


def test_an_output_layer_that_stands_alone_is_the_table(gpt2):
    table = HFFolder(gpt2).read("transformer.wte.weight")
    change(gpt2, **{"lm_head.weight": table, "transformer.wte.weight": None})
    model, loaded = load_backbone(gpt2)
    assert loaded.ignored == ()
    np.testing.assert_array_equal(model.token_embedding.embeddings, table)


def test_an_output_layer_of_its_own_is_refused(gpt2):
    change(gpt2, **{"lm_head.weight": 1 + HFFolder(gpt2).read("transformer.wte.weight")})
    message = "1 tensors differ from what the model has in their place: lm_head.weight from transformer.wte.weight"
    with pytest.raises(ValueError, match=message):
        load_backbone(gpt2)


def test_fused_tensors_of_another_shape_are_shown_with_all_their_variables(gpt2):
    change(gpt2, **{"transformer.h.0.attn.c_attn.bias": np.zeros(47, "float32")})
    message = "stack/block_0/attention/query/bias, .*key/bias, .*value/bias (48,) against transformer.h.0.attn.c_attn"
    with pytest.raises(ValueError, match=message.replace("(48,)", re.escape("(48,)"))):
        load_backbone(gpt2)


@pytest.mark.parametrize(
    "name, value",
    [("scale_attn_weights", False), ("scale_attn_by_inverse_layer_idx", True), ("add_cross_attention", True)],
)
def test_another_formula_of_attention_is_refused(gpt2, name, value):
    configure(gpt2, **{name: value})
    with pytest.raises(ValueError, match=f"has `{name}` {value!r}, which changes the .* only {not value!r} can be lo"):
        load_backbone(gpt2)


# Marian


@pytest.fixture
def marian(copy):
    return copy("marian")


def test_every_name_of_the_shared_table_is_left_out_when_equal(marian):
    table = HFFolder(marian).read("model.shared.weight")
    names = ("model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight")
    change(marian, **dict.fromkeys(names, table))
    assert len(load_backbone(marian)[1].ignored) == 3


def test_an_encoder_table_that_differs_from_the_shared_is_refused(marian):
    change(marian, **{"model.encoder.embed_tokens.weight": np.zeros((50, 16), "float32")})
    with pytest.raises(ValueError, match="model.encoder.embed_tokens.weight from model.shared.weight"):
        load_backbone(marian)


def test_two_tables_stay_two():
    model, _ = load_backbone(GOLDENS / "marian_separate")
    assert (model.source_embedding.vocab_size, model.target_embedding.vocab_size) == (50, 40)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_stored_table_of_positions_is_left_out_when_it_is_ours(marian, dtype):
    positions = np.asarray(load_backbone(marian)[0].position_embedding.table, dtype)
    change(marian, **{"model.encoder.embed_positions.weight": positions})
    assert load_backbone(marian)[1].ignored == ("encoder.embed_positions.weight",)


def test_another_table_of_positions_is_refused(marian):
    change(marian, **{"model.decoder.embed_positions.weight": np.zeros((24, 16), "float32")})
    with pytest.raises(ValueError, match="in their place: model.decoder.embed_positions.weight from its formula"):
        load_backbone(marian)


def test_a_bias_that_the_file_lacks_stays_zero(marian):
    change(marian, final_logits_bias=None)
    model, loaded = load_backbone(marian)
    assert loaded.new == ("final_logits_bias",)
    assert not np.any(model.final_logits_bias)


@pytest.mark.parametrize("name, value", [("ffn_dim", 64), ("attention_heads", 4)])
def test_a_decoder_of_other_sizes_is_refused(marian, name, value):
    configure(marian, **{f"decoder_{name}": value})
    with pytest.raises(ValueError, match=f"`encoder_{name}` .* and `decoder_{name}` {value}: only one value for both"):
        load_backbone(marian)


def test_another_start_of_targets_is_refused(marian):
    configure(marian, decoder_start_token_id=1)
    with pytest.raises(ValueError, match="has `decoder_start_token_id` 1 and `pad_token_id` 49: only models whose"):
        load_backbone(marian)


def test_another_epsilon_cannot_be_written(tmp_path):
    model = randomise(MarianModel(1, 4, 1, 4, 9, 9, padding_id=0, norm_epsilon=1e-6))
    with pytest.raises(ValueError, match="no `norm_epsilon`, it is always 1e-05. Received: norm_epsilon=1e-06"):
        save_weights(tmp_path, model.get_config(), own_variables(model), "translation")


# Heads for masked tokens


def test_without_a_head_in_the_file_it_stays_new():
    head, variables, _ = with_head(GOLDENS / "bert")
    before = np.asarray(head.dense.kernel)
    loaded = fill(variables, HFFolder(GOLDENS / "bert"))
    assert set(loaded.new) == {
        f"mlm/{name}" for name in ("dense/kernel", "dense/bias", "norm/gamma", "norm/beta", "bias")
    }
    np.testing.assert_array_equal(head.dense.kernel, before)


def test_half_a_head_is_refused(copy):
    folder = copy("bert_mlm")
    _, variables, _ = with_head(folder)
    change(folder, **{"cls.predictions.bias": None})
    with pytest.raises(ValueError, match="4 tensors have no variable: cls.predictions.transform.LayerNorm.bias"):
        fill(variables, HFFolder(folder))


def test_an_output_layer_of_its_own_matters_only_where_tokens_are_guessed(copy):
    folder = copy("bert_mlm")
    change(folder, **{"cls.predictions.decoder.weight": np.zeros((60, 16), "float32")})
    assert "cls.predictions.decoder.weight" in load_backbone(folder)[1].ignored
    with pytest.raises(ValueError, match="cls.predictions.decoder.weight from bert.embeddings.word_embeddings.weight"):
        fill(with_head(folder)[1], HFFolder(folder))


def test_a_head_built_inside_a_task_keeps_its_names():
    class Holder(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.head = MaskedLanguageModelHead(4, 9, name="mlm")

        def build(self, input_shape):
            self.head.build()

    holder = Holder()
    holder.build((None, 4))
    assert "mlm/dense/kernel" in own_variables(holder.head, "mlm/")
