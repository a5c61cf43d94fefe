"""Layer normalisation against Keras' own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kformer.layers.layer_normalization import LayerNormalization

random = np.random.default_rng(0)
INPUTS = random.normal(2.0, 3.0, (4, 5, 8)).astype("float32")


def both(dtype="float32"):
    """Ours and Keras' own, with equal weights."""
    layers = [kind(epsilon=1e-6, dtype=dtype) for kind in (LayerNormalization, keras.layers.LayerNormalization)]
    for layer in layers:
        layer.build(INPUTS.shape)
        layer.set_weights([np.linspace(0.5, 1.5, 8), np.linspace(-1, 1, 8)])
    return layers


def gradients(layer, inputs, **arguments):
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        loss = tf.reduce_sum(tf.cast(layer(inputs, **arguments), "float32") ** 3)
    return tape.gradient(loss, [inputs, *(weight.value for weight in layer.weights)])


@pytest.mark.parametrize("training", [False, True])
def test_it_is_keras_own(training):
    ours, theirs = both()
    np.testing.assert_allclose(ours(INPUTS, training=training), theirs(INPUTS), atol=1e-5)


def test_its_compiled_gradients_are_keras_own():
    ours, theirs = both()
    inputs = tf.constant(INPUTS)
    for mine, expected in zip(gradients(ours, inputs, training=True), gradients(theirs, inputs), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-3, atol=1e-3)


def test_compiled_it_is_as_exact_as_keras_own_far_from_0():
    ours, theirs = both()
    inputs = INPUTS + 1000.0
    exact = keras.ops.layer_normalization(inputs.astype("float64"), *map(np.asarray, theirs.weights), epsilon=1e-6)
    outputs = ours(inputs, training=True), theirs(inputs)
    mistakes = [np.abs(np.asarray(values) - np.asarray(exact)).max() for values in outputs]
    assert mistakes[0] <= 2 * mistakes[1]


@pytest.mark.parametrize(("shape", "compiled"), [((None, 5, 8), True), ((None, None, 8), False), ((None, 1, 8), False)])
def test_it_is_compiled_for_many_vectors_of_a_known_number(shape, compiled):
    ours, _theirs = both()
    function = tf.function(lambda x: ours(x, training=True)).get_concrete_function(tf.TensorSpec(shape))
    assert any(operation.type.endswith("PartitionedCall") for operation in function.graph.get_operations()) == compiled


@pytest.mark.parametrize("training", [False, True])
def test_half_precision_comes_out_as_it_went_in(training):
    ours, theirs = both("mixed_bfloat16")
    outputs = ours(INPUTS, training=training)
    assert outputs.dtype == "bfloat16"
    np.testing.assert_allclose(tf.cast(outputs, "float32"), tf.cast(theirs(INPUTS), "float32"), atol=0.04)


def test_its_configuration_makes_it_anew():
    layer = LayerNormalization(epsilon=1e-5, name="norm")
    assert LayerNormalization.from_config(layer.get_config()).epsilon == 1e-5
