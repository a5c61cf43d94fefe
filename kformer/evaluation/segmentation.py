"""A segmentation judged on examples: every pixel of the original masks compared once, and what is said about them."""

import dataclasses
import io
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from kformer.evaluation.bootstrap import with_intervals
from kformer.evaluation.pictures import data_address, picture_name, side_by_side, to_png, upright

_NO_CLASS = 255
_NUM_SHOWN = 6  # pictures in TensorBoard


def judge_segmentation(task, examples):
    """`judge` for a segmentation.

    Raises:
        ValueError: the examples have a class that the task does not know.
    """
    table = task.class_map.outputs_of(examples)
    places = np.full(256, _NO_CLASS, "uint8")
    places[task.class_map.indices] = np.arange(len(task.labels))
    truths = examples.values("mask")
    matrices, predicted = [None] * len(examples), [None] * len(examples)
    for index, mask in task.masks_of(examples):
        truth = table[read_mask(truths[index])]
        matrices[index] = PixelCounts.of(truth, places[mask], len(task.labels))
        predicted[index] = to_png(mask)
    return JudgedSegmentation(task.labels, examples, task.class_map.indices, table, matrices, predicted)


@dataclasses.dataclass(frozen=True)
class PixelCounts:
    """How the pixels of one mask were told apart.

    Attributes:
        confusion: int (classes, classes), counts (actual, predicted).
        missed: int (classes,), pixels of each class for which nothing was predicted.
    """

    confusion: np.ndarray
    missed: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, predicted: np.ndarray, num_classes: int) -> "PixelCounts":
        """Compares a mask with a predicted one.

        Args:
            truth: class of each pixel; 255 where none counts.
            predicted: class of each pixel, of the same shape; 255 where none was predicted.
            num_classes: number of classes.
        """
        counted = truth != _NO_CLASS
        actual, said = truth[counted].astype(int), predicted[counted].astype(int)
        said = np.minimum(said, num_classes)  # one more column for none
        matrix = np.bincount(actual * (num_classes + 1) + said, minlength=num_classes * (num_classes + 1))
        matrix = matrix.reshape(num_classes, num_classes + 1)
        return cls(matrix[:, :-1], matrix[:, -1])

    @property
    def actual(self) -> np.ndarray:
        """int (classes,): pixels that are of each class."""
        return self.confusion.sum(axis=1) + self.missed

    @property
    def predicted(self) -> np.ndarray:
        """int (classes,): pixels predicted as each class."""
        return self.confusion.sum(axis=0)

    @property
    def hits(self) -> np.ndarray:
        """int (classes,): pixels predicted as the class that they are."""
        return np.diag(self.confusion)


