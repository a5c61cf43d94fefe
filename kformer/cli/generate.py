"""`kformer generate`: how texts go on, shown while they come."""

from collections.abc import Iterable, Sequence

import click

from kformer.cli.columns import choose_columns, texts_of
from kformer.cli.console import note
from kformer.cli.options import precision_option
from kformer.cli.quiet import load_tensorflow
from kformer.cli.rows_in import READERS, open_rows
from kformer.cli.rows_out import open_writer


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--prompt", "prompts", metavar="TEXT", multiple=True, help="How a text begins; repeatable.")
@click.option("--input", metavar="FILE", help="Prompts: a .csv, .tsv, .jsonl, .parquet or .txt file, or -.")
@click.option("--output", metavar="FILE", help="A .csv, .tsv, .jsonl or .parquet file.  [default: printed]")
@click.option("--format", type=click.Choice(list(READERS)), help="How to read --input, where its ending does not say.")
@click.option("--text", metavar="COLUMN", help="Column of the prompts.")
@click.option("--temperature", type=float, default=1.0, show_default=True, help="Below 1 is surer; 0 is greedy.")
@click.option("--top-k", type=int, default=0, show_default=True, help="Draw from so many tokens; 0 from all.")
@click.option("--top-p", type=float, default=1.0, show_default=True, help="Draw from tokens of this probability.")
@click.option("--repetition-penalty", type=float, default=1.0, show_default=True, help="Above 1 repeats less.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same texts.")
@click.option("--max-new-tokens", type=int, help="Tokens to add.  [default: as many as fit, at most 256]")
@click.option("--num-samples", type=int, default=1, show_default=True, help="Texts per prompt.")
@click.option("--stop", metavar="STRING", multiple=True, help="End a text before this; repeatable.")
@precision_option
def generate(
    folder, prompts, input, output, format, text, temperature, top_k, top_p, repetition_penalty, precision, **options
):
    """Continue texts with a run of language-modeling.

    One prompt is written on the terminal as its text comes; several, or --output, give a row each.

    \b
    kformer generate saved_models/stdlib --prompt "def main(" --temperature 0.8
    kformer generate saved_models/stdlib --input prompts.txt --output texts.jsonl --stop $'\\n'
    """
    import kformer as kf

    if bool(prompts) == bool(input):
        raise ValueError(f"Give either --prompt or --input. Received: {'both' if prompts else 'none'}.")
    prompts = list(prompts) or _read_prompts(input, format, text)
    load_tensorflow(folder)
    sampling = kf.generation.Sampling(temperature, top_k, top_p, repetition_penalty)
    task = kf.tasks.load_task(folder, precision=precision)
    if not isinstance(task, kf.tasks.LanguageModeling):
        raise ValueError(f"{folder} holds a task of {task.title}, which continues no texts. Use `kformer predict`.")
    with open_writer(output) as write:
        pieces = task.stream(prompts, sampling, **options)
        if output is None and len(prompts) == options["num_samples"] == 1:
            _show(prompts[0], pieces)
        else:
            write(_rows(prompts, pieces, options["num_samples"]))


def _read_prompts(source: str, format: str | None, text: str | None) -> list[str]:
    with open_rows(source, format) as rows:
        columns = choose_columns(rows, text=text)
        texts = [value for chunk in rows.chunks for value in texts_of(chunk, columns)]
    prompts = [value for value in texts if value is not None]
    if len(prompts) < len(texts):
        note(f"{len(texts) - len(prompts):,} of {len(texts):,} rows have no text and are left out.")
    return prompts


def _show(prompt: str, pieces: Iterable[list[str]]):
    """Prints a text as it comes."""
    click.echo(prompt, nl=False)
    for (piece,) in pieces:
        click.echo(piece, nl=False)
    click.echo()


def _rows(prompts: Sequence[str], pieces: Iterable[list[str]], num_samples: int) -> list[dict]:
    texts = ["".join(parts) for parts in zip(*pieces, strict=True)]
    return [
        {"prompt": prompts[i // num_samples], **({"sample": i % num_samples} if num_samples > 1 else {}), **answer}
        for i, answer in enumerate({"continuation": text} for text in texts)
    ]
