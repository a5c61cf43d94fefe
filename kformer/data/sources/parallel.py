"""Parallel files: one sentence a line, and the same sentence in another language on the same line of another file."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from kformer.data.sources.reading import UNDECODABLE, Reading, Rejection, is_utf8, printable


def read_parallel(paths: Sequence[Path]) -> Reading:
    """Reads parallel files, such as train.en and train.de.

    Args:
        paths: The files; the first two are the text and its translation.

    Returns:
        One column a file, called by what tells the files apart: their ending, their name or their folder.

    Raises:
        ValueError: The files have different numbers of lines, or none, or one file is given twice.
    """
    names = _names(paths)
    columns = [_lines(path) for path in paths]
    source = ",".join(map(str, paths))
    counts = [f"{path} has {len(lines):,}" for path, lines in zip(paths, columns, strict=True)]
    if len({len(lines) for lines in columns}) > 1:
        raise ValueError(
            f"Parallel files need the same number of lines: {', '.join(counts)}. Line n of each must be the same "
            "sentence: give files that were aligned."
        )
    if not columns[0]:
        raise ValueError(f"{source} are empty. Give files with one sentence a line.")
    kept, rows, rejections = [], [], []
    for row, lines in enumerate(zip(*columns, strict=True), start=1):
        if all(map(is_utf8, lines)):
            kept.append(lines)
            rows.append(row)
        else:
            rejections.append(Rejection(source, row, UNDECODABLE, printable(" | ".join(lines))))
    texts = zip(*kept, strict=True) if kept else [()] * len(paths)
    table = pa.table([pa.array(column, pa.string()) for column in texts], names=names)
    fields = {"text": names[0], "target": names[1]}
    return Reading(table, source, rows=rows, rejections=tuple(rejections), fields=fields)


def _lines(path: Path) -> list[str]:
    text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
    # Only line ends end a line: `splitlines` would also cut at U+2028 and form feeds inside a sentence.
    lines = text.removesuffix("\n").split("\n") if text else []
    return [line.removesuffix("\r") for line in lines]


def _names(paths: Sequence[Path]) -> list[str]:
    ways: tuple[Callable[[Path], str], ...] = (
        lambda path: path.suffix.removeprefix("."),
        lambda path: path.name,
        lambda path: path.parent.name,
        str,
    )
    for way in ways:
        names = [way(path) for path in paths]
        if all(names) and len(set(names)) == len(names):
            return names
    raise ValueError(
        f"Parallel files must be different files. Received: {', '.join(map(str, paths))}. "
        "Give the sentences and, in another file, their translations."
    )
