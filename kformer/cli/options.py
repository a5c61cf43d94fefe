"""Options that several commands share, and those made from the fields of a recipe."""

import dataclasses
import types
import typing
from collections.abc import Callable

import click
from click.core import ParameterSource

# The arguments of `kformer.data.load` that say how a source is read: the roles that an option belongs to (None: all).
_DATA_OPTIONS = (
    (
        "text",
        click.option("--text", metavar="COLUMN", help="Column of the text. Guessed, and said so, where not given."),
    ),
    (
        "text_pair",
        click.option("--text-pair", metavar="COLUMN", help="Column of the second text, where two are compared."),
    ),
    ("target", click.option("--target", metavar="COLUMN", help="Column of the translation.")),
    ("image", click.option("--image", metavar="COLUMN", help="Column of the images: paths, or their bytes.")),
    ("mask", click.option("--mask", metavar="COLUMN", help="Column of the masks, which hold class indices.")),
    ("boxes", click.option("--boxes", metavar="COLUMN", help="Column of the lists of boxes.")),
    ("label", click.option("--label", metavar="COLUMN", help="Column of the label.")),
    (None, click.option("--group", metavar="COLUMN", help="Column whose rows must not be split, such as an author.")),
    ("label", click.option("--label-kind", type=click.Choice(["class", "multi", "number"]), help="What a label is.")),
    (
        "label",
        click.option("--label-separator", metavar="TEXT", help="What separates the labels of a row.  [default: |]"),
    ),
    (
        ("label", "mask"),
        click.option("--label-names", metavar="FILE", help="Names of the labels or classes in order, one a line."),
    ),
    (None, click.option("--quoting", type=click.Choice(["auto", "standard", "none"]), help="Quotes in csv and tsv.")),
    (None, click.option("--tfds-dir", metavar="DIR", help="Where TensorFlow Datasets keeps prepared data.")),
    ("image", click.option("--max-pixels", type=int, help="Refuse larger images.  [default: 178000000]")),
    (
        None,
        click.option("--max-rejected", type=float, help="Share of unusable rows at which to stop.  [default: 0.05]"),
    ),
)
ROLES = ("text", "text_pair", "target", "label", "image", "mask", "boxes")


def data_options(*roles: str) -> Callable:
    """Returns a decorator that adds the options which say how a source is read.

    The command receives None for those not given.

    Args:
        *roles: Roles of the examples that the command reads, of `ROLES`.
    """

    def add(command: Callable) -> Callable:
        for role, option in reversed(_DATA_OPTIONS):
            own = (role,) if isinstance(role, str) else role
            command = option(command) if own is None or not set(own).isdisjoint(roles) else command
        return command

    return add


def recipe_options(recipe_class: type) -> Callable:
    """Returns a decorator that adds an option for every field of a recipe, with its type, default and help."""
    hints = typing.get_type_hints(recipe_class)

    def add(command: Callable) -> Callable:
        for field in reversed(dataclasses.fields(recipe_class)):
            command = _recipe_option(field, hints[field.name])(command)
        return command

    return add


def precision_option(command: Callable) -> Callable:
    """Adds `--precision`, in which a finished run computes."""
    choices = click.Choice(["auto", "float32", "mixed_bfloat16", "mixed_float16"])
    return click.option("--precision", type=choices, default="auto", show_default=True, help="Number format.")(command)


def given(arguments: dict) -> dict:
    """Returns the arguments without those that are None, so that functions use their own defaults."""
    return {name: value for name, value in arguments.items() if value is not None}


def take_recipe_fields(arguments: dict, recipe_class: type) -> dict:
    """Removes the fields of a recipe from a command's arguments.

    Args:
        arguments: What click passed to the command; changed in place.
        recipe_class: The recipe.

    Returns:
        The fields that were written on the command line, by name.
    """
    context = click.get_current_context()
    fields = {field.name: arguments.pop(field.name) for field in dataclasses.fields(recipe_class)}
    written = {name for name in fields if context.get_parameter_source(name) == ParameterSource.COMMANDLINE}
    return {name: fields[name] for name in written}


class OrNone(click.ParamType):
    """A parameter type that takes "none" as well."""

    def __init__(self, inner: click.ParamType):
        self.inner = inner
        self.name = f"{inner.name}|none"

    def convert(self, value, param, ctx):
        """Returns None for "none", else what the inner type makes of the value."""
        return None if value in (None, "none") else self.inner.convert(value, param, ctx)


def _recipe_option(field: dataclasses.Field, hint) -> Callable:
    name = field.name.replace("_", "-")
    text = field.metadata.get("help", "")
    if hint is bool:
        return click.option(f"--{name}/--no-{name}", field.name, default=field.default, show_default=True, help=text)
    return click.option(
        f"--{name}", field.name, type=_param_type(hint), default=field.default, show_default=True, help=text
    )


def _param_type(hint) -> click.ParamType:
    """Returns click's type for int, float, str, Literal[...] and each of them with None."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType) and type(None) in arguments:
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return OrNone(_param_type(inner))
    if origin is typing.Literal:
        return click.Choice(arguments)
    return {int: click.INT, float: click.FLOAT, str: click.STRING}[hint]
