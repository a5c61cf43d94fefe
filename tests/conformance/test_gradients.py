"""Every weight learns."""

import keras
import numpy as np
import tensorflow as tf

# softmax does not change when all its logits do: the bias of the keys cancels.
WITHOUT_EFFECT = "key/bias"


def test_every_trainable_weight_gets_a_gradient(case):
    # One of its own: a batch normalisation learns in the call.
    layer, random = case.build(), np.random.default_rng(1)
    with tf.GradientTape() as tape:
        outputs = keras.tree.flatten(case.call(layer, training=True))
        # Random factors: the sum over a normalised axis is the same whatever the weights.
        total = sum(tf.reduce_sum(output * random.normal(size=output.shape)) for output in outputs)
    weights = layer.trainable_variables
    gradients = tape.gradient(total, [weight.value for weight in weights])
    without = [weight.path for weight, gradient in zip(weights, gradients, strict=True) if gradient is None]
    assert without == []
    zero = [
        weight.path
        for weight, gradient in zip(weights, gradients, strict=True)
        if not weight.path.endswith(WITHOUT_EFFECT) and not np.any(tf.convert_to_tensor(gradient))
    ]
    assert zero == []
