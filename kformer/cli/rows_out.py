"""Writes rows as they come, to standard output or to a file that is whole or not there."""

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from kformer.errors import suggest

Write = Callable[[list[dict]], None]


@contextmanager
def open_writer(path: str | None, schema=None) -> Iterator[Write]:
    """Opens a file for rows, whose columns are those of the first rows written.

    Args:
        path: A .csv, .tsv, .jsonl or .parquet file, replaced when all rows are written; None prints JSON lines.
        schema: pa.Schema whose types a parquet file keeps, where the rows came from one.

    Yields:
        The function that writes rows, dicts from column to value.

    Raises:
        ValueError: The ending is unknown, or the kind of file cannot hold a value.
    """
    from kformer.runs import atomic_path

    if path is None:
        yield lambda rows: click.echo("\n".join(map(to_json, rows)))
        return
    ending = Path(path).suffix.lower()
    if ending not in _WRITERS:
        known = f"Known: {', '.join(_WRITERS)}.{suggest(ending, _WRITERS)}"
        raise ValueError(f"{path} ends in {ending!r}, which cannot be written. {known}")
    with atomic_path(path) as temporary, _WRITERS[ending](temporary, path, schema) as write:
        yield write


def to_json(row: dict) -> str:
    """Returns a row as one line of JSON; what JSON does not know, such as dates, becomes text."""
    return json.dumps(row, ensure_ascii=False, default=str)


@contextmanager
def _write_json_lines(temporary: Path, path: str, schema) -> Iterator[Write]:
    with temporary.open("w", encoding="utf-8") as file:
        yield lambda rows: file.writelines(to_json(row) + "\n" for row in rows)


@contextmanager
def _write_csv(temporary: Path, path: str, schema) -> Iterator[Write]:
    with _write_delimited(temporary, path, delimiter=",") as write:
        yield write


@contextmanager
def _write_tsv(temporary: Path, path: str, schema) -> Iterator[Write]:
    with _write_delimited(temporary, path, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None) as write:
        yield write


@contextmanager
def _write_delimited(temporary: Path, path: str, **dialect) -> Iterator[Write]:
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = None

        def write(rows: list[dict]):
            nonlocal writer
            if writer is None:
                writer = csv.DictWriter(file, _columns(rows), lineterminator="\n", **dialect)
                writer.writeheader()
            try:
                writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
            except (csv.Error, ValueError) as error:
                raise ValueError(f"{path} cannot hold a row: {error}. Write .jsonl or .parquet instead.") from error

        yield write


@contextmanager
def _write_parquet(temporary: Path, path: str, schema) -> Iterator[Write]:
    import pyarrow as pa
    import pyarrow.parquet

    writer = None

    def write(rows: list[dict]):
        nonlocal writer
        known = schema if writer is None else writer.schema
        columns = _columns(rows) if writer is None else known.names
        if unknown := sorted(set(_columns(rows)) - set(columns)):
            raise ValueError(f"{path} cannot gain columns on the way: {', '.join(unknown)}. Write .jsonl instead.")
        try:
            table = pa.table(
                {name: pa.array([row.get(name) for row in rows], _type_of(name, known)) for name in columns}
            )
            writer = writer or pa.parquet.ParquetWriter(temporary, table.schema)
            writer.write_table(table)
        except pa.ArrowException as error:
            raise ValueError(f"{path} cannot hold a row: {error}. Write .jsonl instead.") from error

    try:
        yield write
    finally:
        if writer is not None:
            writer.close()


_WRITERS = {".csv": _write_csv, ".tsv": _write_tsv, ".jsonl": _write_json_lines, ".parquet": _write_parquet}


def _columns(rows: list[dict]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _type_of(name: str, schema):
    """Returns the type of a column in a pa.Schema, or None, to be inferred."""
    return schema.field(name).type if schema is not None and name in schema.names else None


def _cell(value) -> str | int | float | None:
    """Returns a value as a csv cell: several labels are joined as `kformer fit` reads them."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "|".join(value)
    return to_json(value) if isinstance(value, list | dict) else value
