"""Folders: .txt files, by class or not, or the parts `train` and `validation` of any other source."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyarrow as pa

from kformer.data.sources.reading import UNDECODABLE, Options, Reading, Rejection, printable
from kformer.errors import suggest

TRAIN = "train"
VALIDATION = "validation"
# What people call their parts, by our name for it. "test" is not in it: it is not for choosing models.
ALIASES = {TRAIN: ("train", "training"), VALIDATION: ("validation", "valid", "val", "dev")}


def find_parts(folder: Path, endings: tuple[str, ...]) -> dict[str, Path]:
    """Returns the parts of a folder: its subfolders or files named `train`, `validation`, ...

    Args:
        folder: Where to look.
        endings: The endings of files that can be read, such as ".csv" and ".tar.gz".

    Returns:
        Path of each part that is there, keyed by "train" and "validation"; empty without a training part.
    """
    entries = {}
    for entry in sorted(folder.iterdir(), reverse=True):
        name = entry.name.lower()
        ending = next((ending for ending in endings if name.endswith(ending)), None)
        if entry.is_dir() or ending is not None:
            entries[name if entry.is_dir() else name.removesuffix(ending)] = entry
    parts = {
        part: next(entries[alias] for alias in aliases if alias in entries)
        for part, aliases in ALIASES.items()
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


def read_text_folder(folder: Path, options: Options, others: str = "") -> Reading:
    """Reads `<class>/*.txt`, each an example labelled with its folder's name; or, where there are none, `*.txt`.

    Args:
        folder: Where to look.
        options: What a source may need to know.
        others: What else was looked for and not found, such as "no images, ".

    Raises:
        ValueError: There are no .txt files.
    """
    paths = text_files(folder, others)
    return _read_texts(folder, paths, labelled=paths[0].parent != folder)


def text_files(folder: Path, others: str = "") -> list[Path]:
    """Returns `<class>/*.txt` or, where there are none, `*.txt` (arguments and errors: see `read_text_folder`)."""
    paths = sorted(folder.glob("*/*.txt")) or sorted(folder.glob("*.txt"))
    if not paths:
        raise ValueError(
            f"{folder} holds {others}no <class>/*.txt, no *.txt and no train.csv (or .tsv, .jsonl, .parquet, .txt). "
            "Give a folder of .txt files, one with a subfolder of them a class, one with a train part, or a file."
        )
    return paths


def read_text(path: Path, options: Options) -> Reading:
    """Reads a .txt file: the whole of it is one example, since a language model reads across its paragraphs."""
    return _read_texts(path.parent, [path], labelled=False)


def _read_texts(folder: Path, paths: Sequence[Path], labelled: bool) -> Reading:
    rows, files, rejections = [], [], []
    for path in paths:
        content = path.read_bytes()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raw = printable(content.decode("utf-8", "surrogateescape"))
            rejections.append(Rejection(str(path), None, UNDECODABLE, raw))
            continue
        label = {"label": path.parent.name} if labelled else {}
        rows.append({"text": text, **label, "file": str(path.relative_to(folder))})
        files.append(str(path))
    columns = ("text", "label", "file") if labelled else ("text", "file")
    table = pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns})
    source = str(folder) if len(paths) > 1 or labelled else str(paths[0])
    fields = {} if labelled else {"text": "text"}
    return Reading(table, source, files=files, rejections=tuple(rejections), fields=fields)
