"""Semantic segmentation."""

from kformer.tasks.segmentation.task import Segmentation

__all__ = ["Segmentation"]
