"""A finished training."""

import dataclasses
from pathlib import Path

from kformer.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Run:
    """What `fine_tune` returns.

    Attributes:
        task: the trained task.
        metrics: dict, as in metrics.json: {"validation": {"accuracy": {"value", "low", "high"}, ...}}.
        history: list of dicts, Keras' logs of each epoch.
        folder: Path of the run, or None when nothing was to be written.
        interrupted: bool, whether Ctrl-C ended the training before its last epoch.
        validation: `kformer.data.Examples`, what the metrics were measured on.
    """

    task: Task
    metrics: dict
    history: list
    folder: Path | None = None
    interrupted: bool = False
    validation: object = None
