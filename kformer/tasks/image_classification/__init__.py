"""Image classification."""

from kformer.tasks.image_classification.task import ImageClassification

__all__ = ["ImageClassification"]
