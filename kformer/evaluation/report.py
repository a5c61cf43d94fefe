"""The report of a run: one HTML page that stands alone, without scripts and without requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kformer.evaluation.figures import MAX_ROC_CURVES, curve_svgs, histogram_svg, roc_svg

_HEADLINES = (
    "bleu",
    "chrf",
    "exact_match",
    "map50",
    "map",
    "mean_iou",
    "pixel_accuracy",
    "mean_accuracy",
    "perplexity",
    "bits_per_character",
    "accuracy",
    "f1_macro",
    "roc_auc",
    "eer",
    "tar_at_far_1e_2",
    "rank_1",
    "mcc",
    "pearson",
    "spearman",
    "r2",
    "mae",
)
_NUM_HEADLINES = 4
_TITLES = {
    "accuracy": "Accuracy",
    "bits_per_character": "Bits per character",
    "bleu": "BLEU",
    "bleu_lowercase": "BLEU, lower-cased",
    "chrf": "chrF",
    "eer": "Equal error rate",
    "exact_match": "Exact match",
    "f1": "F1 of the boxes shown",
    "f1_macro": "F1, mean of classes",
    "f1_micro": "F1, all decisions",
    "log_loss": "Log loss",
    "mae": "Mean absolute error",
    "map": "Average precision, overlap 0.5 to 0.95",
    "map50": "Average precision, overlap 0.5",
    "map75": "Average precision, overlap 0.75",
    "map_large": "Average precision, large boxes",
    "map_medium": "Average precision, medium boxes",
    "map_small": "Average precision, small boxes",
    "mcc": "Matthews correlation",
    "mean_accuracy": "Accuracy, mean of classes",
    "mean_iou": "Mean IoU",
    "mse": "Mean squared error",
    "pixel_accuracy": "Accuracy of pixels",
    "pearson": "Pearson correlation",
    "precision": "Precision of the boxes shown",
    "precision_macro": "Precision, mean of classes",
    "precision_micro": "Precision, all decisions",
    "r2": "R²",
    "rank_1": "Found at rank 1",
    "recall": "Recall of the boxes shown",
    "recall_macro": "Recall, mean of classes",
    "recall_micro": "Recall, all decisions",
    "roc_auc": "ROC AUC",
    "spearman": "Spearman correlation",
    "tar_at_far_1e_2": "True accept rate at FAR 0.01",
    "tar_at_far_1e_3": "True accept rate at FAR 0.001",
}
_CLASS_COLUMNS = ("ap50", "ap", "precision", "recall", "f1", "roc_auc", "iou")
_CLASS_TITLES = {"ap": "AP", "ap50": "AP 50", "f1": "F1", "iou": "IoU", "precision": "Precision", "recall": "Recall"}
# Of the columns, those whose interval is shown: the first that there is.
_CLASS_BARS = ("f1", "iou")
_MAX_MATRIX_CLASSES = 20
_NUM_CONFUSIONS = 5
_MAX_TEXT = 1000


@dataclass(frozen=True)
class ReportData:
    """What a report shows; sections without data are left out.

    Args:
        title: heading of the page, such as the name of the run.
        task: name of the task, such as "text-classification".
        labels: names of the labels, in order; empty for numbers.
        metrics: split ("validation") -> metrics as in metrics.json.
        history: one dict of Keras' logs per epoch.
        confusion: counts (actual, predicted).
        roc: label -> (false positive rate, true positive rate), as `roc_curves` gives them.
        figures: caption -> SVG of a task's own, as `kformer.evaluation` draws them.
        samples: dicts with equal keys: what was read, and what was made of it.
        legend: label -> (red, green, blue), the colour of a class in the pictures of mistakes.
        mistakes: dicts of text, text_pair, label, predicted and score, as `worst_mistakes` gives them; a `note` takes
            the place of the score.
        mistakes_hint: sentences above the mistakes.
        truth_word: what the right answer is called there.
        counted: what the confusion matrix counts, where that is not examples, such as "pixels".
        data: any of "train" and "validation" (as `data.profile` gives them: source, rows, labels, lengths, rejected,
            notes, problems), "cleaning" (`CleaningReport.to_dict()`, for the rows before and after), "findings"
            (sentences, as `CleaningReport.lines()[1:]`), "token_lengths" (one number per training text), "max_length"
            and "truncated" (number of texts).
        recipe: fields of the recipe.
        environment: as in environment.json.
        commands: lines to try next, each a command.
        created: when, as text.
    """

    title: str
    task: str
    labels: Sequence[str] = ()
    metrics: Mapping[str, Mapping] = field(default_factory=dict)
    history: Sequence[Mapping] = ()
    confusion: np.ndarray | None = None
    roc: Mapping[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    figures: Mapping[str, str] = field(default_factory=dict)
    samples: Sequence[Mapping] = ()
    legend: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    mistakes: Sequence[Mapping] = ()
    mistakes_hint: str = "Wrong answers, the surest first. Look whether the label is right: wrong labels gather here."
    truth_word: str = "labelled"
    counted: str = ""
    data: Mapping = field(default_factory=dict)
    recipe: Mapping = field(default_factory=dict)
    environment: Mapping = field(default_factory=dict)
    commands: Sequence[str] = ()
    created: str = ""


def render_report(report: ReportData) -> str:
    """Writes the page.

    Args:
        report: what to show.

    Returns:
        HTML, in which everything that came from data, recipe or environment is escaped.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=_number, percent=_percent, shortened=_shortened)
    curves = curve_svgs(report.history)
    return environment.get_template("report.html").render(
        report=report,
        splits=[_split(name, metrics, report.labels) for name, metrics in report.metrics.items()],
        curves={_TITLES.get(name, name.replace("_", " ")): Markup(svg) for name, svg in curves.items()},
        roc=Markup(roc_svg(report.roc)) if report.roc else None,
        hidden_roc_curves=max(0, len(report.roc) - MAX_ROC_CURVES),
        figures={caption: Markup(svg) for caption, svg in report.figures.items()},
        confusion=_confusion(report.confusion, report.labels),
        data=_data(report.data),
        histogram=Markup(histogram_svg(report.data["token_lengths"], report.data.get("max_length")))
        if len(report.data.get("token_lengths", ()))
        else None,
        recipe=_flat(report.recipe),
        environment=_flat(report.environment),
    )


