"""Labels: which kind they are, their names, and their values as Python values of that kind."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

KINDS = ("class", "multi", "number")
_MISSING = frozenset(("", "nan", "null"))
# Whole numbers with few values are classes (stars, ids); with more, they are classes if each has several rows.
_FEW_CLASSES = 20
_MANY_CLASSES = 200
_ROWS_OF_A_CLASS = 5


def is_missing(value) -> bool:
    """Tells whether a value stands for "no label": None, NaN, or text that says so."""
    if isinstance(value, str):
        return value.strip().lower() in _MISSING
    return value is None or (isinstance(value, float) and math.isnan(value))


def guess_kind(values: Sequence, separator: str) -> str:
    """Guesses the kind of labels: "class", "multi" or "number".

    Args:
        values: Labels as a source gave them.
        separator: What stands between the labels of one example, as "|" in "sports|politics".

    Returns:
        "multi" for lists and text with the separator, "number" for numbers with fractions or too many values to
        be classes, "class" otherwise.
    """
    present = [value for value in values if not is_missing(value)]
    if any(isinstance(value, list) or (isinstance(value, str) and separator in value) for value in present):
        return "multi"
    numbers = [as_number(value) for value in present]
    if None in numbers or any(isinstance(value, bool) for value in present):
        return "class"
    num_distinct = len(set(numbers))
    whole = all(number.is_integer() for number in numbers)
    several_rows = num_distinct <= _MANY_CLASSES and len(numbers) >= _ROWS_OF_A_CLASS * num_distinct
    return "class" if whole and (num_distinct <= _FEW_CLASSES or several_rows) else "number"


def as_number(value) -> float | None:
    """Returns a finite number, or None where the value is not one."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def parse_labels(values: Sequence, kind: str, separator: str) -> tuple[list, dict[int, str]]:
    """Turns labels as a source gave them into values of one kind.

    Args:
        values: One label an example: text, a number, a truth value or a list.
        kind: "class", "multi" or "number".
        separator: What stands between the labels of one example when they are text.

    Returns:
        The labels (text, lists of text or floats; None where there is no usable one), and why not, by position.
    """
    # Whole numbers that pandas wrote with a fraction ("1.0", as a NaN was among them) are class "1".
    parse = {"class": _class_name, "multi": lambda value: _label_list(value, separator), "number": as_number}[kind]
    if kind == "class" and all(is_missing(value) or as_number(value) is not None for value in values):
        parse = _number_name
    labels, problems = [], {}
    for position, value in enumerate(values):
        empty = value is None if kind == "multi" else is_missing(value)
        label = None if empty else parse(value)
        if label is None:
            problems[position] = "the label is empty or NaN" if empty else f"the label {value!r} is not a number"
        labels.append(label)
    return labels, problems


def _number_name(value) -> str:
    number = as_number(value)
    if isinstance(value, bool) or not number.is_integer() or (isinstance(value, str) and "." not in value):
        return _class_name(value)
    return str(int(number))


def _class_name(value) -> str:
    return str(value).strip()


def _label_list(value, separator: str) -> list[str]:
    parts = value.split(separator) if isinstance(value, str) else value if isinstance(value, list) else [value]
    # dict: each label once, in the order given.
    return list(dict.fromkeys(name for part in parts if not is_missing(part) and (name := _class_name(part))))


def sort_names(names: Iterable[str]) -> tuple[str, ...]:
    """Sorts label names: as numbers where all of them are numbers, else alphabetically."""
    names = set(names)
    if all(as_number(name) is not None for name in names):
        return tuple(sorted(names, key=lambda name: (float(name), name)))
    return tuple(sorted(names))


def read_label_names(names: Sequence[str] | str | Path, least: int = 2) -> tuple[str, ...]:
    """Returns label names from a sequence, or from a file with one name a line.

    Args:
        names: The names, or the file.
        least: How many there must be: one or two.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: There are fewer names, or one of them twice.
    """
    if isinstance(names, str | Path):
        if not Path(names).is_file():
            raise FileNotFoundError(f"`label_names` must be names or a file with one a line. There is no file {names}.")
        names = [line.strip() for line in Path(names).read_text(encoding="utf-8").splitlines() if line.strip()]
    names = tuple(map(str, names))
    if len(set(names)) < max(least, len(names)):
        count = {1: "one", 2: "two"}[least]
        raise ValueError(f"`label_names` must be {count} or more different names. Received: {', '.join(names)}.")
    return names


def apply_names(labels: Sequence[str | None], names: tuple[str, ...]) -> list[str | None]:
    """Returns labels by name: where they are whole numbers and the names are not, the names at those positions.

    Args:
        labels: Class labels, None where an example has none.
        names: The names, in order.
    """
    if any(as_number(name) is not None for name in names):
        return list(labels)
    by_position = {str(position): name for position, name in enumerate(names)}
    return [by_position.get(label, label) for label in labels]


def listed(names: Sequence[str], most: int = 20) -> str:
    """Returns names in quotes with commas, for messages: the first `most`, and how many more there are."""
    shown = ", ".join(repr(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
