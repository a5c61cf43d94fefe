"""The block against NumPy: where the norms stand, and what its attentions read."""

import keras
import numpy as np
import pytest

from kformer.layers import Residual, TransformerBlock
from kformer.layers.masks import attention_bias
from tests.layers import oracles
from tests.tiny import randomise

random = np.random.default_rng(0)
X = random.normal(size=(2, 4, 8)).astype("float32")
CONTEXT = random.normal(size=(2, 3, 8)).astype("float32")
MASK = np.tril(np.ones((2, 4, 4), bool))


def random_block(**settings):
    layer = TransformerBlock(num_heads=2, d_model=8, d_ff=16, **settings)
    layer.build(X.shape)
    return randomise(layer)


@pytest.mark.parametrize("norm_first", [False, True])
def test_it_is_numpy_s(norm_first):
    layer = random_block(norm_first=norm_first)
    bias = attention_bias(MASK[:, None], "float32")
    np.testing.assert_allclose(layer(X, bias=bias), oracles.block(layer, X, MASK), atol=2e-5)


@pytest.mark.parametrize("norm_first", [False, True])
def test_with_cross_attention_it_is_numpy_s(norm_first):
    layer = random_block(norm_first=norm_first, cross_attention=True)
    np.testing.assert_allclose(layer(X, context=CONTEXT), oracles.block(layer, X, context=CONTEXT), atol=2e-5)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_the_first_outputs_alone_are_those_of_the_whole_pass(norm_first, masked):
    layer = random_block(norm_first=norm_first, cross_attention=True)
    bias = attention_bias(MASK[:, None], "float32") if masked else None
    expected = layer(X, bias=bias, context=CONTEXT)[:, :3]
    np.testing.assert_allclose(layer(X, bias=bias, context=CONTEXT, num_outputs=3), expected, atol=1e-6)


def test_the_first_outputs_alone_have_their_shapes_without_computing():
    layer = random_block()
    computed = layer(X, num_outputs=3, return_scores=True)
    inferred = layer.compute_output_spec(keras.KerasTensor(X.shape), num_outputs=3, return_scores=True)
    assert [spec.shape for spec in inferred] == [value.shape for value in computed] == [(2, 3, 8), (2, 2, 3, 4)]


def test_scores_come_second():
    outputs, scores = random_block()(X, return_scores=True)
    assert (outputs.shape, scores.shape) == ((2, 4, 8), (2, 2, 4, 4))


def test_attention_dropout_is_the_dropout_unless_given():
    assert TransformerBlock(2, 8, 16, dropout=0.3).attention_dropout == 0.3
    assert TransformerBlock(2, 8, 16, dropout=0.3, attention_dropout=0.0).attention_dropout == 0.0


def test_cross_attention_needs_a_context():
    with pytest.raises(ValueError, match="`context` must be given. Received: context=None"):
        random_block(cross_attention=True)(X)


def test_under_norm_first_the_sum_is_not_normalised():
    layer = Residual(norm_first=True)
    layer.build(X.shape)
    np.testing.assert_allclose(layer(X, X), 2 * X, rtol=1e-6)
    np.testing.assert_allclose(layer.before(X), oracles.layer_norm(X, layer.norm), atol=1e-5)


def test_otherwise_the_sublayer_reads_the_inputs_themselves():
    layer = Residual()
    layer.build(X.shape)
    assert layer.before(X) is X
    np.testing.assert_allclose(layer(X, X), oracles.layer_norm(2 * X, layer.norm), atol=1e-5)
