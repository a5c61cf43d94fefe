"""What the tasks share that give an input a label, several labels or a number."""

from kformer.tasks.classification.task import PROBLEMS, Classification

__all__ = ["PROBLEMS", "Classification"]
