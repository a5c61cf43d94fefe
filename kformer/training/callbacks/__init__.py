"""Callbacks that a run has beside Keras' own."""

from kformer.training.callbacks.averaging import AverageWeights
from kformer.training.callbacks.progress import StopOnNaN, Throughput, TimeEstimate, in_words
from kformer.training.callbacks.tensorboard import TrainingBoard

__all__ = ["AverageWeights", "StopOnNaN", "Throughput", "TimeEstimate", "TrainingBoard", "in_words"]
