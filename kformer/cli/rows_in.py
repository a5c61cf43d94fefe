"""Reads a file of unlabelled rows chunk by chunk, with all its columns, however large it is."""

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from kformer.cli.console import note
from kformer.errors import suggest

STDIN = "-"
_CHUNK_ROWS = 2048  # enough for the predictor to put texts of one length together
_MAX_FIELD_BYTES = 2**31 - 1


@dataclass(frozen=True)
class Rows:
    """Rows of a file: dicts from column to value, in chunks."""

    source: str
    columns: list[str]
    head: list[dict]  # the first chunk, to look at
    chunks: Iterator[list[dict]]  # all of them, once
    schema: object = None  # pa.Schema of a parquet file, whose types are kept

    @classmethod
    def of(cls, source: str, chunks: Iterator[list[dict]], columns: list[str] | None = None, schema=None) -> "Rows":
        """Makes the rows of a file.

        Args:
            source: For messages.
            chunks: The rows.
            columns: Their names, where the file states them; None takes those of the first chunk.
            schema: pa.Schema, for a parquet file.

        Raises:
            ValueError: There are no rows.
        """
        head = next(chunks, None)
        if head is None:
            raise ValueError(f"{source} holds no rows. Give a file with one text a row.")
        names = columns or list(dict.fromkeys(name for row in head for name in row))
        return cls(source, names, head, chain([head], chunks), schema)


@contextmanager
def open_rows(source: str, format: str | None = None) -> Iterator[Rows]:
    """Opens a file of rows.

    Args:
        source: A .csv, .tsv, .jsonl, .parquet or .txt file (one text a line), a folder of pictures, or "-" for
            standard input.
        format: The ending that says how to read it, such as "csv"; None: that of the file, "txt" for standard input.

    Yields:
        The rows.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The ending is unknown, or a row cannot be read; the row is named.
    """
    if Path(source).is_dir():
        yield _read_pictures(source)
        return
    reader = _reader(source, format)
    if reader is _read_parquet:
        yield reader(source)
    elif source == STDIN:
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="surrogateescape", newline="")
        yield reader("standard input", sys.stdin)
    else:
        with Path(source).open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield reader(source, file)


def _reader(source: str, format: str | None):
    ending = format or ("txt" if source == STDIN else Path(source).suffix.lower().removeprefix("."))
    if source != STDIN and not Path(source).is_file():
        raise FileNotFoundError(f"There is no file {source!r} to read texts from.")
    if ending not in READERS:
        raise ValueError(
            f"{source} ends in {ending!r}, which cannot be read. Known: {', '.join(READERS)}; or say --format."
            + suggest(ending, READERS)
        )
    if ending == "parquet" and source == STDIN:
        raise ValueError("A parquet file cannot be read from standard input. Give its path with --input.")
    return READERS[ending]


def _read_pictures(folder: str) -> Rows:
    """Returns a row for each picture in a folder, with its path from beside the folder."""
    from kformer.data.sources.image_folders import IMAGE_ENDINGS

    paths = sorted(path for path in Path(folder).rglob("*") if path.suffix.lower() in IMAGE_ENDINGS)
    if not paths:
        raise ValueError(f"{folder} holds no pictures. Looked for: {', '.join(IMAGE_ENDINGS)}.")
    return Rows.of(folder, _chunked({"image": str(path.relative_to(Path(folder).parent))} for path in paths))


def _read_csv(source: str, file: TextIO) -> Rows:
    header = _first_line(file, source)
    return _read_delimited(source, header, file, delimiter=max(",;", key=header.count), quoting=csv.QUOTE_MINIMAL)


def _read_tsv(source: str, file: TextIO) -> Rows:
    return _read_delimited(source, _first_line(file, source), file, delimiter="\t", quoting=csv.QUOTE_NONE)


def _read_text(source: str, file: TextIO) -> Rows:
    lines = _checked_lines(source, file)
    return Rows.of(source, _chunked({"text": line.rstrip("\r\n")} for _, line in lines))


def _read_json_lines(source: str, file: TextIO) -> Rows:
    rows = (_parse(source, number, line) for number, line in _checked_lines(source, file) if line.strip())
    return Rows.of(source, _chunked(rows))


def _read_parquet(source: str) -> Rows:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        file = pa.parquet.ParquetFile(source)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{source} is not a readable parquet file: {error}") from error
    chunks = (batch.to_pylist() for batch in file.iter_batches(_CHUNK_ROWS))
    return Rows.of(source, chunks, file.schema_arrow.names, file.schema_arrow)


READERS = {
    "csv": _read_csv,
    "tsv": _read_tsv,
    "jsonl": _read_json_lines,
    "ndjson": _read_json_lines,
    "parquet": _read_parquet,
    "txt": _read_text,
}


def _first_line(file: TextIO, source: str) -> str:
    line = file.readline()
    if not line.strip():
        raise ValueError(f"{source} is empty. Give a file with a header of column names and one text a row.")
    return line


def _read_delimited(source: str, header: str, file: TextIO, **dialect) -> Rows:
    from kformer.data.sources.headers import COMPARED_ROWS, field_names, headless_note, why_data

    csv.field_size_limit(_MAX_FIELD_BYTES)
    lines = [header, *islice(file, COMPARED_ROWS)]
    columns, *below = csv.reader(lines, **dialect)
    reader = csv.reader(chain(lines, file), **dialect)
    if reason := why_data(columns, below):
        note(headless_note(source, len(columns), reason))
        columns = field_names(len(columns))
    else:
        next(reader)
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise ValueError(f"{source}, row 1: column names occur twice: {', '.join(repeated)}. Give each its own name.")

    def rows():
        for fields in reader:
            if not fields:
                continue
            if len(fields) != len(columns):
                raise ValueError(
                    f"{source}, row {reader.line_num}: {len(fields)} fields, the header has {len(columns)}. Correct it."
                )
            for field in fields:
                _check_utf8(source, reader.line_num, field)
            yield dict(zip(columns, fields, strict=True))

    return Rows.of(source, _chunked(rows()), columns)


def _checked_lines(source: str, file: TextIO) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file, start=1):
        _check_utf8(source, number, line)
        yield number, line


def _check_utf8(source: str, row: int, text: str):
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"{source}, row {row}: the bytes are not UTF-8. Save the file as UTF-8.")


def _parse(source: str, number: int, line: str) -> dict:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"{source}, row {number}: invalid JSON ({error.msg} at column {error.colno}).") from error
    if not isinstance(row, dict):
        raise ValueError(f"{source}, row {number}: a JSON object is needed, not {type(row).__name__}.")
    return row


def _chunked(rows: Iterator[dict]) -> Iterator[list[dict]]:
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        yield chunk
