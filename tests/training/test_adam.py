"""The fused kernel does what the equations say."""

import keras
import numpy as np
import pytest

from kformer.training.adam import adam_step, global_norm, make_step, plain_step, plain_update_if, update_if

BETAS = (0.9, 0.99)


def run(apply, count=4, rate=0.1, decay_rate=0.05):
    """A variable and its moments after some updates with random gradients, by `adam_step` or `plain_step`."""
    random = np.random.default_rng(0)
    start = random.normal(size=(3, 4)), np.zeros((3, 4)), np.zeros((3, 4))
    variables = [keras.Variable(value.astype("float32")) for value in start]
    for update in range(1, count + 1):
        gradient = keras.ops.convert_to_tensor(random.normal(size=(3, 4)).astype("float32"))
        step = make_step(np.float32([rate]), np.float32([decay_rate]), BETAS, update)
        apply(*variables, gradient, step.rates[0], step.decays[0], (step.power_1, step.power_2), BETAS, epsilon=1e-3)
    return [np.asarray(variable) for variable in variables]


@pytest.mark.parametrize("count", [1, 4])
def test_the_fused_step_is_the_plain_one(count):
    for fused, expected in zip(run(adam_step, count), run(plain_step, count), strict=True):
        np.testing.assert_allclose(fused, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("choose", [update_if, plain_update_if])
@pytest.mark.parametrize(("condition", "expected"), [(True, 2.0), (False, 1.0)])
def test_an_update_happens_only_on_its_condition(choose, condition, expected):
    variable = keras.Variable(1.0)
    choose(keras.ops.convert_to_tensor(condition), lambda: variable.assign(2.0), [variable])
    assert float(variable) == expected


def test_the_global_norm_is_over_all_gradients():
    gradients = [np.full((2, 2), 2.0, "float32"), np.array([3.0], "float32")]
    assert float(global_norm([keras.ops.convert_to_tensor(gradient) for gradient in gradients])) == pytest.approx(5.0)


def test_the_norm_of_half_precision_gradients_is_float32():
    norm = global_norm([keras.ops.full((4,), 300.0, "float16")])
    assert float(norm) == pytest.approx(600.0)
