"""Which column is the text, the image, the label, ...: named by the user, or guessed by name, then by its values."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from kformer.data.column_names import IMAGES, LABELS, MASKS, NOT_LABELS, PAIRS, TEXTS, TRANSLATIONS, is_language
from kformer.data.sources.image_folders import IMAGE_ENDINGS
from kformer.errors import suggest

TEXT_ROLES = ("text", "text_pair", "target")
IMAGE_ROLES = ("image", "mask", "boxes")
ROLES = (*IMAGE_ROLES, *TEXT_ROLES, "label", "group")
_PROFILED_ROWS = 10_000
_NAMED_FILES = 100  # names that are looked at
_BOX = ("label", "x0", "y0", "x1", "y1")
_MISSING = {
    "image": "column of images",
    "mask": "column of masks",
    "boxes": "column of boxes",
    "target": "column that is the target of a translation by its name",
    "text": "column of text",
    "text_pair": "column of second texts",
    "label": "column of labels",
    "group": "column of groups",
}
# What beside a column has the roles of images.
_FOLDERS = {
    "mask": ", or give a folder with `images` and `masks` of the same names",
    "boxes": ", or give a folder in the form of VOC or COCO",
    "label": ", or give a folder with a subfolder of images for each class",
}
# The column of each role that a guess is about, and why these.
_Guess = tuple[dict[str, str], str]
_NO_GUESS: _Guess = ({}, "")


def choose_fields(
    table: pa.Table,
    named: Mapping[str, str | None],
    required: Sequence[str],
    source: str,
    folder: Path | None = None,
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Finds the column of each role.

    Beside what is required, a second text is guessed where labels are required, since the label may be theirs. Where
    nothing is required, everything is guessed: images first, where the files that a column names are there.

    Args:
        table: All columns of a source.
        named: Columns the user named, by role; None where a role is to be guessed.
        required: The roles that every example must have; () takes what is there.
        source: For messages.
        folder: Where paths begin.

    Returns:
        The column of each role that is there, and one line for every guess.

    Raises:
        ValueError: A named column is missing, one column has two roles, or there is no text or image, or no column
            for a role that is required.
    """
    fields = {role: _existing(named[role], role, table, source) for role in ROLES if named.get(role) is not None}
    notes = []

    def take(guess: _Guess):
        columns, reason = guess
        guessed = {role: column for role, column in columns.items() if role not in fields}
        fields.update(guessed)
        notes.extend(f"{role} = {column!r} (guessed: {reason})" for role, column in guessed.items())

    if "image" in required or not required:
        take(_guess_image(table, fields, required, folder))
    shown = "image" in fields and not required
    if "mask" in required or shown:
        take(_usual_mask(table, fields))
    if "boxes" in required or shown:
        take(_boxes(table, fields))
    if "image" not in fields and "image" not in required:
        take(_guess_texts(table, fields, required))
    elif "text" in required or not required:
        take(_usual_text(table, fields))
        take(_longest_text(table, fields) if "text" in {*required} - {*fields} else _NO_GUESS)
    if "label" in required or not (required or "target" in fields):
        take(_guess_label(table, fields))
    _check_missing(table, fields, named, required, source)
    _check_fields(table, fields, source)
    return fields, tuple(notes)


def unpack_images(table: pa.Table) -> pa.Table:
    """Returns the table with bytes in place of columns of {"bytes": ..., "path": ...}.

    That is how Hugging Face's datasets hold images.
    """
    for position, field in enumerate(table.schema):
        if pa.types.is_struct(field.type) and {child.name for child in field.type} == {"bytes", "path"}:
            table = table.set_column(position, field.name, pc.struct_field(table[field.name], "bytes"))
    return table


def unpack_translations(table: pa.Table) -> pa.Table:
    """Returns the table with a column for each language in place of a column `translation` of {"en": ..., "de": ...}.

    That is how Hugging Face's datasets hold translations.
    """
    if "translation" not in table.column_names or not pa.types.is_struct(table.schema.field("translation").type):
        return table
    languages = [field.name for field in table.schema.field("translation").type]
    texts = table["translation"].flatten()
    table = table.drop_columns("translation")
    for language, column in zip(languages, texts, strict=True):
        name = f"translation.{language}" if language in table.column_names else language
        table = table.append_column(name, column)
    return table


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


