"""`kformer data`: what would be read from a source."""

import json
from collections.abc import Sequence
from typing import get_args

import click

from kformer.cli.console import number, print_table, short_path
from kformer.cli.flags import with_flags
from kformer.cli.options import ROLES, data_options, given
from kformer.cli.quiet import load_tensorflow
from kformer.training.image_recipes import Strength
from kformer.wording import counted

_MOST_LABELS = 60


@click.command()
@click.argument("source", metavar="SRC")
@click.option("--split", metavar="NAME", help="Part of the source, such as validation.")
@click.option("--json", "json_file", metavar="FILE", help="Write the description to FILE, too.")
@click.option("--preview", metavar="FILE", help="Draw some images, as they are and as training sees them, as PNG.")
@click.option(
    "--augment", type=click.Choice(get_args(Strength)), default="standard", show_default=True, help="How strongly."
)
@data_options(*ROLES)
def data(source, split, json_file, preview, augment, **arguments):
    """Show what would be read from a source.

    That is its columns, labels, lengths or sizes, and problems. Nothing is trained.

    \b
    kformer data reviews.csv
    kformer data photos --preview photos.png
    """
    import kformer as kf

    examples = kf.data.load(source, required=(), **given({"split": split, **arguments}))
    profile = kf.data.profile(examples)
    print_profile(profile)
    for rejection in _unnamed(examples.rejected)[:10]:
        # A file that is one example has been named.
        raw = f": {rejection.raw[:80]}" if rejection.row is not None else ""
        click.echo(f"unusable: {rejection.place}: {rejection.reason}{raw}")
    if preview:
        load_tensorflow()
        kf.runs.write_atomic(preview, kf.data.preview(examples, augment))
        click.echo(f"\ndrawn in {short_path(preview)}")
    if json_file:
        kf.runs.write_atomic(json_file, json.dumps(profile, indent=2, ensure_ascii=False) + "\n")
        click.echo(f"\nwritten to {short_path(json_file)}")


def print_profile(profile: dict):
    """Prints what `kformer.data.profile` returns."""
    click.echo(f"{profile['source']}: {counted(profile['rows'], 'row')}")
    for line in profile["notes"]:
        click.echo(line)
    roles = {column: role for role, column in profile["fields"].items()}
    click.echo()
    columns = [(name, kind, roles.get(name, "")) for name, kind in profile["columns"].items()]
    print_table(("column", "type", "used as"), columns)
    if profile["labels"]:
        labels = list(profile["labels"].items())
        title = "labels" if profile["label_kind"] == "number" else counted(len(labels), "label")
        click.echo()
        print_table((title, _counted(profile)), [(name, number(count)) for name, count in labels[:_MOST_LABELS]])
        if len(labels) > _MOST_LABELS:
            click.echo(f"and {len(labels) - _MOST_LABELS:,} more, which --json FILE writes")
    click.echo()
    lengths = profile["lengths"]
    quantiles = list(next(iter(lengths.values())))
    rows = [(unit, *(f"{values[name]:,.0f}" for name in quantiles)) for unit, values in lengths.items()]
    print_table(("size" if "image" in profile["fields"] else "length in", *quantiles), rows)
    click.echo()
    for line in profile["problems"] or ([] if profile["rejected"] else ["no problems found"]):
        click.echo(with_flags(line, click.get_current_context().command))


def _unnamed(rejections: Sequence) -> list:
    """Returns the rejections without those files that the problems name, the first for each reason."""
    first = {}
    for rejection in rejections:
        first.setdefault(rejection.reason, rejection)
    return [rejection for rejection in rejections if rejection.row is not None or first[rejection.reason] != rejection]


def _counted(profile: dict) -> str:
    """Returns what the numbers beside the labels count, where it is not examples."""
    if "label" in profile["fields"]:
        return ""
    return "share of the pixels" if "mask" in profile["fields"] else "boxes"
