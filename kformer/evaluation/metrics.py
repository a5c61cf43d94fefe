"""Metrics with 95 % bootstrap intervals for the three kinds of labels; docs/metrics.md defines every name."""

from collections.abc import Callable, Sequence

import numpy as np
from scipy import sparse

from kformer.evaluation.bootstrap import with_intervals
from kformer.evaluation.statistics import Ranks, RocAuc, class_scores, correlation, matthews, mean, variance

Metrics = dict[str, dict[str, float | None] | int]


def classification_metrics(
    targets: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
    *,
    num_resamples: int | None = None,
    seed: int = 0,
) -> Metrics:
    """Scores a classifier that gives each example one of several classes.

    Args:
        targets: index of the right class, int (n,).
        probabilities: predicted probabilities (n, classes); the largest one is the prediction.
        labels: names of the classes, in the order of the columns.
        num_resamples: bootstrap resamples for the intervals, 0 for values only; by default 1,000, and for large data
            fewer (see `default_resamples`).
        seed: seed of the resamples.

    Returns:
        `num_examples`, and for each of accuracy, top_5_accuracy (of more than five classes), mcc, log_loss, roc_auc,
        precision, recall and f1 (`_macro`, `_micro`, and `/<label>` for one class; roc_auc `/<label>` too) a dict of
        value, low and high; None where undefined.

    Raises:
        ValueError: shapes do not fit, a target is no class, or a probability is not within 0 to 1.
    """
    targets, probabilities = np.asarray(targets), _probabilities(probabilities, labels)
    _check_same_length(targets, probabilities)
    is_class = np.isin(targets, np.arange(len(labels)))
    if targets.ndim != 1 or targets.dtype.kind not in "iu" or not is_class.all():
        raise ValueError(
            f"`targets` must be class indices from 0 to {len(labels) - 1}, of shape (n,); "
            f"received {targets.dtype} of shape {targets.shape}{_first_bad(targets, ~is_class)}"
        )
    predicted, eps = probabilities.argmax(axis=1), np.finfo(probabilities.dtype).eps
    right = predicted == targets
    among_first = {"top_5_accuracy": _ranks(targets, probabilities) < 5} if len(labels) > 5 else {}
    actual_of_class, predicted_of_class = _one_hot(targets, len(labels)), _one_hot(predicted, len(labels))
    losses = -np.log(np.clip(probabilities[np.arange(len(targets)), targets], eps, 1 - eps).astype(float))
    # Of two classes the areas are equal, so one is computed.
    first = 1 if len(labels) == 2 else 0
    curves = [RocAuc(targets == index, probabilities[:, index]) for index in range(first, len(labels))]

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        areas = [curve(weights) for curve in curves] * (1 + first)
        counts = actual_of_class @ (weights * right[:, None]), predicted_of_class @ weights, actual_of_class @ weights
        return {
            "accuracy": mean(right, weights),
            **{name: mean(is_among, weights) for name, is_among in among_first.items()},
            "mcc": matthews(*counts),
            "log_loss": mean(losses, weights),
            **_roc_auc(areas, labels),
            **_named(class_scores(*counts), labels),
        }

    return _scored(statistics, len(targets), len(labels), num_resamples, seed)


