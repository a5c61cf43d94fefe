import numpy as np
import pytest

from kformer.models import CompactTransformer
from kformer.models.cct import ConvolutionalTokenizer
from tests.tiny import randomise

random = np.random.default_rng(0)
IMAGES = {"images": random.normal(size=(2, 10, 10, 3)).astype("float32")}
SIZES = {
    "num_layers": 2, "d_model": 8, "num_heads": 2, "d_ff": 16, "image_size": 10, "num_convolutions": 2,
    "hidden_channels": 4,
}  # fmt: skip


def cct(**changes):
    return randomise(CompactTransformer(**{**SIZES, **changes}))


@pytest.mark.parametrize(
    "changes", [{}, {"use_positions": False, "d_ff": None}, {"num_convolutions": 1, "qkv_bias": True, "kernel_size": 7}]
)
def test_the_parameters_are_counted_without_building(changes):
    built = sum(int(np.prod(variable.shape)) for variable in cct(**changes).trainable_variables)
    assert CompactTransformer.count_parameters(**{**SIZES, **changes}) == built


def test_a_token_is_the_greatest_of_its_neighbourhood():
    layer = ConvolutionalTokenizer(1, kernel_size=1)
    images = random.normal(size=(1, 4, 4, 1)).astype("float32")
    layer.build(images.shape)
    layer.convolutions[0].kernel.assign(np.ones((1, 1, 1, 1)))
    tokens = np.asarray(layer(images))
    assert tokens.shape == (1, 2, 2, 1)
    # A window of 3 x 3 pixels at a stride of 2; over an even side it begins at the first pixel.
    assert tokens[0, 0, 0, 0] == max(0.0, images[0, 0:3, 0:3].max())
    assert tokens[0, 1, 1, 0] == max(0.0, images[0, 2:4, 2:4].max())


@pytest.mark.parametrize(("times", "side"), [(1, 5), (2, 3)])
def test_each_convolution_halves_the_sides(times, side):
    layer = ConvolutionalTokenizer(8, num_convolutions=times)
    assert layer(IMAGES["images"]).shape == layer.compute_output_shape((2, 10, 10, 3)) == (2, side, side, 8)


def test_the_pooled_output_is_a_weighted_mean_of_the_tokens():
    model = cct()
    outputs = model(IMAGES)
    assert outputs["sequence_output"].shape == (2, 9, 8)
    np.testing.assert_array_equal(outputs["pooled_output"], model.pooling(outputs["sequence_output"]))


def test_another_image_size_stretches_the_positions():
    assert cct()({"images": np.zeros((1, 16, 9, 3), "float32")})["sequence_output"].shape == (1, 4 * 3, 8)


def test_it_can_do_without_positions():
    assert cct(use_positions=False).position_embedding is None


def test_scores_and_states_come_on_request():
    outputs = cct()(IMAGES, return_hidden_states=True, return_attention_scores=True)
    assert len(outputs["hidden_states"]) == 3
    assert [score.shape for score in outputs["attention_scores"]] == [(2, 2, 9, 9)] * 2


def test_the_stages_hold_every_trainable_variable_once():
    model = cct()
    staged = [id(variable) for stage in model.stages() for layer in stage for variable in layer.trainable_variables]
    assert sorted(staged) == sorted(map(id, model.trainable_variables))


def test_flops_are_those_of_the_products():
    """Convolutions over 10 x 10 and 5 x 5 pixels, then 9 tokens."""
    convolutions = 2 * (100 * 9 * 3 * 4 + 25 * 9 * 4 * 8)
    expected = convolutions + 2 * 9 * (2 * (4 * 8 * 8 + 2 * 8 * 16) + 4 * 9 * 8)
    assert CompactTransformer.flops_per_image(**SIZES) == expected


@pytest.mark.parametrize("name", ["num_convolutions", "kernel_size"])
def test_convolutions_have_positive_sizes(name):
    with pytest.raises(ValueError, match=f"`{name}` must be a positive integer. Received: {name}=0"):
        cct(**{name: 0})


def test_images_have_the_model_s_channels():
    with pytest.raises(
        ValueError, match=r"`images` must be \(batch, height, width, 3\). Received: shape \(1, 8, 8, 1\)"
    ):
        cct()({"images": np.zeros((1, 8, 8, 1), "float32")})
