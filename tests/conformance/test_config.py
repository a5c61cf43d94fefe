"""A configuration holds exactly the constructor's arguments and makes an equal layer."""

import inspect
import json

OF_EVERY_LAYER = {"name", "trainable", "dtype"}


def test_a_configuration_makes_a_layer_of_the_same_configuration(layer):
    assert type(layer).from_config(layer.get_config()).get_config() == layer.get_config()


def test_a_configuration_holds_exactly_the_constructor_s_arguments(layer):
    arguments = set(inspect.signature(type(layer).__init__).parameters) - {"self", "kwargs"}
    assert set(layer.get_config()) - OF_EVERY_LAYER == arguments


def test_a_configuration_is_json(layer):
    assert json.loads(json.dumps(layer.get_config())) is not None
