"""A finished training."""

import dataclasses
from pathlib import Path

from kformer.tasks.task import Task
from kformer.wording import counted


@dataclasses.dataclass(frozen=True, repr=False)
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

    def __repr__(self):
        """One line: the task and where it lies. Metrics and history in full would fill screens."""
        epochs = counted(len(self.history), "epoch") + (", interrupted" if self.interrupted else "")
        place = "not saved" if self.folder is None else f"saved in {self.folder}"
        return f"<Run: {type(self.task).__name__}; {epochs}; {place}>"
