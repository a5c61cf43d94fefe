import numpy as np
import pytest

from kformer.models import ConvolutionalViT
from tests.tiny import vitc

IMAGES = {"images": np.random.default_rng(0).normal(size=(2, 16, 24, 3)).astype("float32")}
SIZES = {"num_layers": 2, "d_model": 8, "num_heads": 2, "d_ff": 16, "image_size": 16, "patch_size": 8}


@pytest.mark.parametrize("changes", [{}, {"pooling": "first"}, {"num_channels": 1, "stem_channels": 12}])
def test_the_parameters_are_counted_without_building(changes):
    sizes = {**SIZES, **changes}
    built = sum(int(np.prod(variable.shape)) for variable in ConvolutionalViT(**sizes).trainable_variables)
    assert ConvolutionalViT.count_parameters(**sizes) == built


def test_the_stem_s_finer_maps_come_out():
    model = vitc(patch_size=8, image_size=16)
    features = model(IMAGES)["features"]
    assert [tuple(one.shape) for one in features] == [(2, 8, 12, 8), (2, 4, 6, 16)]
    assert [one.shape[-1] for one in features] == model.feature_widths


def test_patches_stand_where_they_lie():
    model = vitc(patch_size=8, image_size=16)
    assert model.patch_vectors(model(IMAGES)["sequence_output"], IMAGES["images"]).shape == (2, 2, 3, 8)


def test_by_the_mean_the_pooled_output_is_that_of_all_patches():
    outputs = vitc()(IMAGES)
    np.testing.assert_allclose(outputs["pooled_output"], np.mean(outputs["sequence_output"], axis=1), atol=1e-6)


def test_the_convolutions_are_a_part_of_what_an_image_costs():
    # The stem alone: two stages of 3 x 3 pixels at a half and at a quarter, and one at an eighth.
    pixels = [8 * 8, 4 * 4, 2 * 2]
    stem = 2 * 9 * (pixels[0] * (3 + 32) * 32 + pixels[1] * (32 + 64) * 64 + pixels[2] * 64 * 8)
    whole = ConvolutionalViT.flops_per_image(**SIZES)
    from kformer.models import ViTBackbone

    rest = ViTBackbone.flops_per_image(**SIZES, num_channels=0, pooling="mean")
    assert whole == stem + rest
