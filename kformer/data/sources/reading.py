"""What every source takes and gives: `Options` in, a `Reading` out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

UNDECODABLE = "the bytes are not UTF-8"
# What Python's "surrogateescape" leaves where a byte is not UTF-8, and what "\ud800" in JSON gives.
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Rejection:
    """A row that cannot be used, and why."""

    file: str
    row: int | None  # line of the file, counted from 1 and with the header; None where a file is one example
    reason: str
    raw: str  # what stood there, undecodable bytes as \xNN, at most 1,000 characters

    @property
    def place(self) -> str:
        """Where the row is: "row 7", or the file where a file is one example."""
        return self.file if self.row is None else f"row {self.row}"


@dataclass(frozen=True)
class Options:
    """What a source may need to know beside its name."""

    split: str | None = None  # one of the source's named parts, such as "train"
    quoting: str = "auto"  # "standard" or "none"; "auto" is standard for csv, none for tsv
    tfds_dir: Path | None = None  # where TensorFlow Datasets keeps prepared data; None is its default
    required: tuple[str, ...] = ()  # roles that every example must have; a folder may hold texts and images


@dataclass(frozen=True)
class Reading:
    """What a source read: all its columns as they are, and the rows it could not use."""

    table: pa.Table
    file: str  # for messages
    rows: Sequence[int] | None = None  # line of each table row in the file; None: 1, 2, 3, ...
    files: Sequence[str] | None = None  # file of each table row, where a file is one example
    rejections: tuple[Rejection, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)  # role -> column, where the source knows
    label_names: Mapping[str, Sequence[str]] = field(default_factory=dict)  # column -> names of its integers
    notes: tuple[str, ...] = ()
    folder: Path | None = None  # where the paths in its columns begin; None: beside `file`

    def reject(self, index: int, reason: str) -> Rejection:
        """Returns the rejection of table row `index`, with its place in the file."""
        values = self.table.slice(index, 1).to_pylist()[0]
        if self.files is not None:
            return Rejection(self.files[index], None, reason, printable(str(values)))
        row = index + 1 if self.rows is None else int(self.rows[index])
        return Rejection(self.file, row, reason, printable(str(values)))


def is_utf8(text: str) -> bool:
    """Tells whether a text that was decoded with errors="surrogateescape" was UTF-8."""
    return text.isascii() or _SURROGATES.search(text) is None


def printable(text: str) -> str:
    r"""Returns the start of `text` with undecodable bytes written as \xNN, so that any file can hold it."""
    return text[:1000].encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
