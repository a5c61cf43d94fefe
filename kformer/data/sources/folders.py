"""Folders: one folder a class with .txt files in it, or the parts `train` and `validation` of any other source."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from kformer.data.sources.reading import UNDECODABLE, Options, Reading, Rejection, printable
from kformer.errors import suggest

TRAIN = "train"
VALIDATION = "validation"
# What people call their parts, by our name for it. "test" is not in it: it is not for choosing models.
_ALIASES = {TRAIN: ("train", "training"), VALIDATION: ("validation", "valid", "val", "dev")}


def find_parts(folder: Path, endings: tuple[str, ...]) -> dict[str, Path]:
    """Returns the parts of a folder: its subfolders or files named `train`, `validation`, ...

    Args:
        folder: Where to look.
        endings: The endings of files that can be read, such as ".csv".

    Returns:
        Path of each part that is there, keyed by "train" and "validation"; empty without a training part.
    """
    entries = {
        entry.stem.lower() if entry.is_file() else entry.name.lower(): entry
        for entry in sorted(folder.iterdir(), reverse=True)
        if entry.is_dir() or entry.suffix.lower() in endings
    }
    parts = {
        part: next(entries[alias] for alias in aliases if alias in entries)
        for part, aliases in _ALIASES.items()
        if any(alias in entries for alias in aliases)
    }
    return parts if TRAIN in parts else {}


def chosen_part(source: str | Path, options: Options, parts: Iterable[str]) -> str:
    """Returns the part of a source that the options name, or "train".

    Raises:
        ValueError: It is not one of the parts.
    """
    part, parts = options.split or TRAIN, tuple(parts)
    if part not in parts:
        raise ValueError(f"{source} has no part {part!r}. Its parts are: {', '.join(parts)}.{suggest(part, parts)}")
    return part


def read_class_folders(folder: Path, options: Options) -> Reading:
    """Reads `<class>/*.txt`: every file is one example, labelled with the name of its folder."""
    paths = sorted(folder.glob("*/*.txt"))
    if not paths:
        raise ValueError(
            f"{folder} holds no <class>/*.txt and no train.csv (or .tsv, .jsonl, .parquet). "
            "Give a folder with one subfolder of .txt files a class, or with a train part, or a file."
        )
    texts, labels, files, rejections = [], [], [], []
    for path in paths:
        content = path.read_bytes()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raw = printable(content.decode("utf-8", "surrogateescape"))
            rejections.append(Rejection(str(path), None, UNDECODABLE, raw))
            continue
        texts.append(text)
        labels.append(path.parent.name)
        files.append(str(path.relative_to(folder)))
    strings = pa.string()
    table = pa.table({"text": pa.array(texts, strings), "label": pa.array(labels, strings), "file": files})
    return Reading(table, str(folder), files=[str(folder / file) for file in files], rejections=tuple(rejections))
