"""jsonl files: one JSON object a line."""

import json
from pathlib import Path

import pyarrow as pa

from kformer.data.sources.reading import UNDECODABLE, Options, Reading, Rejection, is_utf8, printable


def read_json_lines(path: Path, options: Options) -> Reading:
    """Reads a jsonl file; a key that a line lacks is empty there, and empty lines are passed over."""
    columns: dict[str, list] = {}
    numbers, rejections = [], []
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            record, reason = _parse(line.rstrip("\n"))
            if reason:
                rejections.append(Rejection(str(path), number, reason, printable(line.rstrip("\n"))))
                continue
            for name in record:
                columns.setdefault(name, [None] * len(numbers))
            for name, values in columns.items():
                values.append(record.get(name))
            numbers.append(number)
    if not numbers and not rejections:
        raise ValueError(f"{path} is empty. Give a file with one JSON object a line.")
    table = pa.table({name: to_arrow(values) for name, values in columns.items()})
    return Reading(table, str(path), rows=numbers, rejections=tuple(rejections))


def to_arrow(values: list) -> pa.Array:
    """Returns an Arrow array; values of mixed types become text, as Arrow columns have one type."""
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([value if value is None or isinstance(value, str) else json.dumps(value) for value in values])


def _parse(line: str) -> tuple[dict, str]:
    """Returns (the object, "") or ({}, why the line cannot be used)."""
    if not is_utf8(line):
        return {}, UNDECODABLE
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        return {}, f"invalid JSON ({error.msg} at column {error.colno})"
    except RecursionError:
        return {}, "invalid JSON (nested too deeply)"
    if not isinstance(record, dict):
        return {}, f"a JSON object is needed, not {type(record).__name__}"
    if "\\u" in line and not is_utf8(json.dumps(record, ensure_ascii=False)):
        return {}, "half of a surrogate pair stands alone"
    return record, ""
