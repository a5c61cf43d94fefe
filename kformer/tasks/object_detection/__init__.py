"""Object detection."""

from kformer.tasks.object_detection.task import ObjectDetection

__all__ = ["ObjectDetection"]
