"""`kformer predict`: answers for texts or pictures on the command line, or for every row of a file."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from kformer.cli.columns import choose_columns, texts_of
from kformer.cli.console import duration, note
from kformer.cli.drawing import Drawing
from kformer.cli.masks_out import MaskFiles, open_mask_files
from kformer.cli.options import precision_option
from kformer.cli.quiet import load_tensorflow
from kformer.cli.rows_in import READERS, Rows, open_rows
from kformer.cli.rows_out import open_writer
from kformer.cli.unreadable import Unreadable

_DIGITS = 6  # after the point, of scores


@click.command()
@click.argument("folder", metavar="DIR")
@click.argument("texts", metavar="[TEXT|PICTURE]...", nargs=-1)
@click.option("--pair", "pairs", nargs=2, multiple=True, metavar="ONE TWO", help="Two texts or pictures; repeatable.")
@click.option("--input", metavar="FILE", help="A .csv, .tsv, .jsonl, .parquet or .txt file, or - for standard input.")
@click.option("--output", metavar="FILE", help="A .csv, .tsv, .jsonl or .parquet file.  [default: JSON lines, printed]")
@click.option("--format", type=click.Choice(list(READERS)), help="How to read --input, where its ending does not say.")
@click.option("--text", metavar="COLUMN", help="Column of the text.")
@click.option("--text-pair", metavar="COLUMN", help="Column of the second text.")
@click.option("--image", metavar="COLUMN", help="Column of the pictures' paths, relative to the file.")
@click.option("--image-pair", metavar="COLUMN", help="Column of the second pictures' paths.")
@click.option("--scores", is_flag=True, help="Add the score of every label.")
@click.option("--top", type=click.IntRange(2), metavar="N", help="Add the N likeliest labels: label_2, score_2 and on.")
@click.option("--masks", metavar="FOLDER", help="Write the mask of every picture, and an overlay, to FOLDER.")
@click.option("--draw", metavar="FOLDER", help="Draw the boxes that are found into copies of the pictures, in FOLDER.")
@click.option(
    "--score-threshold", type=click.FloatRange(0, 1), help="Least score of a box that is found.  [default: the run's]"
)
@precision_option
def predict(
    folder, texts, pairs, input, output, format, text, text_pair, image, image_pair, scores, top, masks, draw,
    score_threshold, precision,
):  # fmt: skip
    """Label or translate texts, or tell what pictures show.

    Pictures are labelled, what is in them is found, or two of them are compared (--pair), as the run was trained to. A
    file keeps its columns and gains `label` and `score`, or `boxes`. --input may be a folder of pictures. Of several
    pictures those that cannot be read are named and passed over; the exit status is 1 then, and 2 where none is left.

    \b
    kformer predict saved_models/reviews "a stirring, funny film"
    kformer predict saved_models/flowers tulip.jpg rose.jpg
    kformer predict saved_models/streets street.jpg --masks masks
    kformer predict saved_models/cells slide.jpg --draw drawn
    kformer predict saved_models/faces --pair one.jpg two.jpg
    kformer predict saved_models/reviews --input new.csv --output labelled.csv
    """
    given = [name for name, value in (("texts or pictures", texts), ("--pair", pairs), ("--input", input)) if value]
    if len(given) != 1:
        received = " and ".join(given) or "none"
        raise ValueError(f"Give either texts or pictures, or --pair, or --input. Received: {received}.")
    unreadable = Unreadable()
    options = {"scores": scores, "top": top}
    if input:
        started = time.perf_counter()
        with open_rows(input, format) as rows, open_writer(output, rows.schema) as write:
            predictor = _predictor(folder, precision, draw, score_threshold)
            fields_of = partial(_fields, **options, files=open_mask_files(predictor, masks))
            names = predictor.input_names
            named = {"text": text, "text_pair": text_pair, "image": image, "image_pair": image_pair}
            columns = choose_columns(rows, names, **named)
            beside = Path(input).parent if "image" in names else None
            counts = _predict_rows(predictor, rows, columns, fields_of, write, beside, unreadable)
            unreadable.check(counts.answered)
        _report(counts, "picture" if beside else "text", output, time.perf_counter() - started)
    else:
        with open_writer(output) as write:
            predictor = _predictor(folder, precision, draw, score_threshold)
            fields_of = partial(_fields, **options, files=open_mask_files(predictor, masks))
            answers = _predict_inputs(predictor, texts or pairs, fields_of, unreadable)
            unreadable.check(len(answers))
            write(answers)
    if draw:
        predictor.tell()
    unreadable.exit()


def _predictor(folder: str, precision: str, draw: str | None, score_threshold: float | None):
    """Returns the run's predictor, which draws what it finds where it is told to."""
    import kformer as kf

    load_tensorflow(folder)
    predictor = kf.load(folder, precision=precision)
    if score_threshold is not None:
        if "boxes" not in predictor.required:
            raise ValueError("--score-threshold is of boxes, and this run finds none. Leave it out.")
        predictor.task.score_threshold = score_threshold
    return Drawing(predictor, draw) if draw else predictor


