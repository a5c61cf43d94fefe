"""`kformer fit`: train a model on a source, evaluate it, export it. Each task is a command of its own."""

import dataclasses
import shlex

import click

from kformer.cli.console import print_metrics, program, short_path
from kformer.cli.options import data_options, given, recipe_options, take_recipe_fields
from kformer.cli.quiet import load_tensorflow
from kformer.errors import suggest
from kformer.training.recipes import RECIPES


@dataclasses.dataclass(frozen=True)
class _Fit:
    """What `kformer fit TASK` says and does by default.

    Args:
        summary: First line of the help.
        details: The rest of the help.
        roles: Roles of the examples that the task reads.
        init: Weights to start from.
        data: Source that is taken where none is given.
        recipe: Fields of the recipe for that source, whichever part or language of it, so that it takes minutes.
        out: Folder where no source is given.
        text: A text to try afterwards; pictures are those that the run was judged by.
        command: What to try it with; {folder} and {text} are filled in.
    """

    summary: str
    details: str
    roles: tuple[str, ...]
    init: str
    data: str
    recipe: dict
    out: str
    text: str = ""
    command: str = "predict {folder} {text}"


_DEFAULT = "text-classification"
_FITS = {
    "text-classification": _Fit(
        summary="Label texts or pairs of texts, or give them a number.",
        details="Without --data a pretrained BERT learns which Python library a docstring comes from.",
        roles=("text", "text_pair", "label"),
        init="minilm",
        data="docstrings",
        recipe={"epochs": 2, "max_length": 64},
        out="saved_models/quickstart",
        text="Compute the singular value decomposition of a matrix.",
    ),
    "image-classification": _Fit(
        summary="Label pictures, or give them a number.",
        details="Without --data a compact Transformer (CCT) learns to read handwritten digits.",
        roles=("image", "label"),
        init="none",
        data="digits",
        recipe={
            "epochs": 16,
            "batch_size": 32,
            "learning_rate": 2e-3,
            "variant": "cct-2-3x2-32",
            "image_size": 16,
            "augment": "light",
            "flip": 0.0,
            "shift": 0.1,
            "rotation": 10.0,
            "zoom": 1.1,
        },
        out="saved_models/digits",
    ),
    "object-detection": _Fit(
        summary="Find things in pictures: boxes with names.",
        details="Without --data a small ViT learns to find handwritten digits on a page.",
        roles=("image", "boxes"),
        init="none",
        data="digit-scenes",
        recipe={
            "epochs": 25,
            "image_size": 128,
            "patch_size": 8,
            "variant": "vitc-nano-8",
            "head_channels": 64,
            "head_convolutions": 1,
            "learning_rate": 2e-3,
            "augment": "none",
            "shift": 0.1,
            "zoom": 1.2,
        },
        out="saved_models/digit-scenes",
        command="predict {folder} {text} --draw drawn",
    ),
    "face-verification": _Fit(
        summary="Tell whether two pictures show one person.",
        details="Any things of one kind will do, with a folder of pictures for each. Nobody to judge by is trained on. "
        "There are no faces without a download: without --data the ten handwritten digits stand in for "
        "people, three of them held out. See also `kformer enroll` and `kformer identify`.",
        roles=("image", "label"),
        init="none",
        data="digits",
        recipe={
            "epochs": 10,
            "batch_size": 64,
            "variant": "vit-nano-4",
            "image_size": 16,
            "augment": "light",
            "flip": 0.0,
            "shift": 0.1,
            "rotation": 10.0,
            "mirror": False,
            "validation_fraction": 0.3,
        },
        out="saved_models/digit_pairs",
    ),
    "segmentation": _Fit(
        summary="Find the class of each pixel of pictures.",
        details="Without --data a small ViT learns to find handwritten digits, and which they are.",
        roles=("image", "mask"),
        init="none",
        data="digit-masks",
        recipe={
            "epochs": 20,
            "batch_size": 16,
            "variant": "vitc-nano-8",
            "image_size": 32,
            "image_width": 48,
            "augment": "none",
            "learning_rate": 2e-3,
        },
        out="saved_models/digit-masks",
    ),
    "translation": _Fit(
        summary="Translate from one language to another.",
        details="Without --data a small Transformer learns to say English numbers in German.",
        roles=("text", "target"),
        init="none",
        data="numbers",
        recipe={
            "epochs": 14,
            "batch_tokens": 2048,
            "learning_rate": 2e-3,
            "schedule": "linear",
            "vocab_size": 200,
            "dropout": 0.0,
            "label_smoothing": 0.0,
            "average": 0,
        },
        out="saved_models/numbers",
        text="four hundred and seven",
    ),
    "language-modeling": _Fit(
        summary="Learn to continue texts.",
        details="Without --data a small GPT-2 learns to write the source code of Python's own standard library.",
        roles=("text",),
        init="none",
        data="stdlib",
        recipe={"epochs": 4, "windows": 2000, "max_length": 128, "vocab_size": 4000},
        out="saved_models/stdlib",
        text="def main(",
        command="generate {folder} --prompt {text}",
    ),
    "masked-language-modeling": _Fit(
        summary="Pretrain a text encoder on text without labels, to start other tasks from.",
        details="Without --data a small BERT learns the language of Python libraries from their docstrings.",
        roles=("text",),
        init="none",
        data="docstrings",
        recipe={"epochs": 5, "max_length": 64},
        out="saved_models/docstrings",
        text="Compute the [MASK] of a matrix.",
    ),
}


