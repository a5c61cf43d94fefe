import keras
import numpy as np
import pytest

from kformer.layers.activations import ACTIVATIONS, gelu, gelu_tanh, get_activation

X = np.linspace(-5, 5, 101).astype("float32")


def test_gelu_is_keras_s_exact_one():
    np.testing.assert_allclose(gelu(X), keras.ops.gelu(X, approximate=False), atol=1e-6)


def test_gelu_tanh_is_keras_s_approximation():
    np.testing.assert_allclose(gelu_tanh(X), keras.ops.gelu(X, approximate=True), atol=1e-6)


@pytest.mark.parametrize("name", ["relu", "silu", "tanh"])
def test_the_others_are_keras_s(name):
    np.testing.assert_allclose(get_activation(name)(X), keras.activations.get(name)(X), atol=1e-6)


def test_linear_changes_nothing():
    assert get_activation("linear")(X) is X


def test_an_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match=f"must be one of {', '.join(ACTIVATIONS)}. Received: activation='swish'"):
        get_activation("swish")
