"""`kformer export`: a run in a form that others can serve."""

from pathlib import Path

import click

from kformer.cli.console import short_path
from kformer.cli.quiet import load_tensorflow


@click.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--to",
    type=click.Choice(["savedmodel", "hf"]),
    default="savedmodel",
    show_default=True,
    help="A TensorFlow SavedModel (texts in, labels and scores out), or a folder that `transformers` loads.",
)
@click.option("--out", metavar="DIR", help="Where to write it.  [default: DIR/export, or DIR/hf]")
def export(folder, to, out):
    """Write a run as a SavedModel or a Hugging Face folder."""
    import kformer as kf

    destination = Path(out) if out else Path(folder) / {"savedmodel": "export", "hf": "hf"}[to]
    load_tensorflow(folder)
    kf.export(kf.load(folder), destination, to=to)
    click.echo(f"written to {short_path(destination)}")
