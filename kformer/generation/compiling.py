"""The one place of generation that knows of TensorFlow's tracing and compiling."""

import keras


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
