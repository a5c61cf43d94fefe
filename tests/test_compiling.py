"""A fused function is the function, in value and in gradient."""

import numpy as np
import pytest
import tensorflow as tf

from kformer.compiling import fused
from kformer.layers.activations import ACTIVATIONS, activate

X = np.random.default_rng(0).normal(scale=3, size=(4, 5, 6)).astype("float32")


def value_and_gradient(function, *tensors):
    tensors = [tf.constant(tensor) for tensor in tensors]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = function(*tensors)
        loss = tf.reduce_sum(value * value)
    return value, tape.gradient(loss, tensors)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_the_same_in_training(name):
    value, gradient = value_and_gradient(lambda x: activate(name, x, training=True), X)
    expected, expected_gradient = value_and_gradient(ACTIVATIONS[name], X)
    np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(gradient[0], expected_gradient[0], rtol=1e-5, atol=1e-5)


def test_a_function_of_two_tensors_has_both_gradients():
    value, gradients = value_and_gradient(lambda x, y: fused(lambda x, y: x * tf.exp(y))(True, x, y), X, X / 9)
    expected, expected_gradients = value_and_gradient(lambda x, y: x * tf.exp(y), X, X / 9)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    for gradient, wanted in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(gradient, wanted, rtol=1e-4, atol=1e-5)


def square(x):
    return x * x


def twice(x):
    return 2 * x


def minus_the_gradient(gradient, x):
    return [-gradient]


def test_what_compiles_best_takes_the_function_s_place():
    value, gradient = value_and_gradient(lambda x: fused(square, twice, minus_the_gradient)(True, x), X)
    np.testing.assert_allclose(value, 2 * X)
    np.testing.assert_allclose(gradient[0], -4 * X)


def test_without_gradients_they_are_those_of_the_value():
    _value, gradient = value_and_gradient(lambda x: fused(square, twice)(True, x), X)
    np.testing.assert_allclose(gradient[0], 8 * X)


def test_on_a_gpu_the_function_is_compiled_as_it_stands(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["one"])

    def cube(x):
        return x * x * x

    value, gradient = value_and_gradient(lambda x: fused(cube, twice, minus_the_gradient)(True, x), X)
    np.testing.assert_allclose(value, X**3, rtol=1e-5)
    np.testing.assert_allclose(gradient[0], 6 * X**5, rtol=1e-4)


def test_bfloat16_is_rounded_once_at_the_end():
    x = tf.cast(X, "bfloat16")
    expected, _ = value_and_gradient(ACTIVATIONS["gelu"], tf.cast(x, "float32"))
    value = tf.cast(activate("gelu", x, training=True), "float32")
    np.testing.assert_allclose(value, expected, rtol=2**-8, atol=1e-6)


def test_shapes_may_change_from_step_to_step():
    graph = tf.function(lambda x: activate("gelu", x, training=True), input_signature=[tf.TensorSpec((None, 6))])
    for length in (1, 3, 4):
        np.testing.assert_allclose(graph(X[0, :length]), ACTIVATIONS["gelu"](X[0, :length]), rtol=1e-5, atol=1e-6)


def test_outside_training_nothing_is_compiled():
    graph = tf.function(lambda x: activate("gelu", x)).get_concrete_function(tf.TensorSpec((2, 6)))
    assert not [op for op in graph.graph.get_operations() if "Call" in op.type]
