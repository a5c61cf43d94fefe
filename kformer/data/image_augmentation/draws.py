"""Random numbers in the graph that depend on the example's seed and the operation alone."""

import zlib

import numpy as np

from kformer.data.seeds import example_seeds


def graph_seeds(seed, epoch, indices):
    """The seeds that augmentations take, made on the host.

    Args:
        seed: int, of the run.
        epoch: int.
        indices: ints (n,), the examples' places in their data set.

    Returns:
        int32 (n, 2), a seed for each example of an epoch.
    """
    seeds = example_seeds(seed, epoch, indices).view("int32")
    return np.stack([seeds, np.zeros_like(seeds)], axis=1)


def uniform(seed, name, count):
    """Random numbers of one operation on one example.

    Args:
        seed: int32 (2,), of the example.
        name: str, of the operation: what it draws does not depend on which other operations there are.
        count: int, or ints: the shape.

    Returns:
        float32 (count,) or of the shape given, in [0, 1).
    """
    import tensorflow as tf

    shape = (count,) if isinstance(count, int) else count
    return tf.random.stateless_uniform(shape, named_seed(seed, name))


def named_seed(seed, name):
    """The seed of one operation: int32 (2,)."""
    return seed + np.array([0, zlib.crc32(name.encode()) >> 1], "int32")


def nth_seed(seed, number):
    """The seed for the operation that is the `number`-th of its kind: two flips are not drawn alike."""
    return seed + np.array([0, number], "int32") if number else seed