class _Tasks(click.Group):
    """The tasks; without the name of one it is text classification."""

    def list_commands(self, ctx):
        return list(self.commands)

    def parse_args(self, ctx, args):
        is_named = bool(args) and (not args[0].startswith("-") or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_named else [_DEFAULT, *args])

    def resolve_command(self, ctx, args):
        if args[0] not in self.commands:
            known = ", ".join(self.commands)
            raise ValueError(f"There is no task {args[0]!r}.{suggest(args[0], self.commands)} Known: {known}.")
        return super().resolve_command(ctx, args)


@click.group(cls=_Tasks, options_metavar="", subcommand_metavar="[TASK] [OPTIONS]")
def fit():
    """Train a model on your data.

    It is evaluated and exported as well, all into one folder. Without a task it is text-classification; without --data
    the task's own example is taken, which needs no download. Ctrl-C ends the training early and keeps its best epoch.

    \b
    kformer fit
    kformer fit text-classification --data reviews.csv --init minilm
    kformer fit translation --data sentences.tsv
    kformer fit text-classification --help
    """


def _make_command(task: str, settings: _Fit) -> click.Command:
    """The command that trains one task."""
    recipe_class = RECIPES[task]

    @click.command(task, help=f"{settings.summary}\n\n{settings.details}", short_help=settings.summary)
    @click.option("--data", metavar="SRC", help="What to learn from: a file, a folder, tfds:NAME or a named source.")
    @click.option("--validation", metavar="SRC", help="What to judge by. Where not given, a part of --data.")
    @click.option(
        "--init",
        default=settings.init,
        show_default=True,
        help="Weights to start from: minilm, a folder, a run, hf:ORG/NAME, or none.",
    )
    @click.option("--recipe", "recipe_file", metavar="FILE", help="Recipe (YAML); options below override it.")
    @click.option("--out", metavar="DIR", help="Folder of the run.  [default: saved_models/<name of the source>]")
    @click.option("--overwrite", is_flag=True, help="Replace the run in --out, once the new one is finished.")
    @data_options(*settings.roles)
    @recipe_options(recipe_class)
    def command(data, validation, init, recipe_file, out, overwrite, **arguments):
        import kformer as kf
        from kformer.data.sources import check_source

        is_example = data is None or data.partition(":")[0] == settings.data
        fields = take_recipe_fields(arguments, recipe_class)
        base = settings.recipe if is_example else {}
        recipe = recipe_class.from_file(recipe_file) if recipe_file else recipe_class(**base)
        recipe = recipe.replace(**fields)
        for source in (data, validation):
            if source is not None:
                check_source(source, settings.roles)
        load_tensorflow()
        run = kf.fit(
            task,
            settings.data if data is None else data,
            validation,
            init=init,
            recipe=recipe,
            out=settings.out if data is None and out is None else out,
            overwrite=overwrite,
            **given(arguments),
        )
        _print_run(run, settings.command, settings.text if is_example else "A text of your own")

    return command


def _print_run(run, command: str, text: str):
    """Prints the metrics, where everything is, and what to try next."""
    folder = short_path(run.folder)
    click.echo()
    for part, metrics in run.metrics.items():
        print_metrics(metrics, title=part)
    click.echo(f"\nreport       {folder}/report.html")
    click.echo(f"TensorBoard  {program('tensorboard')} --logdir {shlex.quote(folder)}/tensorboard")
    click.echo(f"SavedModel   {folder}/export")
    inputs = _pictures(run.validation) if "image" in run.task.input_names else [text, "Another text"]
    texts = shlex.join(["--pair", *inputs]) if len(run.task.input_names) > 1 else shlex.quote(inputs[0])
    click.echo(f"\nTry it:\n    {program()} {command.format(folder=shlex.quote(folder), text=texts)}")


def _pictures(examples) -> list[str]:
    """Returns the paths of two pictures, or what could stand there where pictures are in no files."""
    pictures = examples.values("image")[:2]
    return [short_path(picture) if isinstance(picture, str) else "picture.png" for picture in pictures]


for _task, _settings in _FITS.items():
    fit.add_command(_make_command(_task, _settings))
