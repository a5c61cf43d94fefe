"""Which columns of a file hold the texts."""

from collections.abc import Sequence

from kformer.cli.console import note
from kformer.cli.rows_in import Rows

Text = str | tuple[str, str]


def choose_columns(rows: Rows, text: str | None = None, text_pair: str | None = None, pair: bool = False) -> list[str]:
    """Finds the columns of the text and of a pair's second text as `kformer.data.load` does; guesses are shown.

    Args:
        rows: The rows of a file.
        text: The column that was asked for, if any.
        text_pair: The column of the second text that was asked for, if any.
        pair: Whether two texts are needed.

    Returns:
        One column, or two.

    Raises:
        ValueError: A column is missing, or there is nothing to guess by.
    """
    import pyarrow as pa

    from kformer.data.schema import choose_fields
    from kformer.data.sources.json_lines import to_arrow

    if text_pair and not pair:
        raise ValueError(f"The model reads single texts, but --text-pair {text_pair} was given. Leave it out.")
    table = pa.table({name: to_arrow([row.get(name) for row in rows.head]) for name in rows.columns})
    named = {"text": text, "text_pair": text_pair}
    fields, notes = choose_fields(table, named, required=(), source=rows.source)
    roles = ("text", "text_pair") if pair else ("text",)
    if missing := [role for role in roles if role not in fields]:
        raise ValueError(
            f"The model reads pairs of texts, but {rows.source} has no column for `{missing[0]}`. "
            f"Name it with --text-pair. Its columns are: {', '.join(rows.columns)}."
        )
    for line in notes:
        if line.startswith(tuple(f"{role} =" for role in roles)):
            note(line)
    return [fields[role] for role in roles]


def texts_of(rows: Sequence[dict], columns: Sequence[str]) -> list[Text | None]:
    """Returns the text of every row, the pair where there are two columns, or None where a row has none."""
    texts = []
    for row in rows:
        parts = tuple(row.get(name) for name in columns)
        complete = all(isinstance(part, str) and part.strip() for part in parts)
        texts.append((parts if len(parts) > 1 else parts[0]) if complete else None)
    return texts
