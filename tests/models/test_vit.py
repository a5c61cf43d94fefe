import numpy as np
import pytest

from kformer.models import ViTBackbone
from tests.tiny import randomise, vit

random = np.random.default_rng(0)
IMAGES = {"images": random.normal(size=(2, 8, 8, 3)).astype("float32")}
WIDE = {"images": random.normal(size=(2, 8, 12, 3)).astype("float32")}
SIZES = {"num_layers": 2, "d_model": 8, "num_heads": 2, "d_ff": 16, "image_size": 8, "patch_size": 4}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pooling": "mean", "qkv_bias": False},
        {"distilled": True, "num_channels": 1, "d_ff": None},
        {"image_size": (8, 12)},
    ],
)
def test_the_parameters_are_counted_without_building(changes):
    sizes = {**SIZES, **changes}
    built = sum(int(np.prod(variable.shape)) for variable in ViTBackbone(**sizes).trainable_variables)
    assert ViTBackbone.count_parameters(**sizes) == built


def test_the_class_token_comes_first_and_is_the_pooled_output():
    outputs = vit()(IMAGES)
    assert outputs["sequence_output"].shape == (2, 1 + 4, 8)
    np.testing.assert_array_equal(outputs["pooled_output"], outputs["sequence_output"][:, 0])


def test_by_the_mean_there_is_no_class_token():
    model = vit(pooling="mean")
    outputs = model(IMAGES)
    assert model.class_token is None
    assert outputs["sequence_output"].shape == (2, 4, 8)
    np.testing.assert_allclose(outputs["pooled_output"], np.mean(outputs["sequence_output"], axis=1), atol=1e-6)


def test_a_distilled_model_has_a_second_token_and_its_output():
    outputs = vit(distilled=True)(IMAGES)
    assert outputs["sequence_output"].shape == (2, 2 + 4, 8)
    np.testing.assert_array_equal(outputs["distillation_output"], outputs["sequence_output"][:, 1])


@pytest.mark.parametrize("changes", [{}, {"distilled": True}, {"pooling": "mean"}])
def test_the_pooled_outputs_alone_are_those_of_the_whole_pass(changes):
    model = vit(num_layers=2, **changes)
    whole, pooled = model(IMAGES), model(IMAGES, pooled_only=True)
    assert set(pooled) == set(whole)
    for name in set(whole) - {"sequence_output"}:
        np.testing.assert_allclose(pooled[name], whole[name], atol=1e-6)


@pytest.mark.parametrize(("changes", "num_tokens"), [({}, 1), ({"distilled": True}, 2), ({"pooling": "mean"}, 4)])
def test_for_the_pooled_outputs_the_last_block_computes_their_tokens_alone(changes, num_tokens):
    outputs = vit(num_layers=2, **changes)(IMAGES, pooled_only=True, return_hidden_states=True)
    assert outputs["hidden_states"][-1].shape == (2, num_tokens, 8)


def test_patches_stand_row_by_row_and_each_has_its_position():
    model = vit(pooling="mean")
    images = np.zeros((1, 8, 8, 3), "float32")
    images[0, :4, 4:] = 1.0
    changed = np.asarray(model.embed({"images": images}) - model.embed({"images": np.zeros_like(images)}))
    assert [bool(np.any(vector)) for vector in changed[0]] == [False, True, False, False]
    np.testing.assert_allclose(
        model.embed({"images": np.zeros_like(images)})[0],
        np.asarray(model.patch_embedding.bias) + np.asarray(model.position_embedding.embeddings),
        atol=1e-6,
    )


def test_vectors_of_patches_lie_where_the_patches_do():
    model = vit(distilled=True)
    x = model(WIDE)["sequence_output"]
    grid = model.patch_vectors(x, WIDE["images"])
    assert grid.shape == (2, 2, 3, 8)
    np.testing.assert_array_equal(grid[:, 1, 0], x[:, 2 + 3])


def test_a_model_of_wide_images_needs_no_interpolation_for_them():
    model = vit(image_size=(8, 12))
    np.testing.assert_array_equal(
        model.position_embedding(model.patch_embedding(WIDE["images"]))[0], model.position_embedding.embeddings
    )


def test_scores_and_states_come_on_request():
    outputs = vit(num_layers=2)(IMAGES, return_hidden_states=True, return_attention_scores=True)
    assert len(outputs["hidden_states"]) == 3
    assert [score.shape for score in outputs["attention_scores"]] == [(2, 2, 5, 5)] * 2
    assert set(vit()(IMAGES)) == {"sequence_output", "pooled_output"}


@pytest.mark.parametrize("changes", [{}, {"distilled": True}, {"pooling": "mean"}])
def test_the_stages_hold_every_trainable_variable_once(changes):
    model = vit(num_layers=2, **changes)
    staged = [id(variable) for stage in model.stages() for layer in stage for variable in layer.trainable_variables]
    assert sorted(staged) == sorted(map(id, model.trainable_variables))
    assert len(model.stages()) == 4


def test_stochastic_depth_acts_in_training_only():
    model = randomise(ViTBackbone(**SIZES, drop_path=0.9))
    still, again, trained = (model(IMAGES, training=training)["pooled_output"] for training in (False, False, True))
    np.testing.assert_array_equal(still, again)
    assert np.any(np.asarray(still) != np.asarray(trained))


def test_flops_are_those_of_the_products():
    """Four patches of 48 numbers; 5 tokens, each through four (d, d) and two (d, d_ff) products and attention."""
    expected = 2 * 4 * 48 * 8 + 2 * 5 * (2 * (4 * 8 * 8 + 2 * 8 * 16) + 4 * 5 * 8)
    assert ViTBackbone.flops_per_image(**SIZES) == expected


def test_images_are_whole_patches():
    with pytest.raises(ValueError, match="multiples of the patch size, 4. Received: height=8, width=10"):
        vit()({"images": np.zeros((1, 8, 10, 3), "float32")})


def test_an_unknown_pooling_lists_the_known():
    with pytest.raises(ValueError, match="`pooling` must be one of first, mean. Received: pooling='max'"):
        vit(pooling="max")


def test_a_distillation_token_stands_beside_a_class_token():
    with pytest.raises(ValueError, match="which only `pooling` first has. Received: distilled=True, pooling='mean'"):
        vit(distilled=True, pooling="mean")


def test_an_image_holds_a_patch():
    with pytest.raises(ValueError, match="`image_size` must hold a patch .* Received: image_size=8, patch_size=16"):
        vit(patch_size=16)
