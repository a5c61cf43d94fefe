"""Names arguments as the command line does."""

import re
from collections.abc import Sequence

import click

_NAMED = re.compile(r"`(\w+)`")


def with_flags(message: str, command: click.Command) -> str:
    """Returns a message in which `batch_size` is --batch-size, where the command has such an option.

    Args:
        message: What a function says, with the names of its arguments between backticks.
        command: What was called; of a group any of its commands will do.
    """
    flags = _flags(command)
    return _NAMED.sub(lambda named: flags.get(named[1], named[0]), message)


def called(command: click.Command, arguments: Sequence[str]) -> click.Command:
    """Returns the command below a group that the arguments name, or the group that they stop at."""
    for argument in arguments:
        if not isinstance(command, click.Group):
            break
        command = command.commands.get(argument, command)
    return command


def _flags(command: click.Command) -> dict[str, str]:
    """Returns the options of a command and of all below it, by their names."""
    if isinstance(command, click.Group):
        return {name: flag for below in command.commands.values() for name, flag in _flags(below).items()}
    return {
        param.name: max(param.opts, key=len)
        for param in command.params
        if isinstance(param, click.Option) and max(param.opts, key=len).startswith("--")
    }
