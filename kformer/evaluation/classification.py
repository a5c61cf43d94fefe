"""A classification of texts or images judged: predictions made once, and everything that is said about them."""

import dataclasses
from functools import cached_property

import numpy as np

from kformer.evaluation.details import confusion_matrix, roc_curves, worst_mistakes
from kformer.evaluation.metrics import classification_metrics, multi_label_metrics, regression_metrics
from kformer.evaluation.pictures import picture_name, thumbnail

KINDS = {"single_label": "class", "multi_label": "multi", "regression": "number"}


def judge_classification(task, examples):
    """`judge` for a classification.

    Raises:
        ValueError: the examples have a label that the task does not know.
    """
    predicted = np.asarray(task.probabilities(task.outputs_of(examples)))
    return JudgedClassification(task.problem, task.labels, examples, examples.targets(task.labels or None), predicted)


@dataclasses.dataclass(frozen=True)
class JudgedClassification:
    """Predictions beside what was right.

    Attributes:
        problem: str, "single_label", "multi_label" or "regression".
        labels: the label names in order.
        examples: `kformer.data.Examples`.
        targets: as `Examples.targets` gives them.
        predicted: probabilities (n, labels), or numbers (n,).
    """

    problem: str
    labels: tuple[str, ...]
    examples: object
    targets: np.ndarray
    predicted: np.ndarray

    def metrics(self, seed=0):
        """The metrics with 95 % intervals, as in metrics.json.

        Args:
            seed: int, of the bootstrap.
        """
        if self.problem == "regression":
            return regression_metrics(self.targets, self.predicted, seed=seed)
        score = classification_metrics if self.problem == "single_label" else multi_label_metrics
        return score(self.targets, self.predicted, self.labels, seed=seed)

    @cached_property
    def confusion(self):
        """Counts (actual, predicted), or None where labels do not exclude each other."""
        if self.problem != "single_label":
            return None
        return confusion_matrix(self.targets, self.predicted.argmax(axis=1), len(self.labels))

    def report_parts(self):
        """What the report shows beside the metrics, by the names of `ReportData`."""
        return {"labels": self.labels, "confusion": self.confusion, "roc": self.roc, "mistakes": self.mistakes()}

    @property
    def roc(self):
        """label -> ROC curve; empty for a regression."""
        return roc_curves(self.targets, self.predicted, self.labels) if self.labels else {}

    def mistakes(self, count=20):
        """The worst mistakes, as `worst_mistakes` gives them; those on images with a `picture` of each."""
        fields = self.examples.fields
        mistakes = worst_mistakes(
            KINDS[self.problem],
            self._texts,
            self.targets,
            self.predicted,
            self.labels,
            text_pairs=self.examples.values("text_pair") if "text_pair" in fields else None,
            count=count,
        )
        if "image" not in fields:
            return mistakes
        return [{**mistake, "picture": thumbnail(self._images[mistake["row"]])} for mistake in mistakes]

    @cached_property
    def _texts(self):
        """The texts, or the names of the images."""
        if "image" not in self.examples.fields:
            return self.examples.values("text")
        return [picture_name(image, row) for row, image in enumerate(self._images)]

    @cached_property
    def _images(self):
        return self.examples.values("image")

    @property
    def samples(self):
        """The first ten examples with what was right and what was predicted: dicts, in the order of their columns."""
        roles = [role for role in ("text_pair", "label") if role in self.examples.fields]
        subject = "image" if "image" in self.examples.fields else "text"
        chosen = [(i, self._texts[i], self.examples[i]) for i in range(min(10, len(self.examples)))]
        return [
            {subject: text, **{role: row[role] for role in roles}, "predicted": self._answer(i)}
            for i, text, row in chosen
        ]

    def _answer(self, i):
        if self.problem == "single_label":
            return self.labels[self.predicted[i].argmax()]
        if self.problem == "multi_label":
            return [label for label, p in zip(self.labels, self.predicted[i], strict=True) if p >= 0.5]
        return round(float(self.predicted[i]), 3)
