import numpy as np
import pytest

from kformer.layers import NormalisedConvolution
from kformer.layers.convolution import count_convolution_parameters

X = np.random.default_rng(0).normal(size=(3, 6, 8, 4)).astype("float32")


def test_an_image_s_outputs_depend_on_no_other_image():
    layer = NormalisedConvolution(8)
    np.testing.assert_allclose(layer(X)[:1], layer(X[:1]), atol=1e-6)


def test_outputs_are_normalised_in_groups():
    outputs = np.asarray(NormalisedConvolution(16, activation="linear")(X)).reshape(3, 6, 8, 2, 8)
    np.testing.assert_allclose(outputs.mean(axis=(1, 2, 4)), 0.0, atol=1e-5)
    np.testing.assert_allclose(outputs.std(axis=(1, 2, 4)), 1.0, atol=1e-3)


def test_channels_that_make_no_groups_are_normalised_together():
    outputs = np.asarray(NormalisedConvolution(5, activation="linear")(X))
    np.testing.assert_allclose(outputs.mean(axis=(1, 2, 3)), 0.0, atol=1e-5)


def test_batches_can_be_normalised_instead():
    outputs = np.asarray(NormalisedConvolution(8, activation="linear", norm="batch")(X, training=True))
    np.testing.assert_allclose(outputs.mean(axis=(0, 1, 2)), 0.0, atol=1e-5)
    np.testing.assert_allclose(outputs.std(axis=(0, 1, 2)), 1.0, atol=1e-3)


def test_outside_training_batches_are_normalised_by_what_was_seen_before():
    layer = NormalisedConvolution(8, norm="batch")
    for _ in range(100):
        layer(X, training=True)
    np.testing.assert_allclose(layer(X), layer(X, training=True), atol=1e-3)
    np.testing.assert_allclose(layer(X)[:1], layer(X[:1]), atol=1e-6)


@pytest.mark.parametrize("norm", ["group", "batch"])
def test_it_comes_back_from_its_config(norm):
    layer = NormalisedConvolution(8, 2, norm=norm)
    again = NormalisedConvolution.from_config(layer.get_config())
    assert (again.channels, again.strides, again.norm_kind) == (8, 2, norm)


def test_another_norm_is_refused():
    with pytest.raises(ValueError, match="`norm` must be group or batch. Received: norm='layer'."):
        NormalisedConvolution(8, norm="layer")


def test_a_stride_skips_pixels():
    layer = NormalisedConvolution(8, strides=2)
    assert layer(X).shape == layer.compute_output_shape(X.shape) == (3, 3, 4, 8)


@pytest.mark.parametrize("norm", ["group", "batch"])
def test_its_parameters_are_counted(norm):
    layer = NormalisedConvolution(8, norm=norm)
    layer.build(X.shape)
    assert count_convolution_parameters(4, 8) == sum(np.prod(weight.shape) for weight in layer.trainable_weights)


def test_no_channels_are_refused():
    with pytest.raises(ValueError, match="`channels` must be a positive integer. Received: channels=0."):
        NormalisedConvolution(0)
