"""The group of commands, and the one line that an error becomes."""

import sys
import traceback

import click

import kformer
from kformer.cli.data import data
from kformer.cli.doctor import doctor
from kformer.cli.embed import embed
from kformer.cli.enroll import enroll
from kformer.cli.evaluate import evaluate
from kformer.cli.export import export
from kformer.cli.fit import fit
from kformer.cli.flags import called, with_flags
from kformer.cli.generate import generate
from kformer.cli.identify import identify
from kformer.cli.models import models
from kformer.cli.predict import predict
from kformer.cli.similar import similar

# What a person can mend. Anything else is a defect of kformer and keeps its traceback.
_EXPLAINED = (ValueError, TypeError, OSError, ImportError, click.ClickException)
_COMMANDS = (fit, evaluate, predict, generate, embed, similar, enroll, identify, export, data, models, doctor)


class _InOrder(click.Group):
    """Lists the commands in the order in which a person meets them."""

    def list_commands(self, ctx):
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(kformer.__version__, prog_name="kformer", message="%(prog)s %(version)s")
def commands():
    """Fine-tune Transformers on your own data.

    Start with `kformer fit`: with no arguments it fine-tunes a small BERT on text that is already here.
    """


def _with_debug(command):
    """Adds `--debug` to a command and to those below it."""
    option = click.Option(["--debug"], is_flag=True, expose_value=False, help="Show the traceback of an error.")
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _with_debug(below)
    else:
        command.params.append(option)
    return command


for _command in _COMMANDS:
    commands.add_command(_with_debug(_command))


def main(arguments: list[str] | None = None) -> int:
    """Runs one command.

    Args:
        arguments: What follows `kformer` on the command line; None takes it from there.

    Returns:
        The exit status: 0; 1 where `predict` had to pass over some of its pictures; 2 after an error that is
        explained in one line; 130 when it was interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    try:
        return commands.main(arguments, prog_name="kformer", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.Abort:
        click.echo("kformer: interrupted", err=True)
        return 130
    except _EXPLAINED as error:
        if debug:
            traceback.print_exc()
        click.echo(f"kformer: error: {with_flags(_one_line(error), called(commands, arguments))}", err=True)
        return 2


def _one_line(error: Exception) -> str:
    if isinstance(error, click.ClickException):
        message = error.format_message()
    elif isinstance(error, OSError) and error.strerror:
        message = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    else:
        message = str(error)
    return " ".join(message.split()) or type(error).__name__
