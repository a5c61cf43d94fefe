"""One step of Adam with decoupled weight decay, for one variable: in `keras.ops`, and fused where TensorFlow can."""

from typing import Any, NamedTuple

import keras
from keras import ops


class Step(NamedTuple):
    """What one update does to every variable, computed once.

    Attributes:
        rates, decays: lists of scalars, of each variable: its rate r, and the factor 1 - r d of its decay.
        power_1, power_2: scalars b1^t and b2^t, where t is 1 at the first update.
    """

    rates: list
    decays: list
    power_1: Any
    power_2: Any


def make_step(rates, decay_rates, betas, update):
    """The `Step` of an update.

    Args:
        rates, decay_rates: (variables,), float32, r and d of each.
        betas: (b1, b2), floats.
        update: scalar t.
    """
    update = ops.cast(update, "float32")
    power_1, power_2 = (ops.power(beta, update) for beta in betas)
    return Step(ops.unstack(rates), ops.unstack(1.0 - rates * decay_rates), power_1, power_2)


def adam_step(variable, momentum, velocity, gradient, rate, decay, powers, betas, epsilon):
    """Moves a variable and its two moments in place (the equations stand in `AdamW`).

    Args:
        variable, momentum, velocity: variables of one shape.
        gradient: tensor of that shape.
        rate, decay: scalars of a `Step`.
        powers: (b1^t, b2^t), scalars.
        betas: (b1, b2), floats.
        epsilon: float e.
    """
    step = _fused_step if keras.backend.backend() == "tensorflow" else plain_step
    dtype = momentum.dtype
    gradient, rate, decay, *powers = (ops.cast(x, dtype) for x in (gradient, rate, decay, *powers))
    step(variable, momentum, velocity, gradient, rate, decay, powers, betas, epsilon)


def plain_step(variable, momentum, velocity, gradient, rate, decay, powers, betas, epsilon):
    """`adam_step` on every backend."""
    beta_1, beta_2 = betas
    new_momentum = momentum + (gradient - momentum) * (1.0 - beta_1)
    new_velocity = velocity + (ops.square(gradient) - velocity) * (1.0 - beta_2)
    momentum.assign(new_momentum)
    velocity.assign(new_velocity)
    corrected_momentum = new_momentum / (1.0 - powers[0])
    corrected_velocity = new_velocity / (1.0 - powers[1])
    variable.assign(variable * decay - rate * corrected_momentum / (ops.sqrt(corrected_velocity) + epsilon))


def _fused_step(variable, momentum, velocity, gradient, rate, decay, powers, betas, epsilon):
    """`adam_step` by TensorFlow's kernel: one pass over memory instead of about ten.

    The kernel adds its epsilon before the bias correction of v, so that e becomes e sqrt(1 - b2^t).
    """
    import tensorflow as tf

    if isinstance(variable, keras.Variable):
        variable = variable.value
    variable.assign(variable * decay)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=momentum.value.handle,
        v=velocity.value.handle,
        beta1_power=powers[0],
        beta2_power=powers[1],
        lr=rate,
        beta1=betas[0],
        beta2=betas[1],
        epsilon=epsilon * tf.sqrt(1.0 - powers[1]),
        grad=gradient,
    )


def update_if(condition, update, variables):
    """Updates variables in place, or leaves them as they are.

    Args:
        condition: boolean scalar.
        update: function without arguments.
        variables: the variables that it changes.
    """
    choose = _branch_if if keras.backend.backend() == "tensorflow" else plain_update_if
    choose(condition, update, variables)


def plain_update_if(condition, update, variables):
    """`update_if` on every backend: JAX' branches cannot assign."""
    before = [ops.copy(variable) for variable in variables]
    update()
    for variable, value in zip(variables, before, strict=True):
        variable.assign(ops.where(condition, variable, value))


def _branch_if(condition, update, variables):
    """`update_if` without a copy of the variables."""
    ops.cond(condition, update, lambda: None)


def global_norm(gradients):
    """The square root of the sum of all squares, a float32 scalar."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # l2_loss squares and sums in one pass.
        return tf.sqrt(2.0 * tf.add_n([tf.nn.l2_loss(tf.cast(gradient, "float32")) for gradient in gradients]))
    return ops.sqrt(sum(ops.sum(ops.square(ops.cast(gradient, "float32"))) for gradient in gradients))
