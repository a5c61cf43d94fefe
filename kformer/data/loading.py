"""From a source to examples: columns found, labels understood, rows that cannot be used counted."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kformer.data.apart import keep_apart, split_apart
from kformer.data.cleaning import empty_texts
from kformer.data.examples import Examples, check_classes, check_labels, has_names, is_segmented, label_counts
from kformer.data.images.checking import MAX_PIXELS
from kformer.data.images.columns import check_images
from kformer.data.labels import KINDS, apply_names, guess_kind, parse_labels, read_label_names, sort_names
from kformer.data.schema import ROLES, TEXT_ROLES, choose_fields, unpack_images, unpack_translations
from kformer.data.sources import TRAIN, VALIDATION, Options, Reading, Rejection, holds_images, part_names, read
from kformer.errors import suggest

_CLASSIFICATION = ("text", "label")
_MOST_REASONS = 5  # that are told why rows cannot be used


def load(
    source: str | Path,
    *,
    text: str | None = None,
    text_pair: str | None = None,
    target: str | None = None,
    label: str | None = None,
    group: str | None = None,
    image: str | None = None,
    mask: str | None = None,
    boxes: str | None = None,
    label_kind: str | None = None,
    label_separator: str = "|",
    label_names: Sequence[str] | str | Path | None = None,
    split: str | None = None,
    quoting: str = "auto",
    tfds_dir: str | Path | None = None,
    required: Sequence[str] | None = None,
    max_rejected: float = 0.05,
    max_pixels: int = MAX_PIXELS,
) -> Examples:
    """Reads examples from a file, a folder or a named source.

    Args:
        source: A .csv, .tsv, .jsonl or .parquet file; parallel files, as "train.en,train.de"; a .txt file, which is
            one example; a folder of *.txt, of <class>/*.txt, or with the parts train and validation;
            "tfds:NAME[/CONFIG]"; "digits"; "digit-masks"; "digit-scenes"; "docstrings"; "numbers[:en-de]"; "stdlib".
            Of a table the first row names the columns, unless it is data: a number beside text, a value that occurs
            again in its column, or sentences, and no usual name of a column; `notes` says so.
            Images: a folder of <class>/*.jpg, of images and masks, or in the form of VOC or COCO; a .json file of
            COCO; a table with a column of paths. A .zip, .tar or .tar.gz of a folder is read like the folder.
        text: Column of the text; None guesses it, and `notes` says so.
        text_pair: Column of the second text of a pair.
        target: Column of the text's translation.
        label: Column of the label.
        group: Column whose equal values `split` keeps on one side.
        image: Column of the images: paths, relative to the file, or their bytes.
        mask: Column of masks, which give each pixel of an image the index of its class.
        boxes: Column of lists of boxes {"label", "x0", "y0", "x1", "y1"}, in pixels.
        label_kind: "class", "multi" (any number of labels an example) or "number"; None guesses it.
        label_separator: What stands between the labels of one example, for "multi".
        label_names: Names of the labels, or of the classes of boxes or masks, in order, or a file with one a line;
            integers are positions in it.
        split: Part of a source that has parts; "train" unless told otherwise.
        quoting: "standard" or "none" for csv and tsv; "auto" is standard for csv and none for tsv.
        tfds_dir: Folder of prepared TensorFlow Datasets.
        required: The roles that every example must have: ("text", "label") to classify, ("text", "target") to
            translate, ("text",) for a language model, ("image", "label"), ("image", "boxes") or ("image", "mask")
            for images. () reads what is there, to predict or to look at: labels may be missing and empty text is
            kept. None is what `image`, `boxes` or `mask` tell of images, what a source of images has, or else
            ("text", "label").
        max_rejected: Largest share of rows that may be unusable, between 0 and 1.
        max_pixels: Images with more are refused before they are decoded.

    Returns:
        The examples, with the rows that cannot be used in `rejected`, told in `problems`, and the guesses in `notes`.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: The source, its columns or its labels cannot be used, or too many of its rows cannot.
    """
    _check_arguments(label_kind, label_separator, required, max_rejected, max_pixels)
    named = {"text": text, "text_pair": text_pair, "target": target, "label": label, "group": group}
    named |= {"image": image, "mask": mask, "boxes": boxes}
    options = Options(split, quoting, None if tfds_dir is None else Path(tfds_dir))
    if required is None:
        required = _named_roles(named) or (None if holds_images(source, options) else _CLASSIFICATION)
    options = replace(options, required=tuple(required or ()))
    reading = read(source, options)
    required = tuple(reading.fields) if required is None else required
    folder = reading.folder or Path(reading.file).parent
    known = {} if text or target else reading.fields
    known = {role: column for role, column in known.items() if not required or role in required}
    named |= {role: column for role, column in known.items() if named[role] is None}
    table = unpack_images(unpack_translations(reading.table))
    # What a source knows leaves nothing to guess.
    fields, notes = choose_fields(table, named, required or tuple(known), reading.file, folder)
    examples = Examples(table, fields, source=str(source), notes=reading.notes + notes)
    names, missing = _names(fields, reading, label_names), {}
    if "label" in fields:
        examples, missing = _understand_labels(examples, label_kind, label_separator, names, "label" in required)
        missing = missing if "label" in required or not required else {}
    missing |= empty_texts(examples)
    problems = {}
    if "image" in fields:
        classes = None if "label" in fields else names
        examples, problems = check_images(examples, folder, classes, max_pixels)
    if required:
        problems = missing | problems
    elif missing:
        # They are kept, to be predicted or looked at; whoever looks should learn what a training will say.
        examples = replace(examples, problems=(_to_train_on(examples, reading, missing | problems, max_rejected),))
    examples = _reject(examples, reading, problems, max_rejected)
    return _name_labels(examples, names) if has_names(examples) else examples


def _to_train_on(examples: Examples, reading: Reading, problems: Mapping[int, str], max_rejected: float) -> str:
    """Returns what a training would say of rows that are kept here."""
    rejections, total = _rejections(reading, problems), len(examples) + len(reading.rejections)
    return f"to train on, {_summary(rejections, total)}{_limit(rejections, total, max_rejected)}"


def load_splits(
    source: str | Path,
    validation: str | Path | None = None,
    *,
    validation_fraction: float = 0.1,
    seed: int = 0,
    apart: str | None = None,
    **load_arguments,
) -> tuple[Examples, Examples]:
    """Reads the examples to train on and those to validate on, which have the columns and labels of the former.

    Args:
        source: What to train on, as for `load`.
        validation: What to validate on; None takes the part "validation" of the source, or else holds rows out.
        validation_fraction: Share of the rows to hold out, where nothing else is there to validate on.
        seed: Chooses the rows held out.
        apart: A role whose values are never in both parts: "label", where labels are people.
        **load_arguments: All other arguments of `load`.

    Returns:
        The examples to train on and those to validate on.

    Raises:
        ValueError: As for `load`; training has one class only; or a label in validation does not occur in training.
    """
    arguments = dict(load_arguments)
    if validation is None and arguments.get("split") is None:
        required, options = arguments.get("required"), Options(tfds_dir=arguments.get("tfds_dir"))
        if required is None:
            required = () if holds_images(source, options) else _CLASSIFICATION
        options = replace(options, required=tuple(required))
        if VALIDATION in part_names(source, options):
            arguments["split"], validation = TRAIN, source
    train = load(source, **arguments)
    if validation is None and apart is not None:
        return split_apart(train, apart, validation_fraction, seed)
    if validation is None:
        return train.split(validation_fraction, seed)
    if arguments.get("required") is None:
        arguments["required"] = tuple(train.fields) if "image" in train.fields else _CLASSIFICATION
    if "label" in arguments["required"]:
        check_classes(train)
    arguments["split"] = VALIDATION if validation == source and arguments.get("split") == TRAIN else None
    columns = {role: column for role, column in train.fields.items() if role != "group"}
    arguments |= columns | {"group": None, "label_kind": train.label_kind}
    if "mask" in train.fields:
        arguments["label_names"] = train.labels
    held_out = load(validation, **arguments)
    if apart is not None:
        return keep_apart(train, held_out, apart, validation_fraction, seed, is_one_source=validation == source)
    if train.labels and "mask" not in train.fields:
        check_labels(held_out, label_counts(train))
        held_out = replace(held_out, labels=train.labels)
    return train, held_out


def _named_roles(named: Mapping[str, str | None]) -> tuple[str, ...] | None:
    """Returns the roles that examples must have by the columns that the user named; None where the source tells."""
    given = {role for role, column in named.items() if column is not None}
    if given & {"image", "mask", "boxes"}:
        return ("image", next((role for role in ("mask", "boxes") if role in given), "label"))
    return _CLASSIFICATION if given & {*TEXT_ROLES} else None


def _check_arguments(
    kind: str | None, separator: str, required: Sequence[str] | None, max_rejected: float, max_pixels: int
):
    if kind is not None and kind not in KINDS:
        raise ValueError(f"`label_kind` must be one of {', '.join(KINDS)}. Received: {kind!r}.{suggest(kind, KINDS)}")
    if not separator:
        raise ValueError("`label_separator` must be one or more characters. Received: an empty text.")
    if isinstance(required, str) or not set(required or ()) <= set(ROLES):
        raise ValueError(f"`required` must be a tuple of roles out of {', '.join(ROLES)}. Received: {required!r}.")
    if not 0 <= max_rejected <= 1:
        raise ValueError(f"`max_rejected` must be a share of the rows, from 0 to 1. Received: {max_rejected}.")
    if max_pixels < 1:
        raise ValueError(f"`max_pixels` must be a number of pixels, 1 or more. Received: {max_pixels}.")


def _names(
    fields: Mapping[str, str], reading: Reading, label_names: Sequence[str] | str | Path | None
) -> tuple[str, ...] | None:
    """Returns the names of the labels, or of the classes of boxes or masks, where the user or the source knows them."""
    role = next((role for role in ("label", "mask", "boxes") if role in fields), None)
    if role is None:
        return None
    known = reading.label_names.get(fields[role]) if label_names is None else label_names
    # Things of one kind can be found in pictures, but not told apart.
    return None if known is None else read_label_names(known, 2 if role == "label" else 1)


def _labels_of(examples: Examples) -> pa.ChunkedArray:
    return examples.table[examples.fields["label"]]


def _understand_labels(
    examples: Examples, kind: str | None, separator: str, names: tuple[str, ...] | None, required: bool
) -> tuple[Examples, dict[int, str]]:
    """Puts labels of one kind in place of what the source gave; returns why some rows have none, by position.

    Where they are not required, and some rows have none, the labels of all are left out.
    """
    raw = _labels_of(examples).to_pylist()
    notes = ()
    if kind is None:
        kind = "class" if names is not None and not any(map(_is_list, raw)) else guess_kind(raw, separator)
        notes = (f"label kind = {kind!r} (guessed from {len(raw)} labels)",)
    values, problems = parse_labels(raw, kind, separator)
    if problems and not required:
        fields = {role: column for role, column in examples.fields.items() if role != "label"}
        notes = (f"labels are left out: {len(problems)} of {len(raw)} rows have none that can be used",)
        return replace(examples, fields=fields, notes=examples.notes + notes), problems
    if kind == "class" and names is not None:
        values = apply_names(values, names)
    kinds = {"class": pa.string(), "multi": pa.list_(pa.string()), "number": pa.float64()}
    column = examples.fields["label"]
    position = examples.table.column_names.index(column)
    table = examples.table.set_column(position, column, pa.array(values, kinds[kind]))
    return replace(examples, table=table, label_kind=kind, notes=examples.notes + notes), problems


def _is_list(value) -> bool:
    return isinstance(value, list)


def _reject(examples: Examples, reading: Reading, problems: dict[int, str], most: float) -> Examples:
    """Takes out the rows with problems, says how many there were, and stops where they are too many."""
    rejections = _rejections(reading, problems)
    if rejections:
        total = len(examples) + len(reading.rejections)
        summary = _summary(rejections, total)
        if limit := _limit(rejections, total, most):
            raise ValueError(f"{reading.file}: {summary}{limit}")
        kept = np.setdiff1d(np.arange(len(examples)), np.fromiter(problems, int, len(problems)))
        examples = replace(examples.take(kept), rejected=tuple(rejections), problems=(*examples.problems, summary))
    texts = {examples.fields[role] for role in TEXT_ROLES if role in examples.fields}
    table = examples.table
    for position, name in enumerate(table.column_names):
        if name in texts:
            table = table.set_column(position, name, pc.fill_null(table[name].cast(pa.string()), ""))
    return replace(examples, table=table)


def _rejections(reading: Reading, problems: dict[int, str]) -> list[Rejection]:
    """Returns the rows that the source could not read, and those with problems, by position."""
    return [*reading.rejections, *(reading.reject(row, reason) for row, reason in sorted(problems.items()))]


def _summary(rejections: Sequence[Rejection], total: int) -> str:
    return f"{len(rejections)} of {total} rows cannot be used: {_reasons(rejections)}"


def _limit(rejections: Sequence[Rejection], total: int, most: float) -> str:
    """Returns the sentence, to be appended to the summary, that so many are too many; "" where they are not."""
    if len(rejections) <= most * total and len(rejections) < total:
        return ""
    return f". At most {most:.0%} may be unusable (`max_rejected`). Repair the rows."


def _reasons(rejections: Sequence[Rejection]) -> str:
    """Returns the commonest reasons; those that differ in numbers and paths alone are one, with … for what differs."""
    alike = defaultdict(list)
    for rejection in rejections:
        words = rejection.reason.split(" ")
        alike[tuple("…" if "/" in word or re.search(r"\d", word) else word for word in words)].append(rejection)
    commonest = sorted(alike.values(), key=len, reverse=True)[:_MOST_REASONS]
    # The place of the first row is what one needs to look at the file.
    told = [f"{len(of)} x {_common(of)} (first: {of[0].place})" for of in commonest]
    more = len(alike) - len(told)
    return "; ".join([*told, f"{more} more reasons"] if more else told)


def _common(rejections: Sequence[Rejection]) -> str:
    places = zip(*(rejection.reason.split(" ") for rejection in rejections), strict=True)
    return " ".join(words[0] if len(set(words)) == 1 else "…" for words in places)


def _name_labels(examples: Examples, names: tuple[str, ...] | None) -> Examples:
    if is_segmented(examples):
        if names is None:
            return _number_classes(examples)
        return replace(examples, labels=names)  # that every pixel has one of them was checked
    if names is not None:
        check_labels(examples, names)
        return replace(examples, labels=names)
    found = sort_names(label_counts(examples))
    if not found and "label" not in examples.fields:
        raise ValueError(f"{examples.source} has images and not one box. Give examples of what is to be found.")
    return replace(examples, labels=found)


def _number_classes(examples: Examples) -> Examples:
    """Names the classes of masks by their numbers, those that do not occur too."""
    counts = label_counts(examples)
    names = tuple(map(str, range(max(map(int, counts), default=-1) + 1)))
    absent = [name for name in names if not counts[name]]
    notes = examples.notes
    if absent:
        notes += (
            f"masks have classes up to {names[-1]}, of which {len(absent)} occur nowhere (the first is {absent[0]}): "
            "name the classes in classes.txt or with `label_names`, or number them without gaps",
        )
    return replace(examples, labels=names, notes=notes)
