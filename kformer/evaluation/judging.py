"""A task judged on examples: predictions made once, and everything that is said about them."""

from importlib import import_module
from typing import Protocol

# Class of a task -> the function that judges it.
_JUDGES = {
    "FaceVerification": ("kformer.evaluation.verification", "judge_verification"),
    "ImageClassification": ("kformer.evaluation.classification", "judge_classification"),
    "LanguageModeling": ("kformer.evaluation.language_modeling", "judge_language_modeling"),
    "MaskedLanguageModeling": ("kformer.evaluation.language_modeling", "judge_masked_language_modeling"),
    "ObjectDetection": ("kformer.evaluation.detection", "judge_detection"),
    "Segmentation": ("kformer.evaluation.segmentation", "judge_segmentation"),
    "TextClassification": ("kformer.evaluation.classification", "judge_classification"),
    "Translation": ("kformer.evaluation.translation", "judge_translation"),
}


class Judged(Protocol):
    """What a task did on examples.

    Attributes:
        examples: `kformer.data.Examples`.
        samples: list of dicts with equal keys, some examples beside what was predicted.
        confusion: counts (actual, predicted), or None where there are no classes; `labels` are their names.
    """

    def metrics(self, seed=0):
        """The metrics with 95 % intervals, as in metrics.json; `seed` is that of the bootstrap."""

    def report_parts(self):
        """What the report shows beside the metrics, by the names of `ReportData`."""


def judge(task, examples):
    """Predicts all examples once.

    Args:
        task: any task.
        examples: `kformer.data.Examples` with what is right.

    Returns:
        `Judged`.

    Raises:
        ValueError: the examples lack a role that the task needs to be judged, such as labels.
    """
    for role in task.required:
        if role not in examples.fields:
            raise ValueError(f"{examples.source} has no {role}s to compare with: name their column with `{role}`.")
    module, name = _JUDGES[type(task).__name__]
    return getattr(import_module(module), name)(task, examples)
