"""The loss scale of AdamW: updates are those without it, overflows are skipped, and it follows what float16 holds."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kformer as kf
from kformer.training import AdamW, optimizer
from kformer.training.tuning import prepare
from tests.tiny import examples, task

START = [np.array([[1.0, -2.0], [3.0, 0.5]], "float32"), np.array([0.25, -1.0], "float32")]
SETTINGS = {"learning_rate": 0.1, "schedule": "linear", "total": 10, "clip_norm": 1.5}


def gradients(seed, scale=1.0):
    random = np.random.default_rng(seed)
    return [(scale * random.normal(size=value.shape)).astype("float32") for value in START]


def overflow():
    """Gradients of which one value is infinite."""
    first, second = gradients(7)
    first[1, 0] = np.inf
    return [first, second]


def built(**changes):
    """An optimizer and its variables."""
    variables = [keras.Variable(value) for value in START]
    made = AdamW(**SETTINGS, **changes)
    made.build(variables)
    return made, variables


def apply(made, variables, *batches):
    for batch in batches:
        made.apply([keras.ops.convert_to_tensor(gradient) for gradient in batch], variables)


def state(made, variables):
    """Everything but the scale, its count, and the norm of gradients that were not taken."""
    own = {id(made.loss_scale), id(made.finite_updates), id(made.gradient_norm)}
    kept = [variable for variable in made.variables if id(variable) not in own]
    return [np.array(variable) for variable in (*variables, *kept)]


def assert_equal(one, other):
    for value, expected in zip(one, other, strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("accumulation", [1, 2])
def test_scaled_updates_are_those_without_a_scale(accumulation):
    plain = built(accumulation=accumulation)
    scaled = built(accumulation=accumulation, loss_scale=1024.0)
    apply(*plain, *(gradients(seed) for seed in range(4)))
    apply(*scaled, *(gradients(seed, 1024.0) for seed in range(4)))
    assert_equal(state(*plain), state(*scaled))


def test_the_loss_is_multiplied_by_the_scale():
    made, _ = built(loss_scale=8.0)
    assert float(made.scale_loss(tf.constant(0.5))) == 4.0


def test_without_a_scale_the_loss_is_the_very_same_tensor():
    loss = tf.constant(0.5)
    assert built()[0].scale_loss(loss) is loss


def test_the_gradient_norm_is_that_of_the_unscaled_gradients():
    made, variables = built(loss_scale=8.0)
    apply(made, variables, gradients(0, 8.0))
    norm = np.sqrt(sum(np.square(part).sum() for part in gradients(0)))
    assert float(made.gradient_norm) == pytest.approx(norm, rel=1e-6)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_gradients_that_are_not_finite_change_nothing_but_halve_the_scale(bad):
    made, variables = built(loss_scale=8.0)
    apply(made, variables, gradients(0))
    before = state(made, variables)
    first, second = gradients(1)
    second[1] = bad
    apply(made, variables, [first, second])
    assert_equal(state(made, variables), before)
    assert float(made.loss_scale) == 4.0


def test_training_goes_on_after_a_skipped_update_as_if_it_had_not_been():
    with_overflow, without = built(loss_scale=8.0), built(loss_scale=8.0)
    apply(*without, gradients(0), gradients(1))
    apply(*with_overflow, gradients(0), overflow(), gradients(1, 0.5))
    assert_equal(state(*with_overflow), state(*without))


@pytest.mark.parametrize("position", [0, 1])
def test_an_overflow_in_one_accumulated_batch_skips_their_whole_update(position):
    with_overflow, without = (built(accumulation=2, loss_scale=8.0) for _ in range(2))
    apply(*without, *(gradients(seed) for seed in (0, 1, 2, 3)))
    pair = [gradients(9), gradients(8)]
    pair[position] = overflow()
    apply(*with_overflow, gradients(0), gradients(1), *pair, gradients(2, 0.5), gradients(3, 0.5))
    assert_equal(state(*with_overflow), state(*without))
    assert float(with_overflow[0].loss_scale) == 4.0


def test_the_scale_is_doubled_after_so_many_finite_updates():
    made, variables = built(loss_scale=8.0)
    made.finite_updates.assign(optimizer.GROWTH_STEPS - 2)
    apply(made, variables, gradients(0))
    assert float(made.loss_scale) == 8.0
    apply(made, variables, gradients(1))
    assert float(made.loss_scale) == 16.0
    assert float(made.finite_updates) == 0.0


def test_an_overflow_starts_the_count_of_finite_updates_anew():
    made, variables = built(loss_scale=8.0)
    apply(made, variables, gradients(0), overflow(), gradients(1))
    assert float(made.finite_updates) == 1.0


def test_the_scale_grows_no_further_than_the_largest():
    made, variables = built(loss_scale=optimizer.LARGEST_LOSS_SCALE)
    made.finite_updates.assign(optimizer.GROWTH_STEPS - 1)
    apply(made, variables, gradients(0))
    assert float(made.loss_scale) == optimizer.LARGEST_LOSS_SCALE


def test_the_config_holds_the_scale_as_it_is_now():
    made, variables = built(loss_scale=8.0)
    apply(made, variables, overflow())
    twin = AdamW.from_config(made.get_config())
    assert float(twin.loss_scale) == 4.0
    assert twin.get_config() == made.get_config()


def test_another_scale_needs_no_new_trace():
    made, variables = built(loss_scale=8.0)
    traces = []

    @tf.function
    def update(*parts):
        traces.append(1)
        made.apply(parts, variables)
        return made.scale_loss(tf.constant(1.0))

    scales = [float(update(*map(tf.constant, parts))) for parts in (gradients(0), overflow(), overflow())]
    assert scales == [8.0, 4.0, 2.0]
    assert len(traces) == 1


@pytest.fixture(scope="module")
def half():
    """A model after a fit in float16 from a scale that is too large, the fit's losses, and its number of batches."""
    model, data = task(dtype="mixed_float16"), examples(24)
    recipe = kf.TextClassificationRecipe(epochs=6, learning_rate=1e-2, batch_size=8, max_length=16, num_buckets=1)
    plan = prepare(model, data, recipe)
    model.optimizer.loss_scale.assign(2.0**20)
    batches = model.batches(data, training=True, batch_size=8, num_buckets=1)
    history = model.fit(batches, epochs=6, verbose=0, shuffle=False).history
    return model, history["loss"], 6 * plan.num_batches


def test_a_tiny_model_learns_in_float16(half):
    _, losses, _ = half
    assert losses[-1] < 0.9 * losses[0]


def test_a_scale_too_large_for_float16_is_halved_until_updates_happen(half):
    model, _, num_batches = half
    skipped = num_batches - int(model.optimizer.iterations)
    assert 0 < skipped < num_batches
    assert float(model.optimizer.loss_scale) == 2.0 ** (20 - skipped)


@pytest.mark.parametrize(("policy", "scale"), [("float32", None), ("mixed_bfloat16", None), ("mixed_float16", 2.0**15)])
def test_fine_tuning_scales_the_loss_in_float16_only(policy, scale):
    model = task(dtype=policy)
    prepare(model, examples(24), kf.TextClassificationRecipe(max_length=16))
    assert model.optimizer.loss_scale == scale
