import keras
import numpy as np
import pytest
import tensorflow as tf

from kformer.layers import ArcFace
from tests.tiny import randomise

random = np.random.default_rng(0)
X = random.normal(size=(6, 8)).astype("float32")
TARGETS = np.array([0, 3, 1, 4, 2, 0], "int32")
MARGIN, SCALE = 0.4, 10.0


def built(**settings):
    layer = ArcFace(5, **{"margin": MARGIN, "scale": SCALE, **settings})
    layer.build(X.shape)
    return randomise(layer)


def angles(layer):
    """The angle between each input and each center, by NumPy in float64."""
    x, w = X.astype("float64"), np.asarray(layer.centers, "float64")
    return np.arccos((x / np.linalg.norm(x, axis=1, keepdims=True)) @ (w / np.linalg.norm(w, axis=0)))


def test_the_margin_is_added_to_the_angle_of_the_right_class():
    layer = built()
    expected = angles(layer)
    expected[np.arange(6), TARGETS] += MARGIN
    assert expected.max() < np.pi
    np.testing.assert_allclose(layer(X, TARGETS), SCALE * np.cos(expected), atol=1e-4)


def test_without_targets_there_is_no_margin():
    layer = built()
    np.testing.assert_allclose(layer(X), SCALE * np.cos(angles(layer)), atol=1e-4)


def test_the_right_logit_falls_with_the_angle_up_to_the_opposite_direction():
    layer = ArcFace(2, margin=0.5, scale=1.0)
    layer.build((None, 2))
    layer.centers.assign([[1.0, 0.0], [0.0, 1.0]])
    turns = np.linspace(0, np.pi, 500)
    inputs = np.stack([np.cos(turns), np.sin(turns)], axis=1).astype("float32")
    logits = np.asarray(layer(inputs, np.zeros(500, "int32")))[:, 0]
    assert (np.diff(logits) < 1e-5).all()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_gradients_are_finite_where_the_cosine_is_one_or_minus_one(sign):
    layer = ArcFace(2)
    layer.build((None, 2))
    layer.centers.assign([[1.0, 0.0], [0.0, 1.0]])
    x = tf.constant([[sign, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = keras.ops.sum(layer(x, np.array([0])))
    assert np.isfinite(tape.gradient(loss, x)).all()


def test_of_several_centers_the_nearest_counts():
    layer = built(num_centers=3)
    nearest = angles(layer).reshape(6, 5, 3).min(axis=-1)
    np.testing.assert_allclose(layer(X), SCALE * np.cos(nearest), atol=1e-4)


def test_the_length_of_inputs_is_of_no_meaning():
    layer = built()
    np.testing.assert_allclose(layer(X, TARGETS), layer(7 * X, TARGETS), atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_classes": 0}, "`num_classes` must be a positive integer. Received: num_classes=0."),
        ({"num_centers": 0}, "`num_centers` must be a positive integer. Received: num_centers=0."),
        ({"margin": 1.6}, r"`margin` must be an angle in \[0, pi / 2\). Received: margin=1.6."),
        ({"scale": 0.0}, "`scale` must be positive. Received: scale=0.0."),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        ArcFace(**{"num_classes": 3, **settings})
