"""What a report shows beside the metrics: where a model errs, and what its worst mistakes are."""

from collections.abc import Sequence
from functools import partial

import numpy as np

_MAX_CURVE_POINTS = 200


def confusion_matrix(targets: np.ndarray, predicted: np.ndarray, num_classes: int) -> np.ndarray:
    """Counts predictions.

    Args:
        targets: index of the right class, int (n,).
        predicted: index of the predicted class, int (n,).
        num_classes: number of classes.

    Returns:
        Counts (actual, predicted), int.
    """
    matrix = np.zeros((num_classes, num_classes), int)
    np.add.at(matrix, (np.asarray(targets), np.asarray(predicted)), 1)
    return matrix


def roc_curves(
    targets: np.ndarray, probabilities: np.ndarray, labels: Sequence[str]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The ROC curve of each label against the others; of two classes, that of the second.

    Args:
        targets: index of the right class (n,), or 0 and 1 for each label (n, labels).
        probabilities: predicted probabilities (n, labels).
        labels: names of the columns.

    Returns:
        label -> (false positive rate, true positive rate), of at most 200 points; labels that have no positive or no
        negative example are left out.
    """
    from sklearn.metrics import roc_curve

    targets, probabilities = np.asarray(targets), np.asarray(probabilities)
    positive = targets.astype(bool) if targets.ndim == 2 else targets[:, None] == np.arange(len(labels))
    curves = {}
    for index, label in enumerate(labels):
        if (targets.ndim == 1 and len(labels) == 2 and index == 0) or len(np.unique(positive[:, index])) < 2:
            continue
        false_rate, true_rate, _ = roc_curve(positive[:, index], probabilities[:, index])
        kept = np.unique(np.linspace(0, len(false_rate) - 1, _MAX_CURVE_POINTS).round().astype(int))
        curves[label] = false_rate[kept], true_rate[kept]
    return curves


def worst_mistakes(
    label_kind: str,
    texts: Sequence[str],
    targets: np.ndarray,
    outputs: np.ndarray,
    labels: Sequence[str] = (),
    *,
    text_pairs: Sequence[str] | None = None,
    threshold: float = 0.5,
    count: int = 20,
) -> list[dict]:
    """The examples on which the model was wrong and surest, worst first: often they are mistakes of the labels.

    Args:
        label_kind: "class", "multi" or "number".
        texts: the texts (n,).
        targets: class indices (n,), 0 and 1 for each label (n, labels), or numbers (n,).
        outputs: probabilities (n, labels), or the predicted numbers (n,).
        labels: names of the columns of `outputs`.
        text_pairs: second texts, for sentence pairs.
        threshold: for "multi", a label is predicted when its probability is at least this.
        count: how many to return at most.

    Returns:
        Dicts of row (from 0), text, text_pair (None without one), label, predicted, and score: the probability of the
        wrong answer ("multi": of the wrongest label), or for "number" the absolute error.

    Raises:
        ValueError: the label kind is unknown.
    """
    targets, outputs = np.asarray(targets), np.asarray(outputs)
    if label_kind == "class":
        predicted = outputs.argmax(axis=1)
        wrongness = np.where(predicted == targets, 0, outputs.max(axis=1))
        name = labels.__getitem__
    elif label_kind == "multi":
        predicted = outputs >= threshold
        wrong = predicted != targets.astype(bool)
        wrongness = np.where(wrong, np.where(predicted, outputs, 1 - outputs), 0).max(axis=1)
        name = partial(_joined, labels)
    elif label_kind == "number":
        predicted, wrongness, name = outputs, np.abs(outputs - targets), float
    else:
        raise ValueError(f"`label_kind` must be 'class', 'multi' or 'number'; received {label_kind!r}")
    worst = np.argsort(-wrongness, kind="stable")[:count]
    return [
        {
            "row": int(row),
            "text": texts[row],
            "text_pair": None if text_pairs is None else text_pairs[row],
            "label": name(targets[row]),
            "predicted": name(predicted[row]),
            "score": float(wrongness[row]),
        }
        for row in worst
        if wrongness[row] > 0
    ]


def _joined(labels: Sequence[str], chosen: np.ndarray) -> str:
    return ", ".join(label for label, is_chosen in zip(labels, chosen, strict=True) if is_chosen)