def _check_missing(table: pa.Table, fields: Mapping, named: Mapping, required: Sequence[str], source: str):
    needed = {*required, *(() if "image" in {*fields, *required} else ("text",))}
    missing = [role for role in _MISSING if role not in fields and role in needed]
    if missing:
        both = missing[0] == "target" and named.get("text") is None
        columns = "columns with `text` and `target`" if both else f"column with `{missing[0]}`"
        other = _FOLDERS.get(missing[0], "") if "image" in fields else ""
        raise ValueError(f"{source} has no {_MISSING[missing[0]]}. {_columns(table)} Name the {columns}{other}.")


def _check_fields(table: pa.Table, fields: Mapping[str, str], source: str):
    for role, column in fields.items():
        others = [other for other in fields if other != role and fields[other] == column]
        if others:
            raise ValueError(f"{source}: column {column!r} is both `{role}` and `{others[0]}`. Name two columns.")
        if role == "label" and _holds_objects(table.schema.field(column).type):
            raise ValueError(f"{source}: column {column!r} (`label`) holds objects, not labels. {_columns(table)}")
        if role in TEXT_ROLES and not _is_text(table.schema.field(column).type):
            kind = table.schema.field(column).type
            raise ValueError(f"{source}: column {column!r} (`{role}`) holds {kind}, not text. {_columns(table)}")
        if role in ("image", "mask") and not _is_file(table.schema.field(column).type):
            kind = table.schema.field(column).type
            raise ValueError(
                f"{source}: column {column!r} (`{role}`) holds {kind}, neither paths nor encoded images. "
                f"{_columns(table)}"
            )
        if role == "boxes" and not _is_boxes(table.schema.field(column).type):
            kind = table.schema.field(column).type
            raise ValueError(
                f"{source}: column {column!r} (`boxes`) holds {kind}, not lists of {{{', '.join(_BOX)}}}. "
                f"{_columns(table)}"
            )


def _holds_objects(kind: pa.DataType) -> bool:
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    return pa.types.is_struct(kind.value_type if is_list else kind)


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)


def _is_file(kind: pa.DataType) -> bool:
    return _is_text(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def _is_boxes(kind: pa.DataType) -> bool:
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)):
        return False
    return pa.types.is_null(kind.value_type) or (
        pa.types.is_struct(kind.value_type) and {*_BOX} <= {field.name for field in kind.value_type}
    )


def _free(table: pa.Table, fields: Mapping[str, str]) -> dict[str, str]:
    """Columns without a role, keyed by lower-case name."""
    return {name.lower(): name for name in table.column_names if name not in fields.values()}


def _free_texts(table: pa.Table, fields: Mapping[str, str]) -> dict[str, str]:
    free = _free(table, fields)
    return {lowered: name for lowered, name in free.items() if _is_text(table.schema.field(name).type)}


def _free_files(table: pa.Table, fields: Mapping[str, str]) -> dict[str, str]:
    free = _free(table, fields)
    return {lowered: name for lowered, name in free.items() if _is_file(table.schema.field(name).type)}


def _guess_image(table: pa.Table, fields: Mapping[str, str], required: Sequence[str], folder: Path | None) -> _Guess:
    free = _free_files(table, fields)
    usual = [free[name] for name in IMAGES.split() if name in free]
    # Where images are not asked for, a name alone is not enough.
    where = None if required else folder
    found = next((name for name in (*usual, *free.values()) if _names_images(table[name], where)), None)
    if found is not None:
        return {"image": found}, "its usual name" if found in usual else "its values"
    return ({"image": usual[0]}, "its usual name") if usual and required else _NO_GUESS


def _names_images(column: pa.ChunkedArray, folder: Path | None) -> bool:
    """Tells whether a column holds bytes or names of images; files must be there where their folder is given."""
    if not _is_text(column.type):
        return True
    names = [name for name in column.slice(0, _NAMED_FILES).to_pylist() if name]
    if not names or not all(name.lower().endswith(IMAGE_ENDINGS) for name in names):
        return False
    return folder is None or any((folder / below / names[0]).is_file() for below in ("", "images"))


def _usual_mask(table: pa.Table, fields: Mapping[str, str]) -> _Guess:
    free = _free_files(table, fields)
    return next(({"mask": free[name]} for name in MASKS.split() if name in free), {}), "its usual name"


