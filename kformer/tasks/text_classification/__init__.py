"""Text classification."""

from kformer.tasks.text_classification.task import TextClassification

__all__ = ["TextClassification"]
