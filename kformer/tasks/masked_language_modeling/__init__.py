"""Masked language modeling."""

from kformer.tasks.masked_language_modeling.task import MaskedLanguageModeling

__all__ = ["MaskedLanguageModeling"]
