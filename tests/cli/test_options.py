import dataclasses

import click
import pytest

from kformer.cli.fit import fit
from kformer.cli.options import OrNone, given
from kformer.training.recipes import TextClassificationRecipe as Recipe

OPTIONS = {param.name: param for param in fit.commands["text-classification"].params if isinstance(param, click.Option)}
FIELDS = [pytest.param(field, id=field.name) for field in dataclasses.fields(Recipe)]


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_the_recipe_is_an_option(field):
    assert f"--{field.name.replace('_', '-')}" in OPTIONS[field.name].opts


@pytest.mark.parametrize("field", FIELDS)
def test_an_option_has_its_field_s_default(field):
    assert OPTIONS[field.name].default == field.default


@pytest.mark.parametrize("field", FIELDS)
def test_an_option_has_its_field_s_help(field):
    assert OPTIONS[field.name].help == field.metadata["help"]


def test_a_choice_lists_what_is_accepted():
    assert list(OPTIONS["class_weights"].type.choices) == ["none", "balanced"]


def test_a_number_or_none_takes_both():
    kind = OrNone(click.FLOAT)
    assert kind.convert("0.5", None, None) == 0.5
    assert kind.convert("none", None, None) is None


def test_arguments_not_given_are_left_out():
    assert given({"text": None, "label": "stars", "max_rejected": 0.0}) == {"label": "stars", "max_rejected": 0.0}
