"""A detection of objects judged: COCO's average precision, and what is found at the threshold that answers have."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from kformer.data.examples import check_labels
from kformer.data.images.boxes import SIDES
from kformer.evaluation.average_precision import OVERLAPS, SIZES, Matches, match_class, overlaps_of
from kformer.evaluation.bootstrap import with_intervals
from kformer.evaluation.pictures import FOUND, MISSED, WRONG, drawn_address, picture_name, sheet_of_boxes

_NUM_RESAMPLES = 200  # each sorts nothing, but counts all boxes of all classes at ten overlaps
_NUM_SHEET = 9


def judge_detection(task, examples):
    """`judge` for a detection.

    Raises:
        ValueError: a box has a label that the task does not know.
    """
    check_labels(examples, task.labels)
    return JudgedDetection(task.labels, examples, task.boxes_of(examples), task.score_threshold)


@dataclasses.dataclass(frozen=True)
class JudgedDetection:
    """Boxes beside what was right.

    Attributes:
        names: the names of the classes in order.
        examples: `kformer.data.Examples`.
        found: for each image a dict of `boxes` (n, 4), corners in pixels, `scores` (n,) and `classes` (n,), best first.
        score_threshold: float, the least score of a box that is shown.
    """

    names: Sequence[str]
    examples: object
    found: Sequence[Mapping[str, np.ndarray]]
    score_threshold: float
    confusion = None

    @property
    def labels(self):
        """The names of the classes."""
        return self.names

    @cached_property
    def wanted(self):
        """The right boxes of each image: dicts of `boxes` float (n, 4) and `classes` int (n,)."""
        number = {name: i for i, name in enumerate(self.names)}
        return [
            {
                "boxes": np.array([[box[side] for side in SIDES] for box in boxes], float).reshape(-1, 4),
                "classes": np.array([number[box["label"]] for box in boxes], int),
            }
            for boxes in self.examples.values("boxes")
        ]

    def metrics(self, seed=0):
        """The metrics with 95 % intervals, as in metrics.json.

        Args:
            seed: int, of the bootstrap.
        """
        return detection_metrics(self.wanted, self.found, self.names, self.score_threshold, seed=seed)

    @property
    def shown(self):
        """`found` without boxes below the threshold."""
        return [_chosen(found, found["scores"] >= self.score_threshold) for found in self.found]

    @property
    def samples(self):
        """The first ten images with how many boxes of each class there are, and were found."""
        rows = zip(self._image_names[:10], self.wanted, self.shown, strict=False)
        return [
            {"image": name, "boxes": self._told(right), "predicted": self._told(found)} for name, right, found in rows
        ]

    def picture(self):
        """A PNG file of some images with what was found in them: what TensorBoard shows."""
        rows = range(min(_NUM_SHEET, len(self.examples)))
        return sheet_of_boxes([self._images[row] for row in rows], self.shown[: len(rows)], self.names)

    def report_parts(self):
        """What the report shows beside the metrics, by the names of `ReportData`."""
        return {
            "labels": self.names,
            "mistakes": self.mistakes(),
            "mistakes_hint": "The images with most mistakes. Green: found; red: nothing of that kind is there, or it "
            "was found before; yellow: missed. Look whether a box was forgotten.",
        }

    def mistakes(self, count=12):
        """The images with most boxes that were missed or made up: dicts as `worst_mistakes` gives, with a `picture`."""
        matched = [_matched(right, found) for right, found in zip(self.wanted, self.shown, strict=True)]
        wrong = np.array([np.count_nonzero(~is_right) for is_right, _ in matched])
        missed = np.array([np.count_nonzero(~was_found) for _, was_found in matched])
        return [
            {
                "row": int(row),
                "text": self._image_names[row],
                "text_pair": None,
                "label": self._told(self.wanted[row]),
                "predicted": self._told(self.shown[row]),
                "score": float(wrong[row] + missed[row]),
                "note": f"{missed[row]} missed, {wrong[row]} wrong",
                "picture": self._drawn(row, *matched[row]),
            }
            for row in np.argsort(-(wrong + missed), kind="stable")[:count]
            if wrong[row] + missed[row]
        ]

    def _drawn(self, row, is_right, was_found):
        missing = self.wanted[row]["boxes"][~was_found]
        boxes = np.concatenate([self.shown[row]["boxes"], missing])
        colors = [FOUND if ok else WRONG for ok in is_right] + [MISSED] * len(missing)
        return drawn_address(self._images[row], boxes, colors)

    def _told(self, boxes):
        """How many boxes of each class: "8 RBC, 1 WBC"."""
        counts = Counter(boxes["classes"].tolist())
        return ", ".join(f"{counts[number]} × {self.names[number]}" for number in sorted(counts)) or "nothing"

    @cached_property
    def _images(self):
        return self.examples.values("image")

    @cached_property
    def _image_names(self):
        return [picture_name(image, row) for row, image in enumerate(self._images)]


def detection_metrics(
    wanted: Sequence[Mapping], found: Sequence[Mapping], labels: Sequence[str], threshold: float = 0.5,
    *, num_resamples: int = _NUM_RESAMPLES, seed: int = 0,
) -> dict:  # fmt: skip
    """Scores a detector as COCO does.

    Args:
        wanted: for each image `boxes` (n, 4), corners in pixels, and `classes` (n,).
        found: for each image the same, and `scores` (n,).
        labels: names of the classes.
        threshold: the least score of a box that is shown, for precision, recall and F1.
        num_resamples: bootstrap resamples of the images; 0 for values only.
        seed: of the resamples.

    Returns:
        `num_examples`, and a dict of value, low and high for

        - map, map50, map75: the mean over classes of the average precision, at an overlap of 0.5, of 0.75, and as the
          mean of ten overlaps from 0.5 to 0.95; ap/X, ap50/X and ap75/X of each class;
        - precision, recall, f1: of the boxes shown, at an overlap of 0.5, and of each class; the threshold is their
          `note`;
        - map_small, map_medium, map_large: by the area of the boxes, up to 32^2 and 96^2 pixels; without intervals.

        Classes without a box to find are left out of means.
    """
    by_class = [_of_class(wanted, found, number) for number in range(len(labels))]
    matches = [match_class(*boxes) for boxes in by_class]

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        precision = np.stack([matched.precision(weights) for matched in matches])  # (classes, overlaps, b)
        return {**_precisions(precision, labels), **_at_threshold(matches, threshold, weights, labels)}

    def of_sizes(weights: np.ndarray) -> dict[str, np.ndarray]:
        sized = {size: [match_class(*boxes, size).precision(weights) for boxes in by_class] for size in SIZES}
        return {f"map_{size}": _mean(np.stack(sized[size]).mean(axis=1)) for size in SIZES if size != "all"}

    metrics = {
        "num_examples": len(wanted),
        **with_intervals(statistics, len(wanted), num_resamples, seed),
        **with_intervals(of_sizes, len(wanted), 0, seed),
    }
    for name in ("precision", "recall", "f1"):
        metrics[name]["note"] = f"score from {threshold:g}"
    return metrics


def _of_class(wanted, found, number):
    """What `match_class` takes."""
    right = [_chosen(image, image["classes"] == number) for image in wanted]
    ours = [_chosen(image, image["classes"] == number) for image in found]
    columns = ([image["boxes"] for image in right], [image["boxes"] for image in ours])
    return (*columns, [image["scores"] for image in ours])


def _chosen(image, mask):
    return {name: values[mask] for name, values in image.items()}


def _precisions(precision: np.ndarray, labels: Sequence[str]) -> dict[str, np.ndarray]:
    of_kind = {
        "50": precision[:, 0],
        "75": precision[:, np.flatnonzero(np.isclose(OVERLAPS, 0.75))[0]],
        "": precision.mean(axis=1),
    }
    means = {f"map{kind}": _mean(values) for kind, values in of_kind.items()}
    named = {f"ap{kind}/{label}": values[i] for kind, values in of_kind.items() for i, label in enumerate(labels)}
    return {**means, **named}


def _mean(values: np.ndarray) -> np.ndarray:
    """The mean over the classes that have a box to find: (b,) of (classes, b)."""
    known = np.isfinite(values)
    return np.where(known, values, 0).sum(axis=0) / known.sum(axis=0)


def _at_threshold(
    matches: Sequence[Matches], threshold: float, weights: np.ndarray, labels: Sequence[str]
) -> dict[str, np.ndarray]:
    """Precision, recall and F1 of the boxes shown, at the first overlap."""
    right, shown, wanted = [], [], []
    for matched in matches:
        is_shown = matched.scores >= threshold
        weight = weights[matched.images]
        right.append((is_shown & matched.right[0]) @ weight)
        shown.append(is_shown @ weight)
        wanted.append(matched.counts @ weights)
    parts = {"": [np.sum(part, axis=0)[None] for part in (right, shown, wanted)], "/": [right, shown, wanted]}
    result = {}
    for sign, (hits, ours, theirs) in parts.items():
        hits, ours, theirs = (np.asarray(part, float) for part in (hits, ours, theirs))
        values = {"precision": hits / ours, "recall": hits / theirs, "f1": 2 * hits / (ours + theirs)}
        for name, value in values.items():
            result |= (
                {f"{name}/{label}": row for label, row in zip(labels, value, strict=True)} if sign else {name: value[0]}
            )
    return result


def _matched(right, found):
    """Which of the found boxes are right, bool (m,), and which of the right ones were found, bool (n,)."""
    is_right, was_found = np.zeros(len(found["scores"]), bool), np.zeros(len(right["classes"]), bool)
    iou = overlaps_of(found["boxes"].astype(float), right["boxes"])
    for i, number in enumerate(found["classes"]):
        free = np.where(was_found | (right["classes"] != number), 0.0, iou[i])
        if len(free) and free.max() >= OVERLAPS[0]:
            is_right[i], was_found[free.argmax()] = True, True
    return is_right, was_found