def _split(name: str, metrics: Mapping, labels: Sequence[str]) -> dict:
    """The metrics of one split: headlines, all that are not of one class, and a row for each class."""
    overall = [
        {"name": key, "title": _metric_title(key, value), **value, "bar": _bar(value)}
        for key, value in metrics.items()
        if isinstance(value, Mapping) and "/" not in key
    ]
    by_name = {metric["name"]: metric for metric in overall}
    columns = [column for column in _CLASS_COLUMNS if labels and f"{column}/{labels[0]}" in metrics]
    barred = next((column for column in _CLASS_BARS if column in columns), None)
    return {
        "name": name,
        "num_examples": metrics.get("num_examples"),
        "overall": overall,
        "headlines": [by_name[key] for key in _HEADLINES if key in by_name][:_NUM_HEADLINES],
        "columns": [_class_title(column) for column in columns],
        "barred": barred and _class_title(barred),
        "classes": [
            {
                "label": label,
                "scores": [metrics[f"{column}/{label}"] for column in columns],
                "interval": metrics[f"{barred}/{label}"] if barred else None,
                "bar": _bar(metrics[f"{barred}/{label}"]) if barred else None,
            }
            for label in labels
            if columns
        ],
    }


def _metric_title(name: str, metric: Mapping) -> str:
    title = _TITLES.get(name, name.replace("_", " "))
    return f"{title}, {metric['note']}" if "note" in metric else title


def _class_title(column: str) -> str:
    return _CLASS_TITLES.get(column) or _TITLES.get(column, column.capitalize())


def _bar(metric: Mapping) -> dict | None:
    """Where value and interval lie on a scale from 0 to 1, in percent; None where they do not fit on it."""
    if any(metric[key] is None or not 0 <= metric[key] <= 1 for key in ("value", "low", "high")):
        return None
    return {key: round(100 * metric[key], 2) for key in ("value", "low", "high")}


