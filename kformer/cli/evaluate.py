"""`kformer evaluate`: the metrics of a run on a labelled source."""

import json

import click

from kformer.cli.console import print_metrics, short_path
from kformer.cli.options import ROLES, data_options, given, precision_option
from kformer.cli.quiet import load_tensorflow


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--data", "source", metavar="SRC", required=True, help="Labelled examples: a file, folder or tfds:NAME.")
@click.option("--split", metavar="NAME", help="Part of the source, such as validation.")
@click.option("--json", "json_file", metavar="FILE", help="Write the metrics, those of every label too, to FILE.")
@precision_option
@data_options(*ROLES)
def evaluate(folder, source, split, json_file, precision, **arguments):
    """Measure a run on other labelled examples.

    Every metric comes with its 95 % bootstrap interval.

    \b
    kformer evaluate saved_models/reviews --data test.csv --json metrics.json
    """
    import kformer as kf
    from kformer.data.sources import check_source

    check_source(source)
    load_tensorflow(folder)
    predictor = kf.load(folder, precision=precision)
    examples = kf.data.load(source, required=predictor.required, **given({"split": split, **arguments}))
    for line in (*examples.notes, *examples.problems):
        click.echo(line)
    metrics = predictor.evaluate(examples)
    print_metrics(metrics)
    if json_file:
        kf.runs.write_atomic(json_file, json.dumps(metrics, indent=2, ensure_ascii=False) + "\n")
        click.echo(f"\nwritten to {short_path(json_file)}")