def _boxes(table: pa.Table, fields: Mapping[str, str]) -> _Guess:
    free = _free(table, fields).values()
    return next(({"boxes": name} for name in free if _is_boxes(table.schema.field(name).type)), {}), "its values"


def _guess_texts(table: pa.Table, fields: Mapping[str, str], required: Sequence[str]) -> _Guess:
    attempts = [_translation, _only_two_texts] if "target" in required else []
    if "text" not in fields:
        two = "text_pair" not in fields and (not required or {"text_pair", "label"} & {*required})
        attempts += [_usual_pair] if two else []
        attempts += [_usual_text, _longest_text] if required else [_usual_text, _translation, _longest_text]
    guesses = (attempt(table, fields) for attempt in attempts)
    return next((guess for guess in guesses if guess[0]), _NO_GUESS)


def _usual_pair(table: pa.Table, fields: Mapping[str, str]) -> _Guess:
    free = _free_texts(table, fields)
    pairs = ({"text": free[a], "text_pair": free[b]} for a, b in PAIRS if {a, b} <= free.keys())
    return next(pairs, {}), "its usual name"


def _translation(table: pa.Table, fields: Mapping[str, str]) -> _Guess:
    """Guesses a text and its translation, in keeping with the one of them that is known."""
    others = {role: column for role, column in fields.items() if role not in ("text", "target")}
    texts = {name: column for name, column in _free_texts(table, others).items() if name not in NOT_LABELS}
    usual = [(texts[a], texts[b]) for a, b in TRANSLATIONS if {a, b} <= texts.keys()]
    languages = [tuple(texts.values())] if len(texts) == 2 and all(map(is_language, texts)) else []
    for pairs, reason in ((usual, "its usual name"), (languages, "its language")):
        for text, target in (*pairs, *(pair[::-1] for pair in pairs)):
            if fields.get("text", text) == text and fields.get("target", target) == target:
                return {"text": text, "target": target}, reason
    return _NO_GUESS


def _only_two_texts(table: pa.Table, fields: Mapping[str, str]) -> _Guess:
    """Guesses that the first of two columns of text is translated into the second."""
    others = {role: column for role, column in fields.items() if role not in ("text", "target")}
    texts = list(_free_texts(table, others).values())
    known = {role: fields[role] for role in ("text", "target") if role in fields}
    if len(texts) != 2 or not {*known.values()} <= {*texts}:
        return _NO_GUESS
    text = known.get("text", next((name for name in texts if name != known.get("target")), texts[0]))
    return {"text": text, "target": next(name for name in texts if name != text)}, "there are two columns of text"


def _usual_text(table: pa.Table, fields: Mapping[str, str]) -> _Guess:
    free = _free_texts(table, fields)
    return next(({"text": free[name]} for name in TEXTS.split() if name in free), {}), "its usual name"


def _longest_text(table: pa.Table, fields: Mapping[str, str]) -> _Guess:
    head = table.slice(0, _PROFILED_ROWS)
    free = _free_texts(table, fields).values()
    lengths = {name: pc.mean(pc.utf8_length(head[name].cast(pa.string()))).as_py() or 0.0 for name in free}
    longest = max(lengths, key=lengths.get, default=None)
    # Codes, dates and numbers are no text.
    has_words = longest is not None and pc.any(pc.match_substring(head[longest].cast(pa.string()), " ")).as_py()
    return ({"text": longest} if has_words else {}), "the longest text"


def _guess_label(table: pa.Table, fields: Mapping[str, str]) -> _Guess:
    free = {lowered: name for lowered, name in _free(table, fields).items() if lowered not in NOT_LABELS}
    usual = next((free[name] for name in LABELS.split() if name in free), None)
    if usual is not None:
        return {"label": usual}, "its usual name"
    head = table.slice(0, _PROFILED_ROWS)
    plain = [name for name in free.values() if not _holds_objects(table.schema.field(name).type)]
    counts = {name: _num_distinct(head[name]) for name in plain}
    # A column in which nearly every row differs names or numbers the rows.
    counts = {name: count for name, count in counts.items() if 2 <= count <= max(2, head.num_rows // 2)}
    fewest = min(counts, key=counts.get, default=None)
    return ({"label": fewest} if counts else {}), "the fewest different values"


def _num_distinct(column: pa.ChunkedArray) -> int:
    if pa.types.is_nested(column.type):
        return len({str(value) for value in column.to_pylist()})
    return pc.count_distinct(column).as_py()
