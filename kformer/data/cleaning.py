"""Cleaning of examples, and a report of what was found and done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kformer.data.examples import Examples
from kformer.data.schema import TEXT_ROLES
from kformer.data.text_cleaning import TEXT_RULES, clean_text, clean_text_in_graph, find_blemishes, strip_html
from kformer.wording import counted

__all__ = ["TEXT_RULES", "Cleaning", "CleaningReport", "clean", "clean_text", "clean_text_in_graph", "strip_html"]


# What makes two examples the same for a model, and what makes them the same as examples to learn from. Boxes and masks
# are not in it: an image that was annotated twice is still one image.
_INPUTS = ("image", *TEXT_ROLES)
_ALL = (*_INPUTS, "label")
# Characters that every length is given when lengths are compared: in short texts one word more is nothing unusual.
_SLACK = 10


@dataclass(frozen=True)
class Cleaning:
    """What to clean beside Unicode form and control characters, which always are.

    Args:
        html: Resolve entities ("&amp;") and remove tags ("<br>").
        duplicates: Drop training rows that repeat another, or whose text or image is in validation too. Images are
            the same where their files are.
        white_space: Put single spaces in place of all white space; False keeps it as it is, for a language model.
        max_ratio: Drop training texts whose translation is so many times longer or shorter than is usual between the
            two languages; None keeps them. Lengths are in characters, since Japanese has no spaces between words,
            and the usual ratio is the median of the data (Gale and Church, 1993, count so, too).
        max_characters: Drop training translations with a longer side; None keeps them.

    Raises:
        ValueError: A bound is so low that it would drop everything.
    """

    html: bool = False
    duplicates: bool = True
    white_space: bool = True
    max_ratio: float | None = 4.0
    max_characters: int | None = 1000

    def __post_init__(self):
        if self.max_ratio is not None and not self.max_ratio > 1:
            raise ValueError(f"`max_ratio` must be above 1, or None for no bound. Received: {self.max_ratio}.")
        if self.max_characters is not None and self.max_characters < 1:
            raise ValueError(f"`max_characters` must be 1 or more, or None. Received: {self.max_characters}.")


@dataclass(frozen=True)
class CleaningReport:
    """What cleaning found, in numbers of texts (a pair and a translation have two) or of rows."""

    train_rows: int  # before
    train_rows_kept: int
    validation_rows: int
    validation_rows_kept: int
    not_nfc: int  # texts that were not in Unicode NFC
    control_characters: int  # texts with control or invisible characters
    white_space: int  # texts with tabs, line ends or more than one space in a row, or around them
    html: int  # texts with HTML tags or entities
    html_removed: bool
    empty: int  # rows without text once cleaned: dropped
    too_long: int  # training rows with a side of more than `max_characters`: dropped
    unequal: int  # other training rows whose sides are unlike in length: dropped
    duplicates: int  # training rows that repeat the text and label or target of an earlier one
    leaked: int  # training rows whose text or image is in validation too
    duplicates_dropped: bool
    validation_duplicates: int  # validation rows that repeat an earlier one: kept
    label_conflicts: int  # training texts or images that occur with several labels: kept
    subject: str = "text"  # what the examples are: "text" or "image"

    def to_dict(self) -> dict:
        """Returns the numbers by name, and the subject, as JSON takes them."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Returns what is worth telling, one sentence a line; the first says how many rows are left."""
        lines = [_rows("train", self.train_rows, self.train_rows_kept)]
        if self.validation_rows:
            lines[0] += "; " + _rows("validation", self.validation_rows, self.validation_rows_kept)
        dropped = "dropped" if self.duplicates_dropped else "kept"
        html = "removed" if self.html_removed else "kept; `html` removes them"
        subject = self.subject
        told = (
            (self.not_nfc, "text", "texts", "brought to Unicode NFC"),
            (self.control_characters, "text", "texts", "rid of control characters"),
            (self.white_space, "text", "texts", "rid of superfluous white space"),
            (self.html, "text", "texts", f"with HTML tags or entities ({html})"),
            (self.empty, "row", "rows", "without text dropped"),
            (
                self.too_long,
                "training translation that is",
                "training translations that are",
                "too long dropped (`max_characters`)",
            ),
            (
                self.unequal,
                "training translation",
                "training translations",
                "unusually longer or shorter than the text dropped (`max_ratio`)",
            ),
            (self.duplicates, "training row that repeats", "training rows that repeat", f"another {dropped}"),
            (self.leaked, "training row", "training rows", f"whose {subject} is in validation too {dropped}"),
            (self.validation_duplicates, "validation row that repeats", "validation rows that repeat", "another kept"),
            (
                self.label_conflicts,
                f"training {subject} that occurs",
                f"training {subject}s that occur",
                "with several labels kept",
            ),
        )
        return lines + [f"{counted(count, one, many)} {what}" for count, one, many, what in told if count]


def _rows(part: str, before: int, after: int) -> str:
    rows = counted(before, "row")
    return f"{part}: {rows}" if after == before else f"{part}: {after:,} of {rows}"


