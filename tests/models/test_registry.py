import pytest

from kformer import models
from kformer.checkpoints import FAMILIES


def test_all_variants_are_listed_smallest_first():
    listed = models.variants()
    assert {variant.name for variant in listed} == set(models.VARIANTS)
    assert [variant.num_parameters for variant in listed] == sorted(variant.num_parameters for variant in listed)


@pytest.mark.parametrize("name", models.VARIANTS)
def test_a_variant_has_a_family_a_paper_and_an_origin(name):
    variant = models.get_variant(name)
    assert variant.family in FAMILIES
    assert variant.paper.startswith("https://arxiv.org/abs/")
    assert variant.init == "minilm" or variant.init.startswith("hf:")


@pytest.mark.parametrize(("name", "millions"), [("minilm", 22.7), ("bert-base", 109.5), ("roberta-base", 124.6)])
def test_the_sizes_are_the_published_ones(name, millions):
    assert models.get_variant(name).num_parameters / 1e6 == pytest.approx(millions, abs=0.06)


def test_a_training_step_costs_three_forward_passes():
    variant = models.get_variant("bert-tiny")
    forward = models.BertBackbone.flops_per_token(length=64, **variant.sizes)
    assert variant.training_flops(64) == 3 * 64 * forward


def test_a_variant_is_built_with_changes():
    backbone = models.build("bert-tiny", vocab_size=60, num_layers=1)
    assert (backbone.vocab_size, backbone.num_layers, backbone.d_model) == (60, 1, 128)


def test_an_unknown_name_suggests_the_nearest_and_lists_the_known():
    with pytest.raises(ValueError, match=r"There is no model 'bert-bas'. Did you mean 'bert-base'\? Known: minilm, "):
        models.get_variant("bert-bas")
