"""csv and tsv files, read row by row, so that a row that cannot be used is known by its number."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

import pyarrow as pa

from kformer.data.sources.headers import COMPARED_ROWS, field_names, headless_note, why_data
from kformer.data.sources.reading import UNDECODABLE, Options, Reading, Rejection, is_utf8, printable
from kformer.errors import suggest

_QUOTING = ("auto", "standard", "none")
_CHUNK_ROWS = 20_000  # Python strings waiting to become Arrow's, which are several times smaller
_MAX_FIELD_BYTES = 2**31 - 1  # the module's own limit of 131,072 is less than a long document


def read_csv(path: Path, options: Options) -> Reading:
    """Reads a csv file; the delimiter is the comma, semicolon or tab that is most frequent in its header."""
    delimiter = max(",;\t", key=_first_line(path).count)
    return _read(path, delimiter, quoted=_is_quoted(options, default=True))


def read_tsv(path: Path, options: Options) -> Reading:
    """Reads a tsv file; a quote is an ordinary character unless `quoting` is "standard"."""
    return _read(path, "\t", quoted=_is_quoted(options, default=False))


def _is_quoted(options: Options, default: bool) -> bool:
    if options.quoting not in _QUOTING:
        raise ValueError(
            f"`quoting` must be one of {', '.join(_QUOTING)}. Received: {options.quoting!r}."
            + suggest(options.quoting, _QUOTING)
        )
    return default if options.quoting == "auto" else options.quoting == "standard"


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        return file.readline()


def _read(path: Path, delimiter: str, quoted: bool) -> Reading:
    csv.field_size_limit(_MAX_FIELD_BYTES)
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
        # strict: a stray quote is an error of its row, instead of swallowing the rows that follow.
        dialect = {"delimiter": delimiter, "quoting": quoting}
        header, notes = _headless(file, path, dialect)
        reader = csv.reader(file, **dialect, strict=quoted)
        header = header or _header(reader, path)
        chunks, rows, numbers, rejections = [], [], [], []
        for first, last, row, reason in _checked(reader, path, len(header)):
            if reason:
                raw = printable(delimiter.join(row))
                rejections += [Rejection(str(path), number, reason, raw) for number in range(first, last + 1)]
                continue
            numbers.append(first)
            rows.append(row)
            if len(rows) == _CHUNK_ROWS:
                chunks.append(_to_table(header, rows))
                rows = []
    chunks.append(_to_table(header, rows))
    if not numbers and not rejections:
        raise ValueError(f"{path} holds a header and no rows. Give a file with one example a row below the header.")
    return Reading(pa.concat_tables(chunks), str(path), rows=numbers, rejections=tuple(rejections), notes=notes)


def _to_table(header: list[str], rows: list[list[str]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=header)


def _headless(file: TextIO, path: Path, dialect: dict) -> tuple[list[str], tuple[str, ...]]:
    """Returns names for the columns of a file without a header, and the note of it; none for one that has a header."""
    rows = csv.reader(file, **dialect)
    first, *below = list(islice((row for row in rows if row), COMPARED_ROWS + 1)) or [[]]
    file.seek(0)
    reason = why_data(first, below)
    return (field_names(len(first)), (headless_note(str(path), len(first), reason),)) if reason else ([], ())


def _header(reader, path: Path) -> list[str]:
    header = next((row for row in reader if row), None)
    if header is None:
        raise ValueError(f"{path} is empty. Give a file with a header of column names and one example a row.")
    if not all(map(is_utf8, header)) or any("\0" in name for name in header):
        raise ValueError(f"{path}, row 1: {UNDECODABLE}. Save the file as UTF-8.")
    # pandas writes its index under an empty name.
    header = [name.strip() or f"column {number}" for number, name in enumerate(header, start=1)]
    repeated = sorted({name for name in header if header.count(name) > 1})
    if repeated:
        raise ValueError(f"{path}, row 1: column names occur twice: {', '.join(repeated)}. Give each its own name.")
    return header


def _checked(reader, path: Path, num_columns: int) -> Iterator[tuple[int, int, list[str], str]]:
    """Yields (first line, last line, fields, why the row cannot be used or "") of every row."""
    while True:
        first = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error):
                raise ValueError(
                    f"{path}, row {first}: a quote is opened and never closed. Close it, "
                    'or read the file with quoting="none" if quotes are ordinary characters there.'
                ) from error
            yield first, reader.line_num, [], f"quotes inside a quoted field must be doubled ({error})"
            continue
        if not row:
            continue
        reason = ""
        if len(row) != num_columns:
            amount = "few" if len(row) < num_columns else "many"
            reason = f"too {amount} fields ({len(row)}, the header has {num_columns})"
        elif not is_utf8("".join(row)):
            reason = UNDECODABLE
        yield first, reader.line_num, row, reason
