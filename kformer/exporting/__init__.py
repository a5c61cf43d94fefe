"""Predictors and exports: what a trained task becomes."""

from kformer.exporting.export import export
from kformer.exporting.predictor import Predictor, load

__all__ = ["Predictor", "export", "load"]
