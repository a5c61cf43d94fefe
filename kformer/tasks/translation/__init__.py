"""Translation."""

from kformer.tasks.translation.task import Translation

__all__ = ["Translation"]
