"""Arguments of functions in messages, named as the command line names them."""

import click
import pytest

from kformer.cli.app import commands
from kformer.cli.flags import called, with_flags


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["fit", "image-classification", "--data", "x"], "--batch-size must be --image"),
        (["fit", "--data", "x"], "--batch-size must be --image"),
        (["export", "run"], "`batch_size` must be `image`"),
        ([], "--batch-size must be --image"),
    ],
)
def test_options_of_the_command_are_named_with_dashes(arguments, told):
    assert with_flags("`batch_size` must be `image`", called(commands, arguments)) == told


def test_what_is_no_option_stays():
    assert with_flags("`no_option` and `kformer fit`", commands) == "`no_option` and `kformer fit`"


def test_a_short_option_is_named_by_its_long_form():
    command = click.Group("all", [click.Command("one", params=[click.Option(["-n", "--num-rows"])])])
    assert with_flags("`num_rows`", command) == "--num-rows"
