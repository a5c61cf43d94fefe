"""Random numbers that depend on the example and the epoch alone, whichever batch or worker an example comes to."""

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def example_seeds(seed, epoch, indices):
    """A seed for each example of an epoch (SplitMix64, Steele et al., OOPSLA 2014).

    Args:
        seed: int, of the run.
        epoch: int.
        indices: ints (n,), the examples' places in their data set.

    Returns:
        uint32 (n,).
    """
    state = _mixed(_mixed(np.uint64(seed % 2**63)) + np.uint64(epoch))
    return (_mixed(state + np.asarray(indices, "uint64")) >> np.uint64(32)).astype("uint32")


def uniform(seeds, width):
    """Random numbers for the positions of each example.

    Args:
        seeds: uint32 (n,), of `example_seeds`.
        width: int.

    Returns:
        float64 (n, width) in [0, 1); those of a position do not depend on the width.
    """
    positions = np.arange(width, dtype="uint64")
    states = _mixed(np.asarray(seeds, "uint64"))[:, None] + positions
    return (_mixed(states) >> np.uint64(11)) * 2.0**-53


def _mixed(state):
    """One step of the generator: every bit of the result depends on every bit of the state."""
    with np.errstate(over="ignore"):
        state = state + _GOLDEN
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
