"""AdamW against NumPy, and hyper-parameters that change without a new trace."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kformer.training import AdamW
from tests.tiny import examples, task

SETTINGS = {
    "learning_rate": 0.1, "schedule": "linear", "warmup": 2, "total": 6, "final_rate": 0.2, "weight_decay_rate": 0.05,
    "clip_norm": 1.5, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3,
}  # fmt: skip
RATES = [0.05, 0.1, 0.1, 0.08, 0.06, 0.04]
MULTIPLIERS = [1.0, 0.5]


def start():
    """A matrix, which decays, and a bias, which does not."""
    random = np.random.default_rng(0)
    return [random.normal(size=shape).astype("float32") for shape in ((3, 2), (2,))]


def gradients(update, scale=1.0):
    random = np.random.default_rng(100 + update)
    return [(scale * random.normal(size=shape)).astype("float32") for shape in ((3, 2), (2,))]


def numpy_adamw(num_updates, clip=1.5):
    """The equations in `AdamW`'s docstring."""
    x = [value.astype("float64") for value in start()]
    m, v = ([np.zeros_like(value) for value in x] for _ in range(2))
    for t in range(1, num_updates + 1):
        g = gradients(t)
        norm = np.sqrt(sum((part**2).sum() for part in g))
        for i, decay in enumerate((0.05, 0.0)):
            clipped = g[i] * min(1.0, clip / norm)
            m[i] = 0.8 * m[i] + 0.2 * clipped
            v[i] = 0.95 * v[i] + 0.05 * clipped**2
            step = m[i] / (1 - 0.8**t) / (np.sqrt(v[i] / (1 - 0.95**t)) + 1e-3)
            x[i] = x[i] - RATES[t - 1] * MULTIPLIERS[i] * (step + decay * x[i])
    return x


def run(optimizer, micro_gradients):
    """The variables after one call of the optimizer per list of gradients."""
    variables = [keras.Variable(value) for value in start()]
    optimizer.build(variables)
    optimizer.set_multipliers(MULTIPLIERS)
    for grads in micro_gradients:
        optimizer.apply([keras.ops.convert_to_tensor(grad) for grad in grads], variables)
    return [np.asarray(variable) for variable in variables]


@pytest.mark.parametrize("num_updates", [1, 2, 6])
def test_it_is_numpy_s(num_updates):
    ours = run(AdamW(**SETTINGS), [gradients(t) for t in range(1, num_updates + 1)])
    for value, expected in zip(ours, numpy_adamw(num_updates), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)


def test_a_clip_norm_of_zero_does_not_clip():
    ours = run(AdamW(**{**SETTINGS, "clip_norm": 0.0}), [gradients(t) for t in (1, 2, 3)])
    for value, expected in zip(ours, numpy_adamw(3, clip=np.inf), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)


def test_accumulated_gradients_are_averaged_then_clipped_and_the_schedule_counts_updates():
    parts = [gradients(t, scale) for t in (1, 2, 3) for scale in (0.5, 1.5)]
    ours = run(AdamW(**SETTINGS, accumulation=2), parts)
    for value, expected in zip(ours, numpy_adamw(3), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)


def test_a_multiplier_of_zero_leaves_a_variable_as_it_is():
    variables = [keras.Variable(value) for value in start()]
    optimizer = AdamW(**SETTINGS)
    optimizer.build(variables)
    optimizer.set_multipliers([1.0, 0.0])
    optimizer.apply([keras.ops.convert_to_tensor(grad) for grad in gradients(1)], variables)
    np.testing.assert_array_equal(variables[1], start()[1])
    assert not np.allclose(variables[0], start()[0])


def test_the_rate_of_the_next_update_and_the_norm_of_the_last_are_known():
    optimizer = AdamW(**SETTINGS)
    run(optimizer, [gradients(t) for t in (1, 2, 3)])
    assert float(optimizer.current_rate()) == pytest.approx(RATES[3])
    norm = np.sqrt(sum((part**2).sum() for part in gradients(3)))
    assert float(optimizer.gradient_norm) == pytest.approx(norm, rel=1e-5)


def test_the_config_makes_an_equal_optimizer():
    optimizer = AdamW(**SETTINGS, accumulation=2)
    twin = AdamW.from_config(optimizer.get_config())
    assert twin.get_config() == optimizer.get_config()
    one, other = (run(each, [gradients(t) for t in (1, 2, 3, 4)]) for each in (optimizer, twin))
    for value, expected in zip(one, other, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_the_config_holds_exactly_the_arguments():
    import inspect

    arguments = set(inspect.signature(AdamW.__init__).parameters) - {"self", "kwargs"}
    assert set(AdamW().get_config()) == arguments


def step_of(accumulation, count=13):
    """A task after one optimizer step on all examples, spread over so many batches."""
    model, data = task(), examples(count)
    model.compile(AdamW(1e-2, epsilon=1e-2, accumulation=accumulation), run_eagerly=True)
    batches = model.batches(data, training=True, batch_size=100, num_buckets=1, accumulation=accumulation)
    model.fit(batches, epochs=1, verbose=0, shuffle=False)
    assert int(model.optimizer.iterations) == 1
    return model


def test_four_micro_batches_are_one_batch():
    """13 examples make batches of 3, 3, 3 and 4."""
    one, four = step_of(1), step_of(4)
    assert float(one.optimizer.gradient_norm) == pytest.approx(float(four.optimizer.gradient_norm), rel=1e-5)
    for whole, parts in zip(one.trainable_variables, four.trainable_variables, strict=True):
        np.testing.assert_allclose(whole, parts, atol=1e-6)


def test_keras_own_callbacks_move_the_peak():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(AdamW(1e-3, schedule="linear", total=100), loss="mse")
    plateau = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1e9)
    scheduler = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 if epoch == 3 else rate)
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[plateau])
    assert float(model.optimizer.learning_rate) == pytest.approx(2.5e-4)
    model.fit(np.ones((4, 2)), np.ones((4, 1)), initial_epoch=3, epochs=4, verbose=0, callbacks=[scheduler])
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1)
    assert float(model.optimizer.current_rate()) == pytest.approx(0.1 * (1 - 4 / 100))


def test_no_hyper_parameter_needs_a_new_trace():
    variables = [tf.Variable(value) for value in start()]
    optimizer, traces = AdamW(**SETTINGS), []
    optimizer.build(variables)

    @tf.function
    def update():
        traces.append(1)
        optimizer.apply([tf.constant(grad) for grad in gradients(1)], variables)

    def move():
        before = [variable.numpy() for variable in variables]
        optimizer.iterations.assign(0)
        update()
        return sum(np.abs(variable.numpy() - old).sum() for variable, old in zip(variables, before, strict=True))

    moves = [move()]
    for name, value in (("learning_rate", 0.2), ("warmup", 20), ("weight_decay_rate", 0.9), ("clip_norm", 0.1)):
        attribute = getattr(optimizer, name)
        attribute.assign(value)
        moves.append(move())
    optimizer.set_multipliers([0.0, 0.0])
    assert move() == 0
    assert len(traces) == 1
    assert len(set(moves)) == 5
