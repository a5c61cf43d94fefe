"""A graph for any batch and length gives what eager execution gives."""

import keras
import numpy as np
import tensorflow as tf

from tests.conformance.cases import flat


def test_eager_equals_graph(case, layer):
    def spec_of(array):
        lengths = [None, None, *array.shape[2:]] if array.ndim > 1 else [None]
        return tf.TensorSpec(lengths, array.dtype)

    inputs, others = case.arrays
    graph = tf.function(lambda inputs, others: case.call(layer, inputs, **others))
    concrete = graph.get_concrete_function(*keras.tree.map_structure(spec_of, (inputs, others)))
    outputs = concrete(*keras.tree.map_structure(tf.constant, (inputs, others)))
    for eager, in_graph in zip(flat(case.call(layer)), flat(outputs), strict=True):
        np.testing.assert_allclose(eager, in_graph, atol=1e-5)
