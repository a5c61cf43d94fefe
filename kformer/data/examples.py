"""Examples: the rows of a source, by role, with random access."""

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from kformer.data.images.masks import is_class
from kformer.data.labels import listed, sort_names
from kformer.data.schema import IMAGE_ROLES
from kformer.data.sources import Rejection
from kformer.data.splits import cut_position, held_out
from kformer.errors import suggest


@dataclass(frozen=True, eq=False)
class Examples:
    """Text or images with or without labels, translations, boxes or masks, read from a source; immutable.

    Args:
        table: All columns of the source. With images: also "image.height", "image.width" (the right way up) and
            "image.sha256", and with masks "mask.sha256" and "mask.pixels" (of each class).
        fields: The column of each role: "image" (a path, or the encoded bytes), "mask" (the same, of class indices),
            "boxes" (lists of {"label", "x0", "y0", "x1", "y1"} in pixels of the image the right way up), "text",
            "text_pair", "target", "label", "group"; only those that are there.
        label_kind: "class", "multi" (any number of labels an example), "number", or None without labels.
        labels: Names of the labels in order, for "class" and "multi", or of the classes of boxes or masks; ()
            otherwise.
        source: What was read, for messages.
        rejected: The rows that could not be used.
        notes: Lines to show: what was guessed.
        problems: Further ones: how many rows were rejected and why, or, where nothing was required, which rows a
            training would reject.
    """

    table: pa.Table
    fields: dict[str, str]
    label_kind: str | None = None
    labels: tuple[str, ...] = ()
    source: str = ""
    rejected: tuple[Rejection, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.table.num_rows

    def __repr__(self) -> str:
        """Returns one line: how many of what. The table itself would fill screens."""
        roles = ", ".join(f"{role} ({column!r})" for role, column in self.fields.items())
        labels = f"; {len(self.labels)} labels: {listed(self.labels)}" if self.labels else ""
        return f"<Examples: {len(self):,} of {self.source or 'a table'}; {roles}{labels}>"

    def __getitem__(self, index: int) -> dict:
        """Returns one example by role: {"text": ..., "label": ...}."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"There are {len(self)} examples. Received: {index}.")
        return {role: self.table[column][int(index)].as_py() for role, column in self.fields.items()}

    def values(self, role: str) -> list:
        """Returns the values of all examples in one role.

        Args:
            role: "image", "mask", "boxes", "text", "text_pair", "target", "label" or "group".

        Returns:
            Text, or for labels text (class), lists of text (multi) or floats (number); paths or bytes for images and
            masks, and lists of dicts for boxes.

        Raises:
            ValueError: The examples have no such role.
        """
        if role not in self.fields:
            known = ", ".join(self.fields)
            raise ValueError(f"{self.source} has no `{role}`. Its roles are: {known}.{suggest(role, self.fields)}")
        return self.table[self.fields[role]].to_pylist()

    def identities(self, role: str) -> list:
        """Returns values of a role that are equal for equal examples: hashes of images and masks, else `values`."""
        hashes = f"{role}.sha256"
        if role in IMAGE_ROLES and role in self.fields and hashes in self.table.column_names:
            return self.table[hashes].to_pylist()
        return self.values(role)

    def targets(self, labels: Sequence[str] | None = None) -> np.ndarray:
        """Returns the labels as numbers, as losses and metrics take them.

        Args:
            labels: Names in the order of the model's outputs; None is the order of `self.labels`.

        Returns:
            int32 (examples,) positions for classes, float32 (examples, labels) of 0 and 1 for multi, float32
            (examples,) for numbers.

        Raises:
            ValueError: There are no labels, or one that is not among `labels`.
        """
        values = self.values("label")
        if self.label_kind == "number":
            return np.array(values, np.float32)
        positions = {name: position for position, name in enumerate(self.labels if labels is None else labels)}
        check_labels(self, positions)
        if self.label_kind == "class":
            return np.fromiter((positions[name] for name in values), np.int32, len(values))
        targets = np.zeros((len(values), len(positions)), np.float32)
        for row, names in enumerate(values):
            targets[row, [positions[name] for name in names]] = 1
        return targets

    def take(self, indices: Sequence[int] | np.ndarray) -> "Examples":
        """Returns the examples at the given positions, in that order."""
        return replace(self, table=self.table.take(pa.array(np.asarray(indices, np.int64))))

    def split(
        self, fraction: float, seed: int = 0, stratify: bool = True, group: str | None = None
    ) -> tuple["Examples", "Examples"]:
        """Divides the examples into those to train on and those held out.

        A single text by itself, such as a book, is cut in two: its end is held out.

        Args:
            fraction: Share to hold out, between 0 and 1.
            seed: The same seed gives the same parts.
            stratify: Keep the shares of the classes, where labels are classes.
            group: Column whose equal values stay on one side (a patient, an author); None is the role "group",
                if there is one.

        Returns:
            The larger part and the part held out, both in the order of the source. The rows that could not be used
            are told once, with the larger part.

        Raises:
            ValueError: There is no such column, too few rows or groups to divide, or one class only.
        """
        check_classes(self)
        if len(self) == 1 and set(self.fields) == {"text"}:
            return self._cut(fraction)
        column = self.fields.get("group") if group is None else group
        if column is not None and column not in self.table.column_names:
            known = self.table.column_names
            raise ValueError(f"{self.source} has no column {column!r} (`group`). Its columns are: {', '.join(known)}.")
        classes = self.values("label") if stratify and self.label_kind == "class" else None
        groups = None if column is None else self.table[column].to_pylist()
        chosen = held_out(len(self), fraction, seed, classes, groups)
        return self.take(np.flatnonzero(~chosen)), replace(self.take(np.flatnonzero(chosen)), rejected=())

    def _cut(self, fraction: float) -> tuple["Examples", "Examples"]:
        (text,) = self.values("text")
        position = cut_position(text, fraction)
        column = self.table.column_names.index(self.fields["text"])
        train, end = (
            replace(self, table=self.table.set_column(column, self.fields["text"], pa.array([part], pa.string())))
            for part in (text[:position], text[position:])
        )
        return train, replace(end, rejected=())

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the values by role, the label names and the kind: equal for equal examples, whatever the file."""
        digest = hashlib.sha256(repr((sorted(self.fields), self.label_kind, self.labels)).encode())
        for role in sorted(self.fields):
            # One contiguous array: slices and chunks of equal values have equal bytes only once they are rebuilt.
            column = pa.array(self.identities(role))
            with pa.ipc.new_stream(sink := pa.BufferOutputStream(), pa.schema([(role, column.type)])) as writer:
                writer.write_batch(pa.record_batch([column], names=[role]))
            digest.update(sink.getvalue())
        return digest.hexdigest()


def has_names(examples: Examples) -> bool:
    """Tells whether there is something that has one of several names: labels, boxes or the pixels of masks."""
    if "label" in examples.fields:
        return examples.label_kind in ("class", "multi")
    return not examples.fields.keys().isdisjoint(("boxes", "mask"))


def is_segmented(examples: Examples) -> bool:
    """Tells whether names are those of the pixels of masks."""
    return "mask" in examples.fields and "label" not in examples.fields


def label_counts(examples: Examples) -> Counter[str]:
    """Counts how often each name occurs: as an example's label, or one of them, as a box or as a pixel of a mask."""
    if is_segmented(examples):
        names = dict(enumerate(examples.labels))
        pixels = mask_pixels(examples).tolist()
        classes = (value for value in range(len(pixels)) if is_class(pixels, value))
        return Counter({names.get(value, str(value)): pixels[value] for value in classes})
    return Counter(itertools.chain.from_iterable(_names(examples)))


def _names(examples: Examples) -> Iterator[Sequence[str]]:
    """Yields the names in each example."""
    if "label" not in examples.fields:
        yield from ([box["label"] for box in boxes] for boxes in examples.values("boxes"))
    else:
        yield from (value if isinstance(value, list) else (value,) for value in examples.values("label"))


def mask_pixels(examples: Examples) -> np.ndarray:
    """Returns int64 (256,): how many pixels of all masks have each class."""
    total = np.zeros(256, "int64")
    for pixels in examples.table["mask.pixels"].to_pylist():
        total[: len(pixels)] += pixels
    return total


def check_classes(examples: Examples):
    """Checks that there are labels to tell apart.

    Raises:
        ValueError: All labels are the same.
    """
    if problem := classes_problem(examples):
        raise ValueError(problem)


def classes_problem(examples: Examples) -> str:
    """Returns a sentence where all labels are the same, so that there is nothing to tell apart; "" otherwise."""
    if examples.label_kind not in ("class", "multi"):
        return ""
    counts = label_counts(examples)
    if len(counts) >= (2 if examples.label_kind == "class" else 1):
        return ""
    column = examples.fields["label"]
    labels = " and ".join(map(repr, counts)) or "empty"
    return (
        f"{examples.source} has one class only: all {len(examples)} labels in column {column!r} are {labels}. "
        "Give examples of two or more classes to tell apart."
    )


def check_labels(examples: Examples, known: Iterable[str]):
    """Checks that every label is a known one.

    Raises:
        ValueError: Some are not; they are named, with the first example that has one.
    """
    known, unknown = tuple(known), {}
    for position, names in enumerate(_names(examples), start=1):
        for name in names:
            if name not in known:
                unknown.setdefault(name, position)
    if unknown:
        first = next(iter(unknown))
        raise ValueError(
            f"{examples.source} has labels that are not known: {listed(sort_names(unknown))} "
            f"(first: example {unknown[first]}). Known, from the training data or `label_names`, are: {listed(known)}. "
            f"Correct the labels, or add such examples to the training data.{suggest(first, known)}"
        )
