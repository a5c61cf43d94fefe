"""Whether the first row of a table names its columns, or is a row of data already."""

import re
from collections.abc import Sequence

from kformer.data.column_names import holds_usual_name

COMPARED_ROWS = 100  # so many rows below the first are compared with it
_NUMBER = re.compile(r"[-+]?\d+([.,]\d+)?")
_MANY_WORDS = 6
# Questions are no sign: surveys have them as the names of columns.
_SENTENCE_ENDS = (".", "!", "\u3002", "\uff01")


def why_data(first: Sequence[str], below: Sequence[Sequence[str]]) -> str:
    """Returns why the first row of a table is data, or "" where it may be a header.

    A row with a usual name of a column is a header, whatever else is in it. Where there is doubt it is one, too.

    Args:
        first: The fields of the first row.
        below: Those of the rows that follow; `COMPARED_ROWS` of them are enough.
    """
    cells = [cell.strip() for cell in first]
    if holds_usual_name(cells) or not any(cells):
        return ""
    number = next((cell for cell in cells if _NUMBER.fullmatch(cell)), None)
    if number is not None and any(" " in cell for cell in cells):
        return f"{number!r} beside text is no name"
    for position, cell in enumerate(cells):
        # Where files were put together, their headers occur again: as whole rows.
        column = {row[position].strip() for row in below if len(row) == len(cells) and list(row) != list(first)}
        if cell and cell in column:
            return f"{cell!r} occurs again in its column"
    # Statements that people were to agree with are names of columns, too: below them are no sentences.
    alike = sum(map(_are_sentences, below))
    return "it holds sentences" if _are_sentences(cells) and 2 * alike >= len(below) else ""


def _are_sentences(cells: Sequence[str]) -> bool:
    """Tells whether the fields of a row end as sentences do, or are as long; one of them must end so."""
    ends = [cell.strip().endswith(_SENTENCE_ENDS) for cell in cells]
    return any(ends) and all(end or len(cell.split()) >= _MANY_WORDS for cell, end in zip(cells, ends, strict=True))


def field_names(count: int) -> list[str]:
    """Returns names for the columns of a table without a header."""
    return [f"field {number}" for number in range(1, count + 1)]


def headless_note(source: str, count: int, reason: str) -> str:
    """Returns the line that tells how a table without a header is read.

    Args:
        source: The file.
        count: How many columns it has.
        reason: What `why_data` returned.
    """
    names = ", ".join(field_names(count))
    return f"{source} has no header: its first row is read as data ({reason}), and its columns are called {names}"
