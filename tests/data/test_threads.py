"""Threads of a dataset's functions."""

import tensorflow as tf

from kformer.data.threads import one_thread_each


def test_the_elements_are_the_same_and_each_has_one_thread():
    dataset = one_thread_each(tf.data.Dataset.range(5).map(lambda number: 2 * number, tf.data.AUTOTUNE))
    assert list(dataset.as_numpy_iterator()) == [0, 2, 4, 6, 8]
    assert dataset.cardinality() == 5
    assert dataset.options().threading.max_intra_op_parallelism == 1