@dataclasses.dataclass(frozen=True)
class JudgedSegmentation:
    """Predicted masks beside the right ones.

    Attributes:
        labels: the names of the classes in the order of the model's outputs.
        examples: `kformer.data.Examples`.
        indices: uint8 (labels,), the index in masks of each label.
        table: uint8 (256,), the label's place for each index in the examples' masks; 255 for none.
        counts: list of `PixelCounts`, one per example.
        predicted: list of bytes, the predicted mask of each example as a PNG file.
    """

    labels: tuple[str, ...]
    examples: object
    indices: np.ndarray
    table: np.ndarray
    counts: Sequence[PixelCounts]
    predicted: Sequence[bytes]

    def metrics(self, seed=0):
        """The metrics with 95 % intervals, as in metrics.json.

        Args:
            seed: int, of the bootstrap.
        """
        return segmentation_metrics(self.counts, self.labels, seed=seed)

    @cached_property
    def confusion(self):
        """Counts of pixels (actual, predicted)."""
        return np.sum([counts.confusion for counts in self.counts], axis=0)

    @property
    def samples(self):
        """The first ten examples with how much of each was right: dicts."""
        return [
            {
                "image": self._names[i],
                "mean IoU": f"{self._mean_ious[i]:.3f}",
                "pixels wrong": f"{100 * self._wrong[i]:.1f} %",
                "largest mistake": self._largest_mistake(i),
            }
            for i in range(min(10, len(self.examples)))
        ]

    def report_parts(self):
        """What the report shows beside the metrics, by the names of `ReportData`."""
        from kformer.data.images.drawing import class_color

        return {
            "labels": self.labels,
            "confusion": self.confusion,
            "mistakes": self.mistakes(),
            "mistakes_hint": "The pictures with most pixels wrong: as it is, the right mask, the predicted one.",
            "truth_word": "most wrong pixels are",
            "legend": {
                label: class_color(int(i))
                for label, i in zip(self.labels, self.indices, strict=True)
                if i not in self._unpainted
            },
            "counted": "pixels",
        }

    def mistakes(self, count=12):
        """The pictures with most pixels wrong: dicts as `worst_mistakes` gives them, with a `picture` of each."""
        found = []
        for row in np.argsort(-self._wrong, kind="stable")[:count]:
            if not self._wrong[row] > 0:
                break
            actual, said = self._confused(row)
            found.append(
                {
                    "row": int(row),
                    "text": self._names[row],
                    "text_pair": None,
                    "label": actual,
                    "predicted": said,
                    "score": float(self._wrong[row]),
                    "note": f"{100 * self._wrong[row]:.1f} % of the pixels wrong, mean IoU {self._mean_ious[row]:.3f}",
                    "picture": data_address(to_png(self._strip(row))),
                }
            )
        return found

    def picture(self):
        """A PNG file of the first examples, each beside its right and its predicted mask: what TensorBoard shows."""
        strips = [self._strip(row) for row in range(min(_NUM_SHOWN, len(self.examples)))]
        width = max(strip.shape[1] for strip in strips)
        padded = [np.pad(strip, ((0, 6), (0, width - strip.shape[1]), (0, 0)), constant_values=255) for strip in strips]
        return to_png(np.concatenate(padded))

    def _strip(self, row):
        """uint8 (height, width, 3): a picture, with the right mask over it, and with the predicted one."""
        image = upright(self._images[row])
        truth = self.table[read_mask(self._masks[row])]
        shown = np.full(256, _NO_CLASS, "uint8")
        shown[: len(self.labels)] = self.indices  # the colours are those of the indices in masks
        return side_by_side(image, [shown[truth], read_mask(self.predicted[row])], self._unpainted)

    @cached_property
    def _unpainted(self):
        """The indices that have no colour over pictures."""
        from kformer.data.images.drawing import background_of

        return [int(self.indices[number]) for number in background_of(self.labels)]

    def _largest_mistake(self, row):
        actual, said = self._confused(row)
        return f"{actual} taken for {said}" if self._wrong[row] > 0 else "none"

    def _confused(self, row):
        """The names of the class and of what most of its wrong pixels were taken for."""
        counts = self.counts[row]
        wrong = np.where(np.eye(len(self.labels), dtype=bool), 0, counts.confusion)
        wrong = np.concatenate([wrong, counts.missed[:, None]], axis=1)
        actual, said = np.unravel_index(wrong.argmax(), wrong.shape)
        return self.labels[actual], self.labels[said] if said < len(self.labels) else "nothing"

    @cached_property
    def _wrong(self):
        """float (n,): the share of the pixels that are wrong; 0 where none counts."""
        shares = [1 - counts.hits.sum() / max(counts.actual.sum(), 1) for counts in self.counts]
        return np.where([counts.actual.sum() > 0 for counts in self.counts], shares, 0.0)

    @cached_property
    def _mean_ious(self):
        """float (n,): the mean IoU of each picture by itself."""
        scores = (_scores(counts.hits, counts.predicted, counts.actual)["mean_iou"] for counts in self.counts)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.array(list(scores))

    @cached_property
    def _names(self):
        return [picture_name(image, row) for row, image in enumerate(self._images)]

    @cached_property
    def _images(self):
        return self.examples.values("image")

    @cached_property
    def _masks(self):
        return self.examples.values("mask")


def segmentation_metrics(
    counts: Sequence[PixelCounts], labels: Sequence[str], *, num_resamples: int = 1000, seed: int = 0
) -> dict:
    """Scores masks: all pixels of all pictures counted together, resampled by picture.

    Args:
        counts: of each picture.
        labels: names of the classes.
        num_resamples: bootstrap resamples; 0 gives values only.
        seed: of the resamples.

    Returns:
        `num_examples`, and a dict of value, low and high for `mean_iou`, `pixel_accuracy` and `mean_accuracy` (the mean
        of the classes' recalls), and for `iou`, `precision` and `recall` `/<label>`; None where undefined. Means run
        over the classes that occur, that of IoU also over those that are predicted.
    """
    hits, predicted, actual = (
        np.stack([getattr(one, name) for one in counts], axis=1).astype(float)
        for name in ("hits", "predicted", "actual")
    )

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        scores = _scores(hits @ weights, predicted @ weights, actual @ weights)
        by_class = {name: scores.pop(name) for name in ("iou", "precision", "recall")}
        for name, rows in by_class.items():
            scores |= {f"{name}/{label}": row for label, row in zip(labels, rows, strict=True)}
        return scores

    return {"num_examples": len(counts), **with_intervals(statistics, len(counts), num_resamples, seed)}


def _scores(hits: np.ndarray, predicted: np.ndarray, actual: np.ndarray) -> dict[str, np.ndarray]:
    """The scores of counts (classes,) or (classes, b); NaN stands for 0 / 0."""
    union = predicted + actual - hits
    iou, recall = _ratio(hits, union), _ratio(hits, actual)
    return {
        "mean_iou": _mean_of_known(iou),
        "pixel_accuracy": _ratio(hits.sum(axis=0), actual.sum(axis=0)),
        "mean_accuracy": _mean_of_known(recall),
        "iou": iou,
        "precision": _ratio(hits, predicted),
        "recall": recall,
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def _mean_of_known(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    return _ratio(np.where(known, values, 0).sum(axis=0), known.sum(axis=0))


def read_mask(source: str | bytes) -> np.ndarray:
    """The class indices of a checked mask, uint8 (height, width).

    Args:
        source: path, or bytes of a file.
    """
    from PIL import Image

    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else Path(source)) as image:
        return np.asarray(image)
