"""The one place below the layers that knows of TensorFlow's tracing and compiling."""

import functools

import keras


def fused(function):
    """A function whose value and whose gradient are each compiled into one kernel while training on TensorFlow.

    Each operation of such a function is a pass over memory, and each is kept for the gradient; compiled, it is one
    pass forward and one backward, which computes the values in between anew, in float32 whatever the tensors are: in
    bfloat16 a CPU would round after each operation, which takes longer than the operation. Elsewhere, and in exported
    graphs, which are to run where there is no XLA, it is the function as it stands.

    Args:
        function: from tensors to one tensor, of `keras.ops`; elementwise, or over the last axis.

    Returns:
        a function of `training` and the tensors, or Keras' variables.
    """

    def call(training, *tensors):
        if not training or keras.backend.backend() != "tensorflow":
            return function(*tensors)
        return _compiled(function)(*tensors)

    return call


@functools.cache
def _compiled(function):
    import tensorflow as tf

    def value(*tensors):
        return tf.cast(function(*(tf.cast(x, "float32") for x in tensors)), tensors[0].dtype)

    def gradients(tensors, gradient):
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            outputs = value(*tensors)
        return tape.gradient(outputs, tensors, gradient)

    forward, backward = (tf.function(part, jit_compile=True, autograph=False) for part in (value, gradients))

    @tf.custom_gradient
    def call(*tensors):
        return forward(*tensors), lambda gradient: backward(list(tensors), gradient)

    def read(x):
        return tf.convert_to_tensor(keras.ops.convert_to_tensor(x))

    # A custom gradient is of tensors: variables are read before.
    return lambda *tensors: call(*map(read, tensors))


def traced(function, jit_compile=False):
    """`function` as one graph, traced at the first call, for tensors of all sizes.

    With XLA it is compiled once for each combination of sizes that it meets: worth it for a loop of many small steps,
    also on a CPU, where the steps of a plain graph cost more in their start than in their work. The other backends
    of Keras compile loops by themselves: there it is `function`.

    Args:
        function: of nests of tensors, arrays and numbers; returns a nest of tensors.
        jit_compile: bool, compile with XLA.

    Returns:
        A function of the same arguments. Each must keep its rank and type from call to call.
    """
    if keras.backend.backend() != "tensorflow":
        return function
    import tensorflow as tf

    graph = tf.function(function, jit_compile=jit_compile, autograph=False)
    concrete = None

    def call(*arguments):
        nonlocal concrete
        arguments = tf.nest.map_structure(tf.convert_to_tensor, arguments)
        if concrete is None:
            of_any_size = tf.nest.map_structure(lambda x: tf.TensorSpec([None] * x.shape.rank, x.dtype), arguments)
            concrete = graph.get_concrete_function(*of_any_size)
        return concrete(*arguments)

    return call
