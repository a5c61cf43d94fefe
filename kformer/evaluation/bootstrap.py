"""How sure a metric is: 95 % percentile bootstrap intervals (Efron and Tibshirani, 1993, chapter 13).

A resample draws n of n examples with replacement; it is the same as giving every example a weight, the number of times
it was drawn. A metric written as a function of such weights is evaluated for many resamples at once, and for its value
with all weights 1, so a value and its interval cannot come from two definitions.
"""

import warnings
from collections.abc import Callable, Iterator

import numpy as np

_MAX_WEIGHTS = 2**20  # of one block of resamples: 8 MB, which stays in the processor's cache
_PERCENTILES = (2.5, 97.5)


def with_intervals(
    statistics: Callable[[np.ndarray], dict[str, np.ndarray]], num_examples: int, num_resamples: int, seed: int
) -> dict[str, dict[str, float | None]]:
    """Evaluates metrics on all examples and on resamples of them.

    Args:
        statistics: maps weights (num_examples, b) to a dict of metrics, each of shape (b,), NaN where undefined.
        num_examples: number of examples.
        num_resamples: number of resamples; 0 gives values without intervals.
        seed: seed of the resamples.

    Returns:
        For each metric `value`, `low` and `high`. All are None where the metric is undefined; resamples in which it is
        undefined are left out.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 / 0 is NaN, which is how undefined metrics are known
        values = statistics(np.ones((num_examples, 1)))
        blocks = [statistics(weights) for weights in _resamples(num_examples, num_resamples, seed)]
    result = {}
    for name, value in values.items():
        drawn = np.concatenate([block[name] for block in blocks]) if blocks else np.array([np.nan])
        low, high = _percentiles(drawn) if np.isfinite(value[0]) else (None, None)
        result[name] = {"value": _number(value[0]), "low": low, "high": high}
    return result


def _resamples(num_examples: int, num_resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yields the weights of resamples, in blocks of shape (num_examples, b)."""
    generator = np.random.default_rng(seed)
    block = max(1, min(num_resamples, _MAX_WEIGHTS // num_examples))
    for start in range(0, num_resamples, block):
        size = min(block, num_resamples - start)
        drawn = generator.integers(num_examples, size=(num_examples, size))
        drawn *= size
        drawn += np.arange(size)
        counts = np.bincount(drawn.ravel(), minlength=num_examples * size)
        yield counts.reshape(num_examples, size).astype(float)


def _percentiles(drawn: np.ndarray) -> tuple[float | None, float | None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice")
        low, high = np.nanpercentile(drawn, _PERCENTILES)
    return _number(low), _number(high)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