def _predict_inputs(predictor, inputs: Sequence, fields_of: Callable, unreadable: Unreadable) -> list[dict]:
    """Returns the rows of what is given on the command line, without those of pictures that cannot be read."""
    # One picture by itself fails as everything does: in one line.
    answered = _answered(predictor, inputs, fields_of, unreadable if len(inputs) > 1 else None)
    return [_answer(predictor.input_names, inputs[index], fields) for index, fields in answered.items()]


def _answered(predictor, inputs: Sequence, fields_of: Callable, unreadable: Unreadable | None) -> dict[int, dict]:
    """Returns the columns of each prediction by the position of its input; pictures without one were named."""
    reads_pictures = "image" in predictor.input_names
    answers = predictor(list(inputs), **({"on_unreadable": unreadable} if reads_pictures else {}))
    rows = enumerate(zip(inputs, answers, strict=True))
    return {index: fields_of(given, answer) for index, (given, answer) in rows if answer is not None}


def _answer(names: Sequence[str], text: str | tuple[str, str], fields: dict) -> dict:
    return {**dict(zip(names, [text] if isinstance(text, str) else text, strict=True)), **fields}


def _fields(text, answer: dict, scores: bool = False, top: int | None = None, files: MaskFiles | None = None) -> dict:
    """Returns the columns that a prediction adds: flat, so that a table can hold them; of a mask its file."""
    fields = {name: value for name, value in answer.items() if name not in ("mask", "scores")}
    if files is not None:
        # A row without a picture has no file.
        fields = {"mask": None if text is None else files.write(text, answer["mask"]), **fields}
    of_labels = answer.get("scores", {})
    if top and of_labels:
        likeliest = sorted(of_labels.items(), key=lambda item: -item[1])[:top]
        for place, (label, score) in enumerate(likeliest[1:], start=2):
            fields |= {f"label_{place}": label, f"score_{place}": score}
    fields |= {f"score/{label}": score for label, score in of_labels.items() if scores}
    return {name: round(value, _DIGITS) if isinstance(value, float) else value for name, value in fields.items()}


@dataclass
class _Counts:
    """How many rows there were, how many of them had nothing to read, and how many were answered."""

    total: int = 0
    empty: int = 0
    answered: int = 0


def _predict_rows(
    predictor, rows: Rows, columns: list[str], fields_of, write, beside: Path | None, unreadable: Unreadable
) -> _Counts:
    """Labels the rows chunk by chunk; paths of pictures are relative to the folder `beside`."""
    counts = _Counts()
    for chunk in rows.chunks:
        texts = texts_of(chunk, columns)
        if beside is not None:
            texts = [_beside(beside, path) for path in texts]
        known = [index for index, text in enumerate(texts) if text is not None]
        answered = _answered(predictor, [texts[index] for index in known], fields_of, unreadable)
        fields = {known[position]: answer for position, answer in answered.items()}
        blank = _blank(predictor, fields_of) if len(fields) < len(chunk) else {}
        write([_with_fields(row, fields.get(index, blank), rows.columns) for index, row in enumerate(chunk)])
        counts.total += len(chunk)
        counts.empty += len(chunk) - len(known)
        counts.answered += len(fields)
    return counts


def _beside(folder: Path, path: str | tuple[str, str] | None) -> str | tuple[str, ...] | None:
    """Returns a path, or each of a pair, from a folder on."""
    if path is None:
        return None
    return str(folder / path) if isinstance(path, str) else tuple(str(folder / part) for part in path)


def _blank(predictor, fields_of: Callable) -> dict:
    """Returns the columns of a prediction without values, for a row that has nothing to read."""
    (answer,) = predictor([predictor.empty_input])
    return dict.fromkeys(fields_of(None, answer))


def _with_fields(row: dict, fields: dict, columns: list[str]) -> dict:
    """Adds a prediction to a row; a column that the file already has stays, and ours is called `predicted_...`."""
    return {**row, **{f"predicted_{name}" if name in columns else name: value for name, value in fields.items()}}


def _report(counts: _Counts, what: str, output: str | None, seconds: float):
    left_empty = "what is predicted of them is left empty."
    if counts.empty:
        note(f"{counts.empty:,} of {counts.total:,} rows have no {what}: {left_empty}")
    if unreadable := counts.total - counts.empty - counts.answered:
        note(f"{unreadable:,} of {counts.total:,} {what}s cannot be read: {left_empty}")
    if output:
        note(f"{counts.total:,} rows in {duration(seconds)}, written to {output}")
