"""`kformer fit`: fine-tune a model on a source, evaluate it, export it."""

import shlex

import click

from kformer.cli.console import print_metrics, program, short_path
from kformer.cli.options import data_options, given, recipe_options, take_recipe_fields
from kformer.cli.quiet import load_tensorflow
from kformer.training.recipe import Recipe

# Per task, what happens without --data: a source that is already here, a recipe that takes minutes, a text to try.
_QUICKSTARTS = {
    "text-classification": {
        "data": "docstrings",
        "recipe": {"epochs": 2, "max_length": 64},
        "out": "saved_models/quickstart",
        "text": "Compute the singular value decomposition of a matrix.",
    }
}


@click.command()
@click.argument("task", default="text-classification")
@click.option("--data", metavar="SRC", help="What to learn from: a file, a folder, tfds:NAME or docstrings.")
@click.option("--validation", metavar="SRC", help="What to judge by. Where not given, a part of --data is held back.")
@click.option(
    "--init",
    default="minilm",
    show_default=True,
    help="Weights to start from: minilm, a folder, a run, hf:ORG/NAME, or none.",
)
@click.option("--recipe", "recipe_file", metavar="FILE", help="Recipe (YAML); options below override it.")
@click.option("--out", metavar="DIR", help="Folder of the run.  [default: saved_models/<name of the source>]")
@click.option("--overwrite", is_flag=True, help="Replace the run in --out, once the new one is finished.")
@data_options
@recipe_options
def fit(task, data, validation, init, recipe_file, out, overwrite, **arguments):
    """Fine-tune a model on your data.

    It is evaluated and exported as well, all into one folder. Without --data this is the quickstart: a pretrained
    BERT learns which Python library a docstring comes from. Ctrl-C ends the training early and keeps its best epoch.

    \b
    kformer fit
    kformer fit text-classification --data reviews.csv --init minilm
    """
    import kformer as kf

    quickstart = _quickstart(task) if data is None else {}
    fields = take_recipe_fields(arguments)
    recipe = Recipe.from_file(recipe_file) if recipe_file else Recipe(**quickstart.get("recipe", {}))
    recipe = recipe.replace(**fields)
    load_tensorflow()
    run = kf.fit(
        task,
        data or quickstart["data"],
        validation,
        init=init,
        recipe=recipe,
        out=out or quickstart.get("out"),
        overwrite=overwrite,
        **given(arguments),
    )
    _print_run(run, quickstart.get("text", "A text of your own"))


def _quickstart(task: str) -> dict:
    from kformer.tasks import get_task

    if task not in _QUICKSTARTS:
        get_task(task)
        raise ValueError(f"`kformer fit {task}` needs --data: a file, a folder, tfds:NAME or docstrings.")
    return _QUICKSTARTS[task]


def _print_run(run, text: str):
    """Prints the metrics, where everything is, and what to try next."""
    folder = short_path(run.folder)
    click.echo()
    for part, metrics in run.metrics.items():
        print_metrics(metrics, title=part)
    click.echo(f"\nreport       {folder}/report.html")
    click.echo(f"TensorBoard  {program('tensorboard')} --logdir {shlex.quote(folder)}/tensorboard")
    click.echo(f"SavedModel   {folder}/export")
    texts = f"--pair {shlex.quote(text)} 'Another text'" if run.task.processor.pair else shlex.quote(text)
    click.echo(f"\nTry it:\n    {program()} predict {shlex.quote(folder)} {texts}")
