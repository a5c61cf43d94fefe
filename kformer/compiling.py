"""The one place below the layers that knows of TensorFlow's tracing and compiling."""

import functools

import keras


def fused(function, value=None, gradients=None):
    """A function whose value and whose gradient are each compiled into one kernel while training on TensorFlow.

    Each operation of such a function is a pass over memory, and each is kept for the gradient; compiled, it is one
    pass forward and one backward, which computes the values in between anew, in float32 whatever the tensors are: in
    bfloat16 a CPU would round after each operation, which takes longer than the operation. Elsewhere, and in exported
    graphs, which are to run where there is no XLA, it is the function as it stands.

    Args:
        function: from tensors to one tensor, of `keras.ops`; elementwise, or over the last axis.
        value: `function` as it compiles best on a CPU; itself when None.
        gradients: function of the gradient of the value and then the tensors, returns the gradient of each of these, as
            it compiles best on a CPU; derived from the value when None.

    Returns:
        a function of `training` and the tensors, or Keras' variables.
    """

    def call(training, *tensors):
        if not training or keras.backend.backend() != "tensorflow":
            return function(*tensors)
        return _compiled(function, value, gradients)(*tensors)

    return call


@functools.cache
def _compiled(function, value, gradients):
    import tensorflow as tf

    # GPUs add up well, and would round the factors of a product.
    if value is None or tf.config.list_physical_devices("GPU"):
        value, gradients = function, None

    def in_float32(tensors):
        return [tf.cast(x, "float32") for x in tensors]

    def forward(*tensors):
        return tf.cast(value(*in_float32(tensors)), tensors[0].dtype)

    def backward(gradient, *tensors):
        if gradients is not None:
            results = gradients(*in_float32([gradient, *tensors]))
            return [tf.cast(result, x.dtype) for result, x in zip(results, tensors, strict=True)]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            outputs = forward(*tensors)
        return tape.gradient(outputs, tensors, gradient)

    forward_kernel, backward_kernel = (
        tf.function(part, jit_compile=True, autograph=False) for part in (forward, backward)
    )

    @tf.custom_gradient
    def call(*tensors):
        return forward_kernel(*tensors), lambda gradient: backward_kernel(gradient, *tensors)

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
