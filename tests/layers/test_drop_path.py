"""Stochastic depth drops whole examples, at a rate that can change without a new trace."""

import numpy as np
import pytest
import tensorflow as tf

from kformer.layers import DropPath

ONES = np.ones((4000, 3, 2), "float32")


def test_examples_are_dropped_whole():
    examples = np.asarray(DropPath(0.2, seed=0)(ONES, training=True)).reshape(len(ONES), -1)
    assert (examples == examples[:, :1]).all()
    np.testing.assert_allclose(np.unique(examples), [0.0, 1.25])


def test_the_rate_is_the_share_that_is_dropped():
    examples = np.asarray(DropPath(0.2, seed=0)(ONES, training=True))[:, 0, 0]
    assert np.mean(examples == 0) == pytest.approx(0.2, abs=0.02)


def test_outside_training_nothing_changes():
    np.testing.assert_array_equal(DropPath(0.9)(ONES), ONES)


def test_a_rate_of_zero_changes_nothing():
    np.testing.assert_array_equal(DropPath(0.0)(ONES, training=True), ONES)


def test_a_new_rate_acts_without_a_new_trace():
    layer = DropPath(0.0, seed=0)
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


def test_a_seed_repeats_and_two_differ():
    first, again, other = (np.asarray(DropPath(0.5, seed=seed)(ONES, training=True)) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("rate", [1.0, -0.1, "0.1", float("nan")])
def test_a_rate_outside_its_range_is_refused(rate):
    with pytest.raises(ValueError, match=r"`drop_path` must be a rate in \[0, 1\). Received: rate="):
        DropPath(rate)
