"""Functions of many small operations as one pass over memory, for training on TensorFlow."""

import functools

import keras


def fused(function):
    """A function whose value and whose gradient are each compiled into one kernel while training on TensorFlow.

    Each operation of such a function is a pass over memory, and each is kept for the gradient; compiled, it is one
    pass forward and one backward, which computes the values in between anew. Elsewhere, and in exported graphs, which
    are to run where there is no XLA, it is the function as it stands.

    Args:
        function: from tensors to one tensor, of `keras.ops`; elementwise, or over the last axis.

    Returns:
        a function of `training` and the tensors.
    """

    def call(training, *tensors):
        if not training or keras.backend.backend() != "tensorflow":
            return function(*tensors)
        return _compiled(function)(*tensors)

    return call


@functools.cache
def _compiled(function):
    import tensorflow as tf

    def gradients(tensors, gradient):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            value = function(*tensors)
        return tape.gradient(value, tensors, gradient)

    forward, backward = (tf.function(part, jit_compile=True, autograph=False) for part in (function, gradients))

    @tf.custom_gradient
    def call(*tensors):
        return forward(*tensors), lambda gradient: backward(list(tensors), gradient)

    return call
