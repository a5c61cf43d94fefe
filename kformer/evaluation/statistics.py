"""Metrics as functions of example weights, for many sets of weights at once.

Shapes: n examples, b sets of weights, c classes. Weights are (n, b), results (b,) or (c, b); NaN stands for 0 / 0.
"""

import numpy as np

_ROUNDING = 1e-13  # relative; a constant minus its own mean is not exactly 0


def mean(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted mean of values (n,)."""
    return values @ weights / weights.sum(axis=0)


def class_scores(true_positives: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall and F1 of each class, and their macro and micro averages.

    A macro average runs over the classes that occur among the targets; there a class that is never predicted has
    precision 0, as in scikit-learn.

    Args:
        true_positives: weight of the examples that are of the class and predicted as it (c, b).
        predicted: weight of the examples predicted as the class (c, b).
        actual: weight of the examples that are of the class (c, b).

    Returns:
        `precision`, `recall`, `f1` (c, b), and each with `_macro` and `_micro` (b,).
    """

    def ratios(hits: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> dict[str, np.ndarray]:
        return {"precision": hits / predicted, "recall": hits / actual, "f1": 2 * hits / (predicted + actual)}

    scores = ratios(true_positives, predicted, actual)
    totals = ratios(true_positives.sum(axis=0), predicted.sum(axis=0), actual.sum(axis=0))
    occurs = actual > 0
    macro = {name: np.where(occurs, np.nan_to_num(score), 0).sum(axis=0) / occurs.sum(axis=0)
             for name, score in scores.items()}  # fmt: skip
    return {
        **scores,
        **{f"{name}_macro": score for name, score in macro.items()},
        **{f"{name}_micro": score for name, score in totals.items()},
    }


def matthews(true_positives: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """Matthews' correlation for any number of classes (Gorodkin, 2004); arguments as in `class_scores`.

    (s t - sum_k p_k a_k) / sqrt((s^2 - sum_k p_k^2) (s^2 - sum_k a_k^2)), with s the weight of all examples, t of the
    correct ones, p_k of those predicted as class k and a_k of those that are of class k.
    """
    total, correct = actual.sum(axis=0), true_positives.sum(axis=0)
    covariance = total * correct - (predicted * actual).sum(axis=0)
    variances = (total**2 - (predicted**2).sum(axis=0)) * (total**2 - (actual**2).sum(axis=0))
    return covariance / np.sqrt(variances)


class RocAuc:
    """Area under the ROC curve: how often a positive scores above a negative, ties counting half.

    With r_i the middle rank of example i, half its own ties below it, and P and N the weights of the positives and of
    the negatives: (sum over positives of w_i r_i - P^2 / 2) / (P N). Only ranks of positives are needed, so sums are
    taken over the stretches between them; sorting is done once, for all sets of weights.

    Args:
        positive: which examples are positive, bool (n,).
        scores: their scores (n,).
    """

    def __init__(self, positive: np.ndarray, scores: np.ndarray):
        self._order = np.argsort(scores, kind="stable")
        ordered = positive[self._order]
        self._positives = self._order[ordered]
        starts = _tie_starts(scores[self._order])
        ends = np.append(starts[1:], len(scores))
        holds_positive = np.add.reduceat(ordered.astype(int), starts) > 0
        self._stretches = np.union1d(starts[holds_positive], ends[holds_positive])
        self._stretches = np.union1d([0], self._stretches[self._stretches < len(scores)])
        self._stretch_of_positive = np.searchsorted(self._stretches, np.flatnonzero(ordered), side="right") - 1

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        positives, total = weights[self._positives], weights.sum(axis=0)
        stretches = np.add.reduceat(weights[self._order], self._stretches, axis=0)
        ranks = (np.cumsum(stretches, axis=0) - stretches / 2)[self._stretch_of_positive]
        num_positives = positives.sum(axis=0)
        above = (positives * ranks).sum(axis=0) - num_positives**2 / 2
        return above / (num_positives * (total - num_positives))


class Ranks:
    """Ranks of values, ties sharing their mean rank, when each value occurs as often as its weight says.

    Args:
        values: the values to rank (n,).
    """

    def __init__(self, values: np.ndarray):
        self._order = np.argsort(values, kind="stable")
        self._starts = _tie_starts(values[self._order])
        group_in_order = np.repeat(np.arange(len(self._starts)), np.diff([*self._starts, len(values)]))
        self._group = np.empty_like(group_in_order)
        self._group[self._order] = group_in_order

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        counts = _sum_ties(weights[self._order], self._starts)
        return (np.cumsum(counts, axis=0) - (counts - 1) / 2)[self._group]


def correlation(first: np.ndarray, second: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Pearson's correlation of two arrays of shape (n, 1) or (n, b); NaN where one of them is constant."""
    first, second = _standardised(first, weights), _standardised(second, weights)
    return np.clip((first * second * weights).sum(axis=0) / weights.sum(axis=0), -1, 1)


def variance(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The weighted variance of values (n, 1) or (n, b); NaN where they are constant up to rounding."""
    centred = values - (values * weights).sum(axis=0) / weights.sum(axis=0)
    spread = (centred**2 * weights).sum(axis=0) / weights.sum(axis=0)
    return np.where(spread > (_ROUNDING * np.abs(values).max(axis=0)) ** 2, spread, np.nan)


def _standardised(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    centred = values - (values * weights).sum(axis=0) / weights.sum(axis=0)
    return centred / np.sqrt(variance(values, weights))


def _tie_starts(ordered: np.ndarray) -> np.ndarray:
    """Where runs of equal values begin."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def _sum_ties(ordered: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return ordered if len(starts) == len(ordered) else np.add.reduceat(ordered, starts, axis=0)