def _confusion(matrix: np.ndarray | None, labels: Sequence[str]) -> dict | None:
    """Rows of counts and shares, and the commonest confusions; rows are left out of a matrix too big to read."""
    if matrix is None:
        return None
    matrix = np.asarray(matrix)
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    wrong = np.where(np.eye(len(labels), dtype=bool), 0, matrix)
    worst = np.argsort(-wrong, axis=None, kind="stable")[:_NUM_CONFUSIONS]
    pairs = [np.unravel_index(position, matrix.shape) for position in worst]
    rows = [
        {"label": label, "cells": [{"count": int(c), "share": round(float(s), 3)} for c, s in zip(*row, strict=True)]}
        for label, *row in zip(labels, matrix, shares, strict=True)
    ]
    return {
        "rows": rows if len(labels) <= _MAX_MATRIX_CLASSES else [],
        "pairs": [
            {"actual": labels[row], "predicted": labels[column], "count": int(matrix[row, column]),
             "share": float(shares[row, column])}
            for row, column in pairs if wrong[row, column]
        ] if len(labels) > 2 else [],
    }  # fmt: skip


def _data(data: Mapping) -> dict:
    """The data report: rows, findings, labels and lengths side by side for training and validation."""
    parts = {name: data[name] for name in ("train", "validation") if data.get(name)}
    cleaning = data.get("cleaning", {})
    unreadable = {name: sum(part.get("rejected", {}).values()) for name, part in parts.items()}
    before = {name: cleaning.get(f"{name}_rows", part.get("rows")) for name, part in parts.items()}
    used = {name: cleaning.get(f"{name}_rows_kept", part.get("rows")) for name, part in parts.items()}
    return {
        "sources": {name: part["source"] for name, part in parts.items() if part.get("source")},
        "parts": list(parts),
        "rows": {"unreadable rows": unreadable, "rows before cleaning": before, "rows used": used},
        "findings": _findings(data, parts),
        "notes": list(dict.fromkeys(note for part in parts.values() for note in part.get("notes", ()))),
        "is_number": any(part.get("label_kind") == "number" for part in parts.values()),
        "labels": _side_by_side(parts, "labels", 0),
        "label_unit": _label_unit(parts),
        "largest_label": max(
            (max(part["labels"].values()) for part in parts.values() if part.get("labels")), default=0
        ),
        "lengths": (lengths := _side_by_side(parts, "lengths", {})),
        "measured": _measured(lengths),
        "max_length": data.get("max_length"),
    }


def _label_unit(parts: Mapping[str, Mapping]) -> str:
    """What the numbers beside the labels are: rows, boxes or shares of the pixels."""
    fields = {role for part in parts.values() for role in part.get("fields", ())}
    if "label" in fields or not fields & {"mask", "boxes"}:
        return "rows"
    return "shares of the pixels" if "mask" in fields else "boxes"


def _findings(data: Mapping, parts: Mapping[str, Mapping]) -> list[str]:
    """Sentences on what was wrong with the data and what was done about it."""
    problems = [problem for part in parts.values() for problem in part.get("problems", ())]
    findings = list(dict.fromkeys([*data.get("findings", ()), *problems]))
    if data.get("truncated"):
        findings.append(f"texts cut at the maximum length: {_number(data['truncated'])}")
    return findings


def _measured(lengths: Mapping) -> dict[str, str]:
    """What a table of lengths is about: its heading, its caption, and the word before the name of a length."""
    if "height" not in lengths:
        return {"heading": "Lengths", "caption": "Length of a text", "word": "in"}
    heading = "Sizes and lengths" if "characters" in lengths else "Sizes"
    boxes = ", and the number of its boxes" if "boxes" in lengths else ""
    return {"heading": heading, "caption": f"Size of an image in pixels{boxes}", "word": "what"}


def _side_by_side(parts: Mapping[str, Mapping], key: str, absent: object) -> dict:
    """{part: {key: {name: value}}} turned into {name: {part: value}}."""
    names = dict.fromkeys(name for part in parts.values() for name in part.get(key, {}))
    return {name: {place: part.get(key, {}).get(name, absent) for place, part in parts.items()} for name in names}


def _flat(values: Mapping, prefix: str = "") -> dict[str, object]:
    """Nested dicts as one, with dots between the names; lists as text."""
    flat = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{name}."))
        else:
            flat[prefix + str(name)] = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    return flat


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    if isinstance(value, int | np.integer):
        return f"{value:,}"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.4g}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _shortened(text: object) -> str:
    text = str(text)
    return text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]}…"
