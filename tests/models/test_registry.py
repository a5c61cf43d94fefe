import dataclasses
import math

import pytest

from kformer import models
from kformer.checkpoints import FAMILIES
from kformer.models.registry import backbone_class, families_serving, family_name


def test_all_variants_are_listed_smallest_first():
    listed = models.variants()
    assert {variant.name for variant in listed} == set(models.VARIANTS)
    assert [variant.num_parameters for variant in listed] == sorted(variant.num_parameters for variant in listed)


@pytest.mark.parametrize("name", models.VARIANTS)
def test_a_variant_has_a_family_a_paper_and_an_origin(name):
    variant = models.get_variant(name)
    assert variant.paper.startswith("https://")
    has_weights = variant.init == "minilm" or variant.init.startswith("hf:")
    assert variant.family in FAMILIES or not has_weights
    assert has_weights or variant.init == "none"


@pytest.mark.parametrize("name", models.VARIANTS)
def test_a_variant_serves_a_task(name):
    assert models.get_variant(name).tasks


def test_a_variant_reads_text_or_images():
    assert [models.get_variant(name).reads_images for name in ("minilm", "cct-7-3x1-32")] == [False, True]


@pytest.mark.parametrize("name", models.VARIANTS)
def test_a_variant_s_parameters_are_those_of_its_model(name):
    variant = models.get_variant(name)
    vocabularies = {key: 20 for key in variant.sizes if key.endswith("vocab_size")}
    sizes = {**variant.sizes, **vocabularies, "num_layers": 1, "d_model": 8, "num_heads": 2, "d_ff": 16}
    model = backbone_class(variant.family)(**sizes)
    counted = dataclasses.replace(variant, sizes=sizes).num_parameters
    assert counted == sum(math.prod(variable.shape) for variable in model.trainable_variables)


@pytest.mark.parametrize("name", models.VARIANTS)
def test_a_longer_example_costs_more_than_in_proportion(name):
    variant = models.get_variant(name)
    assert variant.training_flops(1024) > 2 * variant.training_flops(512)


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("minilm", 22.7),
        ("bert-base", 109.5),
        ("roberta-base", 124.6),
        ("distilgpt2", 81.9),
        ("gpt2", 124.4),
        ("gpt2-medium", 354.8),
        ("opus-mt-en-de", 73.9),
        ("vit-base-16", 85.8),  # the papers count their classifiers as well, 0.77 and 0.19 M for 1,000 classes
        ("deit-tiny", 5.5),
        ("cct-2-3x2-32", 0.28),
        ("cct-7-3x1-32", 3.76),
    ],
)
def test_the_sizes_are_the_published_ones(name, millions):
    assert models.get_variant(name).num_parameters / 1e6 == pytest.approx(millions, abs=0.06)


@pytest.mark.parametrize(("name", "millions"), [("yolos-tiny", 6.5), ("yolos-small", 30.7), ("yolos-base", 127.8)])
def test_with_its_head_a_yolos_has_the_published_size(name, millions):
    variant = models.get_variant(name)
    d_model = variant.sizes["d_model"]
    head = 4 * (d_model * d_model + d_model) + (92 + 4) * (d_model + 1)
    assert (variant.num_parameters + head) / 1e6 == pytest.approx(millions, abs=0.06)


def test_a_training_step_costs_three_forward_passes():
    variant = models.get_variant("bert-tiny")
    forward = models.BertBackbone.flops_per_token(length=64, **variant.sizes)
    assert variant.training_flops(64) == 3 * 64 * forward


def test_a_step_of_a_translation_model_is_counted_by_its_matrix_products():
    # One layer on each side, d = d_ff = 1, one target word, source and target of 2 tokens. Multiply-adds per pair of
    # tokens: projections 4 + 8, feed-forward 2 + 2, output layer 1; attention 2 x 2 in the encoder, half of it in the
    # decoder's self-attention, 2 x 2 over the source.
    sizes = {"num_layers": 1, "d_model": 1, "d_ff": 1, "target_vocab_size": 1}
    assert models.TransformerModel.flops_per_token(length=2, **sizes) == 2 * (12 + 4 + 1 + 4 + 2 + 4)


def test_a_step_of_a_model_of_images_is_counted_at_the_size_that_it_is_given():
    variant = models.get_variant("vit-tiny-16")
    assert variant.training_flops(64) == 3 * models.ViTBackbone.flops_per_image(**{**variant.sizes, "image_size": 64})


def test_the_families_that_serve_a_task_are_known():
    assert families_serving("translation") == ("transformer", "marian")
    assert families_serving("image-classification") == ("vit", "deit", "cct", "vitc")


def test_the_family_of_a_backbone_is_known():
    assert family_name(models.MarianModel(1, 4, 1, 4, 9, 9, padding_id=0)) == "marian"


def test_a_variant_is_built_with_changes():
    backbone = models.build("bert-tiny", vocab_size=60, num_layers=1)
    assert (backbone.vocab_size, backbone.num_layers, backbone.d_model) == (60, 1, 128)


def test_an_unknown_name_suggests_the_nearest_and_lists_the_known():
    with pytest.raises(ValueError, match=r"There is no model 'bert-bas'. Did you mean 'bert-base'\? Known: minilm, "):
        models.get_variant("bert-bas")


def test_for_a_task_the_models_that_serve_it_are_the_known():
    with pytest.raises(ValueError, match="There is no model 'yolo-tiny'.* Known for translation: transformer-tiny, "):
        models.get_variant("yolo-tiny", "translation")


def test_a_model_of_another_task_is_refused():
    message = "The model 'gpt2' does not serve segmentation. Known for segmentation: vit-nano-4, "
    with pytest.raises(ValueError, match=message):
        models.get_variant("gpt2", "segmentation")


@pytest.mark.parametrize(
    ("name", "num_tokens"),
    [("vit-micro-4", 65), ("deit-tiny-distilled", 198), ("cct-2-3x2-32", 64), ("cct-7-3x1-32", 256)],
)
def test_a_model_of_images_tells_how_many_tokens_it_reads(name, num_tokens):
    assert models.get_variant(name).num_tokens == num_tokens
