"""`kformer predict`: labels for texts on the command line, or for every row of a file."""

import time
from collections.abc import Iterator, Sequence

import click

from kformer.cli.columns import choose_columns, texts_of
from kformer.cli.console import duration, note
from kformer.cli.options import precision_option
from kformer.cli.quiet import load_tensorflow
from kformer.cli.rows_in import READERS, open_rows
from kformer.cli.rows_out import open_writer


@click.command()
@click.argument("folder", metavar="DIR")
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@click.option("--pair", "pairs", nargs=2, multiple=True, metavar="TEXT TEXT", help="Two texts to compare; repeatable.")
@click.option("--input", metavar="FILE", help="A .csv, .tsv, .jsonl, .parquet or .txt file, or - for standard input.")
@click.option("--output", metavar="FILE", help="A .csv, .tsv, .jsonl or .parquet file.  [default: JSON lines, printed]")
@click.option("--format", type=click.Choice(list(READERS)), help="How to read --input, where its ending does not say.")
@click.option("--text", metavar="COLUMN", help="Column of the text.")
@click.option("--text-pair", metavar="COLUMN", help="Column of the second text.")
@click.option("--scores", is_flag=True, help="Add the score of every label.")
@precision_option
def predict(folder, texts, pairs, input, output, format, text, text_pair, scores, precision):
    """Label or translate texts with a run.

    A file keeps its columns and gains `label` and `score`.

    \b
    kformer predict saved_models/reviews "a stirring, funny film"
    kformer predict saved_models/reviews --input new.csv --output labelled.csv
    """
    import kformer as kf

    given = [name for name, value in (("TEXT", texts), ("--pair", pairs), ("--input", input)) if value]
    if len(given) != 1:
        raise ValueError(f"Give either TEXT or --pair or --input. Received: {' and '.join(given) or 'none'}.")
    load_tensorflow()
    if not input:
        with open_writer(output) as write:
            predictor = kf.load(folder, precision=precision)
            write([_answer(*row) for row in _labelled(predictor, texts or pairs, scores)])
        return
    started = time.perf_counter()
    with open_rows(input, format) as rows, open_writer(output, rows.schema) as write:
        predictor = kf.load(folder, precision=precision)
        columns = choose_columns(rows, text, text_pair, predictor.pair)
        counts = _predict_rows(predictor, rows, columns, scores, write)
    _report(counts, output, time.perf_counter() - started)


def _labelled(predictor, texts: Sequence, scores: bool) -> Iterator[tuple]:
    return zip(texts, (_fields(answer, scores) for answer in predictor(list(texts))), strict=True)


def _answer(text: str | tuple[str, str], fields: dict) -> dict:
    texts = {"text": text} if isinstance(text, str) else {"text": text[0], "text_pair": text[1]}
    return {**texts, **fields}


def _fields(answer: dict, scores: bool) -> dict:
    """Returns the columns that a prediction adds: flat, so that a table can hold them."""
    fields = {name: value for name, value in answer.items() if name != "scores"}
    every = {f"score/{label}": score for label, score in answer.get("scores", {}).items()} if scores else {}
    return {**fields, **every}


def _predict_rows(predictor, rows, columns: list[str], scores: bool, write) -> tuple[int, int]:
    """Labels the rows chunk by chunk; returns how many there were, and how many of them have no text."""
    total = empty = 0
    for chunk in rows.chunks:
        texts = texts_of(chunk, columns)
        known = [index for index, text in enumerate(texts) if text is not None]
        answers = predictor([texts[index] for index in known])
        fields = dict(zip(known, (_fields(answer, scores) for answer in answers), strict=True))
        blank = _blank(predictor, scores) if len(known) < len(chunk) else {}
        write([_with_fields(row, fields.get(index, blank), rows.columns) for index, row in enumerate(chunk)])
        total += len(chunk)
        empty += len(chunk) - len(known)
    return total, empty


def _blank(predictor, scores: bool) -> dict:
    """Returns the columns of a prediction without values, for a row that has no text."""
    (answer,) = predictor([("", "") if predictor.pair else ""])
    return dict.fromkeys(_fields(answer, scores))


def _with_fields(row: dict, fields: dict, columns: list[str]) -> dict:
    """Adds a prediction to a row; a column that the file already has stays, and ours is called `predicted_...`."""
    return {**row, **{f"predicted_{name}" if name in columns else name: value for name, value in fields.items()}}


def _report(counts: tuple[int, int], output: str | None, seconds: float):
    total, empty = counts
    if empty:
        note(f"{empty:,} of {total:,} rows have no text: what is predicted of them is left empty.")
    if output:
        note(f"{total:,} rows in {duration(seconds)}, written to {output}")
