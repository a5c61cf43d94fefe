"""`kformer similar`: the texts of a file that mean nearly the same as a query."""

import click

from kformer.cli.columns import choose_columns
from kformer.cli.embed import embed_chunks
from kformer.cli.options import precision_option
from kformer.cli.quiet import load_tensorflow
from kformer.cli.rows_in import READERS, Rows, open_rows
from kformer.cli.rows_out import open_writer


@click.command()
@click.argument("source", metavar="DIR|minilm")
@click.argument("queries", metavar="TEXT...", nargs=-1, required=True)
@click.option("--input", required=True, metavar="FILE", help="The texts to search: a file with one a row.")
@click.option("--output", metavar="FILE", help="A .csv, .tsv, .jsonl or .parquet file.  [default: JSON lines, printed]")
@click.option("--format", type=click.Choice(list(READERS)), help="How to read --input, where its ending does not say.")
@click.option("--text", metavar="COLUMN", help="Column of the text.")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="Neighbours of each query.")
@precision_option
def similar(source, queries, input, output, format, text, top, precision):
    """Find the texts of a file nearest in meaning.

    The measure is the cosine of the sentence vectors.

    \b
    kformer similar minilm "how do I get my money back?" --input questions.txt
    """
    import kformer as kf

    with open_rows(input, format) as rows, open_writer(output, rows.schema) as write:
        (column,) = choose_columns(rows, text=text)
        load_tensorflow()
        embedder = kf.tasks.SentenceEmbedder.from_pretrained(source, precision=precision)
        neighbours = find_neighbours(embedder, list(queries), rows, column, top)
        write(
            [
                {"query": query, "rank": rank, "similarity": round(similarity, 4), **row}
                for query, nearest in zip(queries, neighbours, strict=True)
                for rank, (similarity, row) in enumerate(nearest, start=1)
            ]
        )


def find_neighbours(embedder, queries: list[str], rows: Rows, column: str, top: int) -> list[list[tuple[float, dict]]]:
    """Finds the nearest rows of each query in one pass, keeping only the best so far.

    Args:
        embedder: Turns texts into vectors of length 1, (texts, d_model).
        queries: The texts to look for.
        rows: Where to look.
        column: The column of the text in `rows`.
        top: How many rows to keep for each query.

    Returns:
        Per query up to `top` pairs of cosine and row, the nearest first.
    """
    from kformer.tasks.embedding import nearest

    wanted = embedder(queries)
    best = [[] for _ in queries]
    for chunk, _, vectors in embed_chunks(embedder, rows, column):
        for index, (positions, similarities) in enumerate(zip(*nearest(wanted, vectors, top), strict=True)):
            found = [(float(similarity), chunk[i]) for i, similarity in zip(positions, similarities, strict=True)]
            best[index] = sorted(best[index] + found, key=lambda pair: -pair[0])[:top]
    return best
