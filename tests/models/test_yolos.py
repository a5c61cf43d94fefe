import numpy as np
import pytest

from kformer.models import YolosBackbone
from tests.tiny import randomise

IMAGES = {"images": np.random.default_rng(0).normal(size=(2, 8, 12, 3)).astype("float32")}
SIZES = {
    "num_layers": 3, "d_model": 8, "num_heads": 2, "d_ff": 16, "image_size": (8, 12), "patch_size": 4,
    "num_detection_tokens": 5,
}  # fmt: skip


def yolos(**changes):
    return randomise(YolosBackbone(**{**SIZES, **changes}))


@pytest.mark.parametrize("changes", [{}, {"use_mid_position_embeddings": False}, {"num_layers": 1}])
def test_the_parameters_are_counted_without_building(changes):
    built = sum(int(np.prod(variable.shape)) for variable in yolos(**changes).trainable_variables)
    assert YolosBackbone.count_parameters(**{**SIZES, **changes}) == built


def test_detection_tokens_come_last():
    outputs = yolos()(IMAGES)
    assert outputs["sequence_output"].shape == (2, 1 + 6 + 5, 8)
    np.testing.assert_array_equal(outputs["detection_output"], outputs["sequence_output"][:, -5:])


def test_positions_are_added_between_the_blocks():
    model = yolos()
    states = model(IMAGES, return_hidden_states=True)["hidden_states"]
    for i, (before, after) in enumerate(zip(states[:-1], states[1:], strict=True)):
        added = np.asarray(model.mid_positions.embeddings)[i] if i < 2 else 0.0
        np.testing.assert_allclose(after, model.stack.blocks[i](before) + added, atol=1e-5)


def test_without_positions_between_it_is_the_plain_stack():
    model = yolos(use_mid_position_embeddings=False)
    expected = model.stack(model.embed(IMAGES), return_hidden_states=True, return_attention_scores=True)
    outputs = model(IMAGES, return_hidden_states=True, return_attention_scores=True)
    for name, theirs in expected.items():
        np.testing.assert_array_equal(outputs[name], theirs)


def test_another_image_size_stretches_all_positions():
    images = {"images": np.zeros((1, 16, 8, 3), "float32")}
    assert yolos()(images)["sequence_output"].shape == (1, 1 + 8 + 5, 8)


def test_patches_lie_between_the_class_token_and_the_detection_tokens():
    model = yolos()
    x = model(IMAGES)["sequence_output"]
    np.testing.assert_array_equal(model.patch_vectors(x, IMAGES["images"])[:, 1, 2], x[:, 6])


def test_the_stages_hold_every_trainable_variable_once():
    model = yolos()
    staged = [id(variable) for stage in model.stages() for layer in stage for variable in layer.trainable_variables]
    assert sorted(staged) == sorted(map(id, model.trainable_variables))


def test_flops_count_the_detection_tokens():
    fewer = {**SIZES, "num_detection_tokens": 1}
    assert YolosBackbone.flops_per_image(**SIZES) > YolosBackbone.flops_per_image(**fewer)


def test_there_must_be_detection_tokens():
    with pytest.raises(ValueError, match="`num_tokens` must be a positive integer. Received: num_tokens=0"):
        yolos(num_detection_tokens=0)
