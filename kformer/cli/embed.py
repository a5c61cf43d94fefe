"""`kformer embed`: a sentence vector for every row of a file."""

from pathlib import Path

import click

from kformer.cli.columns import choose_columns, texts_of
from kformer.cli.console import note
from kformer.cli.options import precision_option
from kformer.cli.quiet import load_tensorflow
from kformer.cli.rows_in import READERS, Rows, open_rows
from kformer.cli.rows_out import open_writer


@click.command()
@click.argument("source", metavar="DIR|minilm")
@click.option("--input", required=True, metavar="FILE", help="A .csv, .tsv, .jsonl, .parquet or .txt file, or -.")
@click.option("--output", metavar="FILE", help="A .npy, .parquet, .jsonl or .csv file.  [default: JSON lines, printed]")
@click.option("--format", type=click.Choice(list(READERS)), help="How to read --input, where its ending does not say.")
@click.option("--text", metavar="COLUMN", help="Column of the text.")
@precision_option
def embed(source, input, output, format, text, precision):
    """Write a sentence vector for every text.

    The vectors are mean-pooled and of length 1, so that products are cosines. DIR is a run, or anything that
    `kformer fit --init` takes. A .npy file holds the vectors only, the others keep the columns and gain `embedding`.

    \b
    kformer embed minilm --input questions.txt --output questions.npy
    """
    import kformer as kf

    with open_rows(input, format) as rows:
        (column,) = choose_columns(rows, text=text)
        load_tensorflow()
        embedder = kf.tasks.SentenceEmbedder.from_pretrained(source, precision=precision)
        if output and Path(output).suffix.lower() == ".npy":
            total = _write_array(embedder, rows, column, output)
        else:
            total = _write_rows(embedder, rows, column, output)
    if output:
        note(f"{total:,} vectors written to {output}")


def embed_chunks(embedder, rows: Rows, column: str):
    """Yields (chunk of rows, their texts, array (rows, d_model) of their vectors)."""
    start = 0
    for chunk in rows.chunks:
        texts = texts_of(chunk, [column])
        if None in texts:
            place = start + texts.index(None) + 1
            raise ValueError(f"{rows.source}: example {place} has no text in {column!r}. Remove it, or give it a text.")
        yield chunk, texts, embedder(texts)
        start += len(chunk)


def _write_array(embedder, rows: Rows, column: str, output: str) -> int:
    import numpy as np

    from kformer.runs import atomic_path

    vectors = np.concatenate([vectors for _, _, vectors in embed_chunks(embedder, rows, column)])
    with atomic_path(output) as temporary:
        np.save(temporary, vectors)
    return len(vectors)


def _write_rows(embedder, rows: Rows, column: str, output: str | None) -> int:
    total = 0
    with open_writer(output, rows.schema) as write:
        for chunk, _, vectors in embed_chunks(embedder, rows, column):
            write([{**row, "embedding": vector} for row, vector in zip(chunk, vectors.tolist(), strict=True)])
            total += len(chunk)
    return total