def clean(
    train: Examples, validation: Examples | None = None, cleaning: Cleaning | None = None
) -> tuple[Examples, Examples | None, CleaningReport]:
    """Cleans the texts, and drops training rows that would mislead.

    Rows whose text is empty once cleaned are dropped on both sides. Of the training rows also those are dropped
    that repeat the text and label (or the text and target) of an earlier one, those whose text is in validation, and
    translations of unlikely length. No other validation row is: that would change what is measured. Texts with
    several labels are kept and counted. The same holds for images, by the content of their files.

    Args:
        train: Examples to train on.
        validation: Examples to validate on, if any.
        cleaning: What to do; None is the default `Cleaning()`.

    Returns:
        The clean examples, and the report.

    Raises:
        ValueError: No row is left to train or to validate on.
    """
    cleaning = cleaning or Cleaning()
    blemishes: Counter[str] = Counter()
    clean_train, empty = _clean_texts(train, cleaning, blemishes)
    clean_validation, empty_validation = validation, 0
    if validation is not None:
        clean_validation, empty_validation = _clean_texts(validation, cleaning, blemishes)
        if not len(clean_validation):
            raise ValueError(_none_left(validation, "validation", {"empty once cleaned": empty_validation}))
    clean_train, too_long, unequal = _drop_by_length(clean_train, cleaning)
    texts = _keys(clean_train, *_INPUTS)
    rows = _keys(clean_train, *_ALL)
    held_out = set() if clean_validation is None else set(_keys(clean_validation, *_INPUTS))
    leaked = np.fromiter((text in held_out for text in texts), bool, len(texts))
    repeated = ~leaked & _repeats(rows)
    kept = clean_train
    if cleaning.duplicates:
        kept = clean_train.take(np.flatnonzero(~leaked & ~repeated))
    if not len(kept):
        reasons = {"empty once cleaned": empty, "of unlikely length": too_long + unequal}
        raise ValueError(_none_left(train, "training", {**reasons, "in validation too": int(leaked.sum())}))
    labels_of_text = Counter(text for text, _ in set(zip(texts, rows, strict=True)))
    report = CleaningReport(
        train_rows=len(train),
        train_rows_kept=len(kept),
        validation_rows=0 if validation is None else len(validation),
        validation_rows_kept=0 if clean_validation is None else len(clean_validation),
        **{name: blemishes[name] for name in ("not_nfc", "control_characters", "white_space", "html")},
        html_removed=cleaning.html,
        empty=empty + empty_validation,
        too_long=too_long,
        unequal=unequal,
        duplicates=int(repeated.sum()),
        leaked=int(leaked.sum()),
        duplicates_dropped=cleaning.duplicates,
        validation_duplicates=0 if clean_validation is None else int(_repeats(_keys(clean_validation, *_ALL)).sum()),
        label_conflicts=sum(count > 1 for count in labels_of_text.values()),
        subject="image" if "image" in train.fields else "text",
    )
    return kept, clean_validation, report


def empty_texts(examples: Examples) -> dict[int, str]:
    """Returns which examples have an empty text, before any cleaning, and which text it is, by position."""
    problems = {}
    for role in reversed(TEXT_ROLES):
        if role in examples.fields:
            column = examples.table[examples.fields[role]].cast(pa.string())
            empty = pc.equal(pc.utf8_trim_whitespace(pc.fill_null(column, "")), "")
            problems |= {int(row): f"the {role} is empty" for row in np.flatnonzero(empty)}
    return problems


def _none_left(examples: Examples, part: str, reasons: dict[str, int]) -> str:
    """Returns the sentence that no row is left of a part; a switch is named only where it would keep some."""
    counts = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items() if count)
    switch = ", or switch `duplicates` off" if reasons.get("in validation too") else ""
    return f"{examples.source}: no {part} row is left of {len(examples):,}: {counts}. Give other data{switch}."


def _drop_by_length(examples: Examples, cleaning: Cleaning) -> tuple[Examples, int, int]:
    """Returns the examples without translations of unlikely length, how many were too long, and how many unequal."""
    if "target" not in examples.fields or not len(examples):
        return examples, 0, 0
    lengths = np.array([[len(text) for text in examples.values(role)] for role in ("text", "target")])
    usual = np.median(lengths[1] / lengths[0])
    ratio = (lengths[1] + _SLACK) / (usual * lengths[0] + _SLACK)
    too_long = (lengths > (cleaning.max_characters or np.inf)).any(axis=0)
    unequal = ~too_long & (np.maximum(ratio, 1 / ratio) > (cleaning.max_ratio or np.inf))
    kept = examples.take(np.flatnonzero(~too_long & ~unequal)) if (too_long | unequal).any() else examples
    return kept, int(too_long.sum()), int(unequal.sum())


def _clean_texts(examples: Examples, cleaning: Cleaning, blemishes: Counter) -> tuple[Examples, int]:
    """Returns the examples with clean texts and without empty ones, and how many were empty."""
    table, filled = examples.table, np.ones(len(examples), bool)
    for role in TEXT_ROLES:
        if role not in examples.fields:
            continue
        texts = examples.values(role)
        blemishes.update(blemish for text in texts for blemish in find_blemishes(text))
        cleaned = [clean_text(text, cleaning.html, cleaning.white_space) for text in texts]
        filled &= np.fromiter((bool(text.strip()) for text in cleaned), bool, len(cleaned))
        position = table.column_names.index(examples.fields[role])
        table = table.set_column(position, examples.fields[role], pa.array(cleaned, pa.string()))
    if not cleaning.white_space:
        del blemishes["white_space"]
    cleaned = replace(examples, table=table)
    return (cleaned if filled.all() else cleaned.take(np.flatnonzero(filled))), int((~filled).sum())


def _keys(examples: Examples, *roles: str) -> list[tuple]:
    """Returns what makes two examples equal: the values of the roles that are there, or the hashes of images."""
    columns = [examples.identities(role) for role in roles if role in examples.fields]
    # The labels of a multi-label example are a set.
    rows = zip(*columns, strict=True)
    return [tuple(frozenset(value) if isinstance(value, list) else value for value in row) for row in rows]


def _repeats(keys: Sequence) -> np.ndarray:
    """Returns boolean (len(keys),), True where a key occurred before."""
    seen = set()
    return np.fromiter((key in seen or seen.add(key) is not None for key in keys), bool, len(keys))
