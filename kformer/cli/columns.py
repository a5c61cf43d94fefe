"""Which columns of a file hold what a model reads."""

from collections.abc import Sequence

from kformer.cli.console import note
from kformer.cli.rows_in import Rows
from kformer.errors import suggest

Text = str | tuple[str, str]


def choose_columns(rows: Rows, roles: Sequence[str] = ("text",), **named: str | None) -> list[str]:
    """Finds the columns of what a model reads as `kformer.data.load` does; guesses are shown.

    Args:
        rows: The rows of a file.
        roles: What the model reads: ("text",), ("text", "text_pair"), ("image",) or ("image", "image_pair").
        **named: The column that was asked for, by role, if any.

    Returns:
        One column for each role.

    Raises:
        ValueError: A column is missing, there is nothing to guess by, or one was named that the model does not read.
    """
    import pyarrow as pa

    from kformer.data.schema import choose_fields
    from kformer.data.sources.json_lines import to_arrow

    for role, column in named.items():
        if column and role not in roles:
            reads = "images" if "image" in roles else "single texts"
            option = role.replace("_", "-")
            raise ValueError(f"The model reads {reads}, but --{option} {column} was given. Leave it out.")
    if "image_pair" in roles:
        return _two_images(rows, named)
    table = pa.table({name: to_arrow([row.get(name) for row in rows.head]) for name in rows.columns})
    fields, notes = choose_fields(table, named, required=() if "text" in roles else roles, source=rows.source)
    if missing := [role for role in roles if role not in fields]:
        raise ValueError(
            f"The model reads pairs of texts, but {rows.source} has no column for `{missing[0]}`. "
            f"Name it with --text-pair. Its columns are: {', '.join(rows.columns)}."
        )
    for line in notes:
        if line.startswith(tuple(f"{role} =" for role in roles)):
            note(line)
    return [fields[role] for role in roles]


def _two_images(rows: Rows, named: dict) -> list[str]:
    """Finds two columns of images: those that were asked for, and what is left of them."""
    chosen = [named.get(role) for role in ("image", "image_pair")]
    for position, column in enumerate(chosen):
        if column is None:
            others = [name for name in rows.columns if name not in chosen]
            if not others:
                raise ValueError(
                    f"The model reads pairs of images, but {rows.source} has no second column of them. Name two with "
                    f"--image and --image-pair. Its columns are: {', '.join(rows.columns)}."
                )
            head = [{name: row.get(name) for name in others} for row in rows.head]
            left = Rows(rows.source, others, head, iter(()))
            (chosen[position],) = choose_columns(left, ("image",))
    for column in chosen:
        if column not in rows.columns:
            raise ValueError(
                f"{rows.source} has no column {column!r}. Its columns are: {', '.join(rows.columns)}."
                f"{suggest(column, rows.columns)}"
            )
    return chosen


def texts_of(rows: Sequence[dict], columns: Sequence[str]) -> list[Text | None]:
    """Returns the text of every row, the pair where there are two columns, or None where a row has none."""
    texts = []
    for row in rows:
        parts = tuple(row.get(name) for name in columns)
        complete = all(isinstance(part, str) and part.strip() for part in parts)
        texts.append((parts if len(parts) > 1 else parts[0]) if complete else None)
    return texts
