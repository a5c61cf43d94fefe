"""Dropout drops exactly its rate, scales what is left, and takes a new rate without a new trace."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kformer.layers import Dropout

ONES = np.ones((50, 40), "float32")


@tf.function
def dropped_share(layer, calls):
    """The share of zeros over many calls."""
    total = 0.0
    for _ in tf.range(calls):
        total += tf.reduce_mean(tf.cast(layer(ONES, training=True) == 0, "float32"))
    return total / calls


@pytest.mark.parametrize("rate", [0.1, 0.003, 0.5])
def test_the_rate_is_exact_in_expectation(rate):
    """0.1 lies between 25/256 and 26/256, and 0.003 below 1/256; the standard error is below 3 % of the rate."""
    layer = Dropout(rate, seed=1)
    layer.build(ONES.shape)
    assert float(dropped_share(layer, 1000.0)) == pytest.approx(rate, rel=0.08)


def test_what_is_left_is_scaled():
    outputs = np.asarray(Dropout(0.2, seed=0)(ONES, training=True))
    np.testing.assert_allclose(np.unique(outputs), [0.0, 1.25])


def test_a_rate_near_one_drops_nearly_all():
    """Its threshold is more than a byte holds."""
    assert np.mean(np.asarray(Dropout(0.9995, seed=0)(ONES, training=True)) == 0) > 0.99


def test_outside_training_nothing_changes():
    np.testing.assert_array_equal(Dropout(0.9)(ONES), ONES)


def test_a_rate_of_zero_changes_nothing():
    np.testing.assert_array_equal(Dropout(0.0)(ONES, training=True), ONES)


def test_elements_are_dropped_independently():
    """Four elements share a random integer: their bytes must not go together."""
    zeros = np.asarray(Dropout(0.5, seed=3)(np.ones((40000,), "float32"), training=True)) == 0
    correlations = np.corrcoef(zeros.reshape(-1, 4).T)[np.triu_indices(4, 1)]
    np.testing.assert_allclose(correlations, 0, atol=0.05)


def test_a_new_rate_acts_without_a_new_trace():
    layer = Dropout(0.0, seed=0)
    layer.build(ONES.shape)
    traces = []

    @tf.function
    def call():
        traces.append(1)
        return layer(ONES, training=True)

    np.testing.assert_array_equal(call(), ONES)
    layer.rate.assign(0.5)
    assert np.mean(np.asarray(call()) == 0) == pytest.approx(0.5, abs=0.05)
    assert len(traces) == 1


def test_a_seed_repeats():
    one, other = (Dropout(0.5, seed=7)(ONES, training=True) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_two_seeds_differ():
    one, other = (np.asarray(Dropout(0.5, seed=seed)(ONES, training=True)) for seed in (7, 8))
    assert (one != other).any()


def test_without_a_seed_of_its_own_it_follows_keras_s():
    def outputs(seed):
        keras.utils.set_random_seed(seed)
        return np.asarray(Dropout(0.5)(ONES, training=True))

    np.testing.assert_array_equal(outputs(1), outputs(1))
    assert (outputs(1) != outputs(2)).any()


def test_two_calls_differ():
    layer = Dropout(0.5, seed=7)
    assert (np.asarray(layer(ONES, training=True)) != np.asarray(layer(ONES, training=True))).any()


def test_the_gradient_is_the_mask_times_the_scale():
    x, layer = tf.Variable(ONES), Dropout(0.2, seed=0)
    with tf.GradientTape() as tape:
        outputs = layer(x, training=True)
    np.testing.assert_allclose(tape.gradient(outputs, x), outputs)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_the_rate_stays_float32_in_half_precision(dtype):
    layer = Dropout(0.1, dtype=dtype)
    outputs = layer(keras.ops.ones((3, 5), layer.compute_dtype), training=True)
    assert layer.rate.dtype == "float32"
    assert keras.backend.standardize_dtype(outputs.dtype) == layer.compute_dtype


@pytest.mark.parametrize("rate", [1.0, -0.1, "0.1", float("nan")])
def test_a_rate_outside_its_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"`rate` must be a number in \[0, 1\). Received: rate="):
        Dropout(rate)
