import numpy as np
import pytest

from kformer.layers import TransformerStack
from tests.layers import oracles
from tests.tiny import randomise

random = np.random.default_rng(0)
X = random.normal(size=(2, 4, 8)).astype("float32")
CONTEXT = random.normal(size=(2, 3, 8)).astype("float32")
PADDING = np.array([[1, 1, 1, 0], [1, 1, 1, 1]], bool)


def random_stack(**settings):
    layer = TransformerStack(num_layers=2, num_heads=2, d_model=8, d_ff=16, **settings)
    layer.build(X.shape)
    return randomise(layer)


def test_it_is_its_blocks_one_after_the_other():
    stack = random_stack()
    expected = oracles.block(stack.blocks[1], oracles.block(stack.blocks[0], X))
    np.testing.assert_allclose(stack(X)["sequence_output"], expected, atol=5e-5)


def test_pre_norm_stacks_end_with_a_norm():
    stack = random_stack(norm_first=True)
    expected = oracles.block(stack.blocks[1], oracles.block(stack.blocks[0], X))
    expected = oracles.layer_norm(expected, stack.final_norm)
    np.testing.assert_allclose(stack(X)["sequence_output"], expected, atol=5e-5)


def test_post_norm_stacks_do_not():
    assert random_stack().final_norm is None


def test_all_masks_act_in_every_block():
    stack = random_stack()
    mask = np.tril(PADDING[:, None] & np.ones((4, 4), bool))
    expected = oracles.block(stack.blocks[1], oracles.block(stack.blocks[0], X, mask), mask)
    outputs = stack(X, padding_mask=PADDING, use_causal_mask=True)["sequence_output"]
    np.testing.assert_allclose(outputs, expected, atol=5e-5)


def test_nothing_but_the_output_is_returned_unasked():
    assert set(random_stack()(X)) == {"sequence_output"}


def test_hidden_states_begin_with_the_inputs_and_end_with_the_output():
    outputs = random_stack()(X, return_hidden_states=True)
    states = outputs["hidden_states"]
    assert len(states) == 3
    np.testing.assert_array_equal(states[0], X)
    np.testing.assert_array_equal(states[-1], outputs["sequence_output"])


def test_attention_scores_come_per_layer_and_sum_to_one():
    scores = random_stack()(X, padding_mask=PADDING, return_attention_scores=True)["attention_scores"]
    assert [score.shape for score in scores] == [(2, 2, 4, 4)] * 2
    np.testing.assert_allclose(np.sum(scores[0], axis=-1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.asarray(scores[0])[0, :, :, 3], 0, atol=1e-6)


@pytest.mark.parametrize("norm_first", [False, True])
def test_steps_over_caches_are_the_causal_pass(norm_first):
    stack = random_stack(norm_first=norm_first)
    caches = [block.attention.empty_cache(2, max_length=4) for block in stack.blocks]
    outputs = []
    for position in range(4):
        step = stack(X[:, position : position + 1], caches=caches, cache_index=position)
        caches = step["caches"]
        outputs.append(step["sequence_output"])
    expected = stack(X, use_causal_mask=True)["sequence_output"]
    np.testing.assert_allclose(np.concatenate(outputs, axis=1), expected, atol=2e-5)


def test_scores_and_caches_can_be_had_together():
    stack = random_stack()
    caches = [block.attention.empty_cache(2, max_length=4) for block in stack.blocks]
    outputs = stack(X, caches=caches, cache_index=0, return_attention_scores=True)
    assert [score.shape for score in outputs["attention_scores"]] == [(2, 2, 4, 4)] * 2
    assert len(outputs["caches"]) == 2


@pytest.mark.parametrize("norm_first", [False, True])
def test_the_first_outputs_alone_are_those_of_the_whole_pass(norm_first):
    stack = random_stack(norm_first=norm_first)
    expected = stack(X, padding_mask=PADDING)["sequence_output"][:, :1]
    np.testing.assert_allclose(stack(X, padding_mask=PADDING, num_outputs=1)["sequence_output"], expected, atol=1e-6)


def test_only_the_last_block_has_fewer_outputs():
    outputs = random_stack()(X, num_outputs=1, return_hidden_states=True, return_attention_scores=True)
    assert [state.shape for state in outputs["hidden_states"]] == [(2, 4, 8), (2, 4, 8), (2, 1, 8)]
    assert [score.shape for score in outputs["attention_scores"]] == [(2, 2, 4, 4), (2, 2, 1, 4)]


def test_padded_context_is_ignored():
    stack = random_stack(cross_attention=True)
    mask = np.array([[1, 1, 0], [1, 1, 1]], bool)
    changed = np.where(mask[:, :, None], CONTEXT, 9.0)
    one, other = (
        stack(X, context=context, context_padding_mask=mask)["sequence_output"] for context in (CONTEXT, changed)
    )
    np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_stack_needs_a_layer():
    with pytest.raises(ValueError, match="`num_layers` must be a positive integer. Received: num_layers=0"):
        TransformerStack(0, 2, 8, 16)


def drop_path_rates(stack):
    return [[float(path.rate) for path in block.drop_paths()] for block in stack.blocks]


def test_the_rate_of_stochastic_depth_rises_from_block_to_block():
    stack = TransformerStack(3, 2, 8, 16, drop_path=0.2)
    stack.build(X.shape)
    np.testing.assert_allclose(drop_path_rates(stack)[1:], [[0.1, 0.1], [0.2, 0.2]])
    assert drop_path_rates(stack)[0] == []


def test_a_new_rate_of_stochastic_depth_rises_likewise():
    stack = TransformerStack(3, 2, 8, 16, drop_path=0.2)
    stack.build(X.shape)
    stack.set_drop_path(0.4)
    np.testing.assert_allclose(drop_path_rates(stack)[1:], [[0.2, 0.2], [0.4, 0.4]])


def test_a_stack_without_stochastic_depth_takes_no_rate_of_it():
    with pytest.raises(ValueError, match="built with `drop_path` 0 has no layers that drop paths.* Received: rate=0.1"):
        random_stack().set_drop_path(0.1)


def test_a_dropped_block_leaves_its_inputs():
    stack = random_stack(norm_first=True, dropout=0.0, drop_path=0.5)
    stack.set_drop_path(0.999999)
    states = stack(X, training=True, return_hidden_states=True)["hidden_states"]
    assert not np.allclose(states[1], X)
    np.testing.assert_array_equal(states[2], states[1])