def _ranks(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Returns how many classes come before the right one, int (n,): likelier ones, and of equal ones the earlier."""
    own = probabilities[np.arange(len(targets)), targets][:, None]
    is_earlier = np.arange(probabilities.shape[1]) < targets[:, None]
    return ((probabilities > own) | ((probabilities == own) & is_earlier)).sum(axis=1)


def multi_label_metrics(
    targets: np.ndarray,
    probabilities: np.ndarray,
    labels: Sequence[str],
    *,
    threshold: float = 0.5,
    num_resamples: int | None = None,
    seed: int = 0,
) -> Metrics:
    """Scores a classifier that gives each example any number of labels.

    Args:
        targets: which labels are right, 0 or 1 (n, labels).
        probabilities: predicted probabilities (n, labels).
        labels: names of the labels, in the order of the columns.
        threshold: a label is predicted when its probability is at least this.
        num_resamples: bootstrap resamples for the intervals, 0 for values only; by default 1,000, and for large data
            fewer (see `default_resamples`).
        seed: seed of the resamples.

    Returns:
        As `classification_metrics`, without mcc; accuracy counts the examples of which all labels are right, and
        log_loss is the mean over examples and labels.

    Raises:
        ValueError: shapes do not fit, or a value is out of range.
    """
    targets, probabilities = np.asarray(targets), _probabilities(probabilities, labels)
    _check_same_length(targets, probabilities)
    is_bit = np.isin(targets, (0, 1))
    if targets.shape != probabilities.shape or not is_bit.all():
        raise ValueError(
            f"`targets` must be 0 or 1, of the shape of `probabilities` {probabilities.shape}; "
            f"received {targets.dtype} of shape {targets.shape}{_first_bad(targets, ~is_bit)}"
        )
    actual, predicted = targets.astype(bool), probabilities >= threshold
    eps = np.finfo(probabilities.dtype).eps
    likelihood = np.clip(np.where(actual, probabilities, 1 - probabilities), eps, 1 - eps).astype(float)
    losses, right = -np.log(likelihood).mean(axis=1), (actual == predicted).all(axis=1)
    indicators = [sparse.csr_array(columns.T.astype(float)) for columns in (actual & predicted, predicted, actual)]
    curves = [RocAuc(actual[:, index], probabilities[:, index]) for index in range(len(labels))]

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {
            "accuracy": mean(right, weights),
            "log_loss": mean(losses, weights),
            **_roc_auc([curve(weights) for curve in curves], labels),
            **_named(class_scores(*(indicator @ weights for indicator in indicators)), labels),
        }

    return _scored(statistics, len(targets), len(labels), num_resamples, seed)


def regression_metrics(
    targets: np.ndarray, predictions: np.ndarray, *, num_resamples: int | None = None, seed: int = 0
) -> Metrics:
    """Scores a model that predicts one number for each example.

    Args:
        targets: the right numbers (n,).
        predictions: the predicted numbers (n,).
        num_resamples: bootstrap resamples for the intervals, 0 for values only; by default 1,000, and for large data
            fewer (see `default_resamples`).
        seed: seed of the resamples.

    Returns:
        `num_examples`, and for each of pearson, spearman, r2, mae and mse a dict of value, low and high; None where
        undefined (constant targets or predictions).

    Raises:
        ValueError: shapes differ, or a number is not finite.
    """
    targets, predictions = np.asarray(targets, float), np.asarray(predictions, float)
    if targets.ndim != 1 or targets.shape != predictions.shape or not len(targets):
        raise ValueError(
            "`targets` and `predictions` must be two equally long, non-empty lists of numbers; "
            f"received shapes {targets.shape} and {predictions.shape}"
        )
    for name, values in (("targets", targets), ("predictions", predictions)):
        if not np.isfinite(values).all():
            raise ValueError(
                f"`{name}` must be finite; received shape {values.shape}{_first_bad(values, ~np.isfinite(values))}"
            )
    errors = predictions - targets
    target_ranks, prediction_ranks = Ranks(targets), Ranks(predictions)

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        mse = mean(errors**2, weights)
        return {
            "pearson": correlation(targets[:, None], predictions[:, None], weights),
            "spearman": correlation(target_ranks(weights), prediction_ranks(weights), weights),
            "r2": 1 - mse / variance(targets[:, None], weights),
            "mae": mean(np.abs(errors), weights),
            "mse": mse,
        }

    return _scored(statistics, len(targets), 1, num_resamples, seed)


def default_resamples(num_examples: int, num_labels: int = 1) -> int:
    """1,000 resamples, or as many as take about ten seconds, but never under 200."""
    return int(np.clip(2e8 / (num_examples * num_labels), 200, 1000))


def _scored(statistics: Callable, num_examples: int, num_labels: int, num_resamples: int | None, seed: int) -> Metrics:
    if num_resamples is None:
        num_resamples = default_resamples(num_examples, num_labels)
    return {**with_intervals(statistics, num_examples, num_resamples, seed), "num_examples": num_examples}


def _one_hot(classes: np.ndarray, num_classes: int) -> sparse.csr_array:
    """Rows of classes, columns of examples: times weights (n, b) it gives the weight of each class (classes, b)."""
    num_examples = len(classes)
    return sparse.csr_array((np.ones(num_examples), (classes, np.arange(num_examples))), (num_classes, num_examples))


def _roc_auc(areas: list[np.ndarray], labels: Sequence[str]) -> dict[str, np.ndarray]:
    """The areas by label, and their mean over the labels that have positives and negatives."""
    areas = np.stack(areas)
    defined = np.isfinite(areas)
    mean_area = np.where(defined, areas, 0).sum(axis=0) / defined.sum(axis=0)
    return {"roc_auc": mean_area, **{f"roc_auc/{label}": area for label, area in zip(labels, areas, strict=True)}}


def _named(scores: dict[str, np.ndarray], labels: Sequence[str]) -> dict[str, np.ndarray]:
    """Flattens scores of shape (classes, b) to one entry per class."""
    named = {name: score for name, score in scores.items() if score.ndim == 1}
    for name, score in scores.items():
        if score.ndim == 2:
            named.update({f"{name}/{label}": row for label, row in zip(labels, score, strict=True)})
    return named


def _probabilities(probabilities: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    probabilities = np.asarray(probabilities)
    if probabilities.dtype.kind != "f":
        probabilities = probabilities.astype(float)
    if probabilities.ndim != 2 or probabilities.shape[1] != len(labels) or not len(probabilities):
        raise ValueError(
            f"`probabilities` must have the shape (n, {len(labels)}), one column for each label, and n at least 1; "
            f"received {probabilities.shape}"
        )
    bad = ~((probabilities >= 0) & (probabilities <= 1))  # NaN is bad as well
    if bad.any():
        raise ValueError(
            f"`probabilities` must be within 0 to 1; received {probabilities.dtype}{_first_bad(probabilities, bad)}: "
            "apply softmax or sigmoid to logits first"
        )
    return probabilities


def _check_same_length(targets: np.ndarray, probabilities: np.ndarray) -> None:
    if targets.ndim == 0 or len(targets) != len(probabilities):
        raise ValueError(
            f"`targets` and `probabilities` must have the same number of rows; "
            f"received shapes {targets.shape} and {probabilities.shape}"
        )


def _first_bad(values: np.ndarray, bad: np.ndarray) -> str:
    if not bad.any():
        return ""
    position = np.argwhere(bad)[0]
    return f" with {values[tuple(position)]} in row {position[0]}"
