"""From a plan to a `tf.data.Dataset`."""

from typing import Protocol

import numpy as np

from kformer.data.allocator import keep_freed_memory
from kformer.data.plan import Plan
from kformer.data.threads import one_thread_each


class Elements(Protocol):
    """What makes the batches of a plan: a task's examples as NumPy arrays.

    Where elements also have a method `transform`, a function of one element in a graph, it makes the batch of what
    `element` gave: for images that is their indices and the seeds of their augmentation. Elements are transformed in
    parallel, and come in the plan's order.
    """

    def element(self, indices, width, step_targets, epoch):
        """One element of the dataset.

        Args:
            indices: (batch,) ints, the examples.
            width: int, or a pair of ints for two sides: the padded length.
            step_targets: float, the optimizer step's real targets per batch.
            epoch: int, for augmentation, which depends on (seed, epoch, index) alone.
        """

    def count(self, indices):
        """int, the real targets of these examples: rows for labels, tokens for a translation."""

    def signature(self):
        """The nested `tf.TensorSpec`s of an element."""


def make_batches(plan: Plan, elements: Elements, seed=None):
    """A dataset with one element per batch of the plan, in a new order each time it is iterated.

    Its cardinality is known (Keras dilutes the metrics of `evaluate` otherwise, keras#23084).

    Args:
        plan: which examples make which batch.
        elements: makes the batches.
        seed: int for random orders, None for the data's own.

    Returns:
        `tf.data.Dataset`.
    """
    import tensorflow as tf

    epochs = iter(range(2**62))

    def generate():
        keep_freed_memory()  # TensorFlow has just told the allocator otherwise
        epoch = next(epochs)
        entries = plan.epoch(seed, epoch)
        for start in range(0, len(entries), plan.micro_batches):
            step = entries[start : start + plan.micro_batches]
            step_targets = sum(elements.count(indices) for _, indices in step) / plan.micro_batches
            for bucket, indices in step:
                yield elements.element(np.asarray(indices), plan.boundaries[bucket], step_targets, epoch)

    dataset = tf.data.Dataset.from_generator(generate, output_signature=elements.signature())
    if transform := getattr(elements, "transform", None):
        dataset = one_thread_each(dataset.map(transform, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True))
    return dataset.apply(tf.data.experimental.assert_cardinality(plan.num_batches)).prefetch(tf.data.AUTOTUNE)
