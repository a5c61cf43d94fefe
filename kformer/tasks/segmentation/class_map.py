"""The classes of masks: which of them a model learns, and what their indices in files are."""

import dataclasses

import numpy as np

from kformer.data.images.masks import NO_CLASS
from kformer.errors import suggest

_NO_CLASS_NAMES = ("ignore", "ignored", "unlabeled", "unlabelled", "void")


@dataclasses.dataclass(frozen=True)
class ClassMap:
    """Names by the index that masks have, some of them to be ignored.

    Attributes:
        names: tuple of str, all names; the first is that of index 0.
        ignored: tuple of str, those that are neither learned nor predicted.

    Raises:
        ValueError: an ignored name is unknown, or fewer than two names are left.
    """

    names: tuple
    ignored: tuple = ()

    def __post_init__(self):
        for name in self.ignored:
            if name not in self.names:
                raise ValueError(
                    f"There is no class {name!r} to ignore.{suggest(name, self.names)} Known: {', '.join(self.names)}."
                )
        if len(self.labels) < 2:
            left = ", ".join(self.labels) or "none"
            raise ValueError(f"Two or more classes are needed to tell pixels apart. Received: {left}.")

    @property
    def labels(self):
        """The names that are learned, in the order of the model's outputs."""
        return tuple(name for name in self.names if name not in self.ignored)

    @property
    def notes(self):
        """A line on each class that is learned, though its name says that it is none."""
        return tuple(
            f"the class {name!r} is learned and judged as any other; leave it out with `ignore_label` "
            f"(--ignore-label {name})"
            for name in self.labels
            if name.lower() in _NO_CLASS_NAMES
        )

    @property
    def indices(self):
        """uint8 (labels,): the index in masks of each of the model's outputs."""
        return np.array([i for i, name in enumerate(self.names) if name not in self.ignored], "uint8")

    def outputs_of(self, examples):
        """uint8 (256,): the model's output for each index in the masks of examples, or `NO_CLASS` for none.

        Args:
            examples: `kformer.data.Examples` with masks, whose names may be in another order; where they are numbers
                they are our indices.

        Raises:
            ValueError: a name is unknown.
        """
        outputs = {name: position for position, name in enumerate(self.labels)}
        table = np.full(256, NO_CLASS, "uint8")
        for index, name in enumerate(self._named(examples)):
            if name not in self.names:
                raise ValueError(
                    f"{examples.source} has the class {name!r}, which the model does not know. Known: "
                    f"{', '.join(self.names)}. Name the classes in that order with `label_names`."
                )
            table[index] = outputs.get(name, NO_CLASS)
        return table

    def _named(self, examples):
        """The names of the classes of examples; where they are only numbered, ours."""
        labels = examples.labels
        is_numbered = labels == tuple(map(str, range(len(labels))))
        return self.names[: len(labels)] if is_numbered and len(labels) <= len(self.names) else labels


def ignored_names(names, text):
    """The names of the classes that a recipe's `ignore_label` means.

    Args:
        names: tuple of str, of all classes by index.
        text: str, a name or an index, or several with commas between them; None for none.

    Raises:
        ValueError: there is no such class.
    """
    if text is None:
        return ()
    parts = [text] if text in names else [part.strip() for part in text.split(",")]
    return tuple(dict.fromkeys(_name(names, part) for part in parts))


def _name(names, part):
    if part in names:
        return part
    if part.isdecimal() and int(part) < len(names):
        return names[int(part)]
    if part == str(NO_CLASS):
        raise ValueError(f"`ignore_label` {NO_CLASS} is not needed: in masks it always stands for no class.")
    known = ", ".join(f"{index} {name}" for index, name in enumerate(names))
    raise ValueError(f"`ignore_label` must be a class. Received: {part!r}.{suggest(part, names)} Known: {known}.")
