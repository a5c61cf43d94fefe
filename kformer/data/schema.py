"""Which column is the text, the label, ...: named by the user, or guessed by name, then by what the columns hold."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from kformer.errors import suggest

ROLES = ("text", "text_pair", "label", "group")
# The usual names, most telling first.
_PAIRS = (
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question1", "question2"),
    ("text1", "text2"),
    ("sentence_a", "sentence_b"),
    ("text_a", "text_b"),
    ("text", "text_pair"),
    ("question", "sentence"),
    ("query", "passage"),
)
_TEXTS = (
    "text sentence review review_text review_body content document comment comment_text message body article tweet "
    "post utterance question query description abstract summary headline title"
)
_LABELS = (
    "label labels class category categories target sentiment stars rating score similarity intent topic topics emotion "
    "polarity gold_label is_duplicate tag tags y"
)
_NOT_LABELS = frozenset(("id", "idx", "index", "row", "file", "url", "date", "time", "timestamp", "column 1"))
_PROFILED_ROWS = 10_000


def choose_fields(
    table: pa.Table, named: Mapping[str, str | None], require_label: bool, source: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Finds the column of each role.

    Args:
        table: All columns of a source.
        named: Columns the user named, by role; None where a role is to be guessed.
        require_label: Whether examples without a label column are an error.
        source: For messages.

    Returns:
        The column of each role that is there, and one line for every guess.

    Raises:
        ValueError: A named column is missing, one column has two roles, or no text or label can be found.
    """
    fields = {role: _existing(named[role], role, table, source) for role in ROLES if named.get(role) is not None}
    notes = []

    def guess(role: str, column: str | None, reason: str):
        if column is not None:
            fields[role] = column
            notes.append(f"{role} = {column!r} (guessed: {reason})")

    if "text" not in fields:
        pair = () if "text_pair" in fields else _usual_pair(table, fields)
        if pair:
            guess("text", pair[0], "its usual name")
            guess("text_pair", pair[1], "its usual name")
    if "text" not in fields:
        guess("text", *_guess_text(table, fields))
    if "text" not in fields:
        raise ValueError(f"{source} has no column of text. {_columns(table)} Name the column with `text`.")
    if "label" not in fields:
        guess("label", *_guess_label(table, fields))
    if "label" not in fields and require_label:
        raise ValueError(f"{source} has no column of labels. {_columns(table)} Name the column with `label`.")
    _check_fields(table, fields, source)
    return fields, tuple(notes)


def _existing(column: str, role: str, table: pa.Table, source: str) -> str:
    if column not in table.column_names:
        raise ValueError(
            f"{source} has no column {column!r} (`{role}`). {_columns(table)}{suggest(column, table.column_names)}"
        )
    return column


def _columns(table: pa.Table) -> str:
    names = table.column_names
    looks_like_data = any(name.isdigit() or len(name) > 60 for name in names)
    hint = " The first row looks like data: add a header." if looks_like_data else ""
    return f"Its columns are: {', '.join(names)}.{hint}"


def _check_fields(table: pa.Table, fields: Mapping[str, str], source: str):
    for role, column in fields.items():
        others = [other for other in fields if other != role and fields[other] == column]
        if others:
            raise ValueError(f"{source}: column {column!r} is both `{role}` and `{others[0]}`. Name two columns.")
        if role == "label" and pa.types.is_struct(table.schema.field(column).type):
            raise ValueError(f"{source}: column {column!r} (`label`) holds objects, not labels. {_columns(table)}")
        if role.startswith("text") and not _is_text(table.schema.field(column).type):
            kind = table.schema.field(column).type
            raise ValueError(f"{source}: column {column!r} (`{role}`) holds {kind}, not text. {_columns(table)}")


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)


def _free(table: pa.Table, fields: Mapping[str, str]) -> dict[str, str]:
    """Columns without a role, keyed by lower-case name."""
    return {name.lower(): name for name in table.column_names if name not in fields.values()}


def _usual_pair(table: pa.Table, fields: Mapping[str, str]) -> tuple[str, ...]:
    free = {lowered: name for lowered, name in _free(table, fields).items() if _is_text(table.schema.field(name).type)}
    return next(((free[first], free[second]) for first, second in _PAIRS if {first, second} <= free.keys()), ())


def _guess_text(table: pa.Table, fields: Mapping[str, str]) -> tuple[str | None, str]:
    free = {lowered: name for lowered, name in _free(table, fields).items() if _is_text(table.schema.field(name).type)}
    usual = next((free[name] for name in _TEXTS.split() if name in free), None)
    if usual is not None:
        return usual, "its usual name"
    head = table.slice(0, _PROFILED_ROWS)
    lengths = {name: pc.mean(pc.utf8_length(head[name].cast(pa.string()))).as_py() or 0.0 for name in free.values()}
    longest = max(lengths, key=lengths.get, default=None)
    # Codes, dates and numbers are no text.
    has_words = longest is not None and pc.any(pc.match_substring(head[longest].cast(pa.string()), " ")).as_py()
    return (longest if has_words else None), "the longest text"


def _guess_label(table: pa.Table, fields: Mapping[str, str]) -> tuple[str | None, str]:
    free = {lowered: name for lowered, name in _free(table, fields).items() if lowered not in _NOT_LABELS}
    usual = next((free[name] for name in _LABELS.split() if name in free), None)
    if usual is not None:
        return usual, "its usual name"
    head = table.slice(0, _PROFILED_ROWS)
    counts = {name: _num_distinct(head[name]) for name in free.values()}
    # A column in which nearly every row differs names or numbers the rows.
    counts = {name: count for name, count in counts.items() if 2 <= count <= max(2, head.num_rows // 2)}
    return min(counts, key=counts.get, default=None), "the fewest different values"


def _num_distinct(column: pa.ChunkedArray) -> int:
    if pa.types.is_nested(column.type):
        return len({str(value) for value in column.to_pylist()})
    return pc.count_distinct(column).as_py()
