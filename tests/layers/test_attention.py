"""Multi-head attention against Keras' own and against NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kformer.layers import MultiHeadAttention
from tests.layers import oracles
from tests.tiny import randomise

BATCH, QUERY, KEY, HEADS, D_MODEL = 2, 5, 7, 2, 8
random = np.random.default_rng(0)
INPUTS = random.normal(size=(BATCH, QUERY, D_MODEL)).astype("float32")
CONTEXT = random.normal(size=(BATCH, KEY, 6)).astype("float32")
PADDING = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
ALLOWED = random.random((BATCH, QUERY, QUERY)) < 0.6
ALLOWED[:, :, 0] = True
CAUSAL = np.tril(np.ones((QUERY, QUERY), bool))


@pytest.fixture(scope="module")
def attention():
    layer = MultiHeadAttention(HEADS, D_MODEL)
    layer.build((None, None, D_MODEL))
    return randomise(layer)


@pytest.fixture(scope="module")
def cross_attention():
    layer = MultiHeadAttention(HEADS, D_MODEL)
    layer.build((None, None, D_MODEL), (None, None, 6))
    return randomise(layer)


def keras_twin(layer, context):
    """`keras.layers.MultiHeadAttention` with the weights of ours."""
    twin = keras.layers.MultiHeadAttention(HEADS, D_MODEL // HEADS)
    twin.build(INPUTS.shape, context.shape, context.shape)
    split = (HEADS, D_MODEL // HEADS)
    weights = []
    for dense in (layer.query, layer.key, layer.value):
        weights += [np.reshape(dense.kernel, (-1, *split)), np.reshape(dense.bias, split)]
    weights += [np.reshape(layer.output_projection.kernel, (*split, D_MODEL)), layer.output_projection.bias]
    twin.set_weights(weights)
    return twin


# Arguments of ours, the mask that they mean, and arguments of Keras' own.
MASKS = {
    "no mask": ({}, None, {}),
    "padding": (
        {"padding_mask": PADDING},
        np.repeat(PADDING[:, None], QUERY, axis=1),
        {"attention_mask": PADDING[:, None]},
    ),
    "causal": ({"use_causal_mask": True}, np.broadcast_to(CAUSAL, ALLOWED.shape), {"use_causal_mask": True}),
    "arbitrary": ({"attention_mask": ALLOWED}, ALLOWED, {"attention_mask": ALLOWED}),
    "all three": (
        {"padding_mask": PADDING, "attention_mask": ALLOWED, "use_causal_mask": True},
        ALLOWED & CAUSAL & PADDING[:, None],
        {"attention_mask": ALLOWED & PADDING[:, None], "use_causal_mask": True},
    ),
}


@pytest.mark.parametrize("name", MASKS)
def test_it_is_numpy_s(attention, name):
    ours, mask, _ = MASKS[name]
    expected, expected_scores = oracles.attention(attention, INPUTS, mask=mask)
    outputs, scores = attention(INPUTS, return_scores=True, **ours)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-6)


@pytest.mark.parametrize("name", MASKS)
def test_it_is_keras_s(attention, name):
    ours, _, theirs = MASKS[name]
    twin = keras_twin(attention, INPUTS)
    expected, expected_scores = twin(INPUTS, INPUTS, return_attention_scores=True, **theirs)
    outputs, scores = attention(INPUTS, return_scores=True, **ours)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-6)


def test_cross_attention_is_numpy_s_and_keras_s(cross_attention):
    outputs = cross_attention(INPUTS, context=CONTEXT)
    np.testing.assert_allclose(outputs, oracles.attention(cross_attention, INPUTS, CONTEXT)[0], atol=1e-5)
    np.testing.assert_allclose(outputs, keras_twin(cross_attention, CONTEXT)(INPUTS, CONTEXT), atol=1e-5)


def test_cross_attention_ignores_padded_context(cross_attention):
    mask = np.arange(KEY) < np.array([[4], [7]])
    changed = np.where(mask[:, :, None], CONTEXT, 9.0)
    one, other = (cross_attention(INPUTS, context=context, padding_mask=mask) for context in (CONTEXT, changed))
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize("qkv_bias", [True, False])
def test_a_single_query_needs_no_keys_and_values_of_the_context(qkv_bias):
    layer = MultiHeadAttention(HEADS, D_MODEL, qkv_bias=qkv_bias)
    layer.build((None, None, D_MODEL), (None, None, 6))
    randomise(layer)
    # Weights that do not add to 1, as dropout leaves them.
    layer.score_dropout = lambda weights, training: 0.7 * weights
    mask = np.arange(KEY) < np.array([[4], [7]])

    def outputs_and_gradients(context):
        with tf.GradientTape() as tape:
            outputs = layer(INPUTS[:, :1], padding_mask=mask, training=True, **context())
            loss = tf.reduce_sum(outputs**3)
        return outputs, tape.gradient(loss, [variable.value for variable in layer.trainable_variables])

    expected, expected_gradients = outputs_and_gradients(lambda: {"keys_values": layer.keys_values(CONTEXT)})
    outputs, gradients = outputs_and_gradients(lambda: {"context": CONTEXT})
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    for gradient, like in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, like, rtol=1e-4, atol=1e-4)


def test_a_single_query_makes_no_product_of_the_context_s_length_with_the_whole_width():
    # 2 d_model^2 multiplications a position, for keys and values, would be most of the work.
    layer = MultiHeadAttention(HEADS, D_MODEL)
    layer.build((None, None, D_MODEL), (None, None, 6))
    layer.key.call = layer.value.call = None
    assert layer(INPUTS[:, :1], context=CONTEXT).shape == (BATCH, 1, D_MODEL)


def test_a_ready_bias_is_the_mask_that_it_was_made_of(attention):
    from kformer.layers.masks import attention_bias, combine_masks

    bias = attention_bias(combine_masks(padding_mask=PADDING), "float32")
    np.testing.assert_allclose(attention(INPUTS, bias=bias), attention(INPUTS, padding_mask=PADDING), atol=1e-6)


def test_a_query_that_may_see_nothing_gets_numbers(attention):
    outputs = attention(INPUTS, attention_mask=np.zeros((BATCH, QUERY, QUERY), bool))
    assert np.isfinite(outputs).all()


@pytest.mark.parametrize("steps", [[1, 1, 1, 1, 1], [3, 2]])
def test_steps_over_a_cache_are_the_causal_pass(attention, steps):
    cache = attention.empty_cache(BATCH, max_length=QUERY + 2)
    outputs, start = [], 0
    for size in steps:
        step, cache = attention(INPUTS[:, start : start + size], cache=cache, cache_index=start)
        outputs.append(step)
        start += size
    np.testing.assert_allclose(np.concatenate(outputs, axis=1), attention(INPUTS, use_causal_mask=True), atol=1e-5)


def test_it_builds_itself_from_what_it_is_called_with():
    layer = MultiHeadAttention(HEADS, D_MODEL)
    assert layer(INPUTS, context=CONTEXT).shape == INPUTS.shape
    assert layer.key.kernel.shape == (6, D_MODEL)


def test_without_their_biases_queries_keys_and_values_are_plain_products():
    layer = MultiHeadAttention(HEADS, D_MODEL, qkv_bias=False)
    layer.build((None, None, D_MODEL))
    biases = [variable.path.split("/")[-2] for variable in layer.trainable_variables if variable.path.endswith("bias")]
    assert biases == ["output"]


def test_dropout_acts_on_the_weights_in_training_only():
    layer = MultiHeadAttention(HEADS, D_MODEL, dropout=0.5)
    np.testing.assert_array_equal(layer(INPUTS), layer(INPUTS))
    assert not np.allclose(layer(INPUTS, training=True), layer(INPUTS))


@pytest.mark.parametrize("num_heads", [3, 0])
def test_heads_must_divide_the_width(num_heads):
    with pytest.raises(ValueError, match=f"must divide `d_model`. Received: num_heads={num_heads}, d_model=8"):
        MultiHeadAttention(num_heads, D_MODEL)


def test_a_single_position_attends_to_itself_without_a_warning():
    layer = MultiHeadAttention(2, 8)
    outputs, scores = layer(np.ones((1, 1, 8), "float32"), return_scores=True)
    assert outputs.shape == (1, 1, 8)
    np.testing.assert_array_equal(scores, np.ones((1, 2, 1, 1)))
