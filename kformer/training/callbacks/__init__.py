"""Callbacks that a run has beside Keras' own."""

from kformer.training.callbacks.averaging import AverageWeights
from kformer.training.callbacks.progress import (
    EpochLines,
    KeepBest,
    StopOnNaN,
    Throughput,
    TimeEstimate,
    in_words,
    is_interactive,
)
from kformer.training.callbacks.tensorboard import TrainingBoard

__all__ = [
    "AverageWeights",
    "EpochLines",
    "StopOnNaN",
    "Throughput",
    "KeepBest",
    "TimeEstimate",
    "TrainingBoard",
    "in_words",
    "is_interactive",
]
