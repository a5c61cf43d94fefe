"""From a plan to a `tf.data.Dataset`."""

from collections.abc import Callable

import numpy as np

from kformer.data.plan import Plan


def make_batches(plan: Plan, assemble: Callable, signature, seed=None):
    """A dataset with one element per batch of the plan, in a new order each time it is iterated.

    Its cardinality is known (Keras dilutes the metrics of `evaluate` otherwise, keras#23084).

    Args:
        plan: which examples make which batch.
        assemble: function of (indices, width) that returns the element as NumPy arrays.
        signature: nested `tf.TensorSpec`s of an element.
        seed: int for random orders, None for the data's own.

    Returns:
        `tf.data.Dataset`.
    """
    import tensorflow as tf

    epochs = iter(range(2**62))

    def elements():
        entries = plan.epoch(seed, next(epochs))
        for start in range(0, len(entries), plan.micro_batches):
            step = entries[start : start + plan.micro_batches]
            step_size = sum(len(indices) for _, indices in step)
            for bucket, indices in step:
                yield assemble(np.asarray(indices), plan.boundaries[bucket], step_size / plan.micro_batches)

    dataset = tf.data.Dataset.from_generator(elements, output_signature=signature)
    return dataset.apply(tf.data.experimental.assert_cardinality(plan.num_batches)).prefetch(tf.data.AUTOTUNE)
