"""One step of Adam with decoupled weight decay, for one variable: in `keras.ops`, and fused where TensorFlow can."""

import keras
from keras import ops


def adam_step(variable, momentum, velocity, gradient, rate, decay, betas, epsilon, update):
    """Moves a variable and its two moments in place (the equations stand in `AdamW`).

    Args:
        variable, momentum, velocity: variables of one shape.
        gradient: tensor of that shape.
        rate: scalar r, the variable's multiplier included.
        decay: scalar d.
        betas: (b1, b2), floats.
        epsilon: float e.
        update: scalar t, 1 at the first update.
    """
    step = _fused_step if keras.backend.backend() == "tensorflow" else plain_step
    dtype = momentum.dtype
    rate, decay, update = (ops.cast(x, dtype) for x in (rate, decay, update))
    step(variable, momentum, velocity, ops.cast(gradient, dtype), rate, decay, betas, epsilon, update)


def plain_step(variable, momentum, velocity, gradient, rate, decay, betas, epsilon, update):
    """`adam_step` on every backend."""
    beta_1, beta_2 = betas
    new_momentum = momentum + (gradient - momentum) * (1.0 - beta_1)
    new_velocity = velocity + (ops.square(gradient) - velocity) * (1.0 - beta_2)
    momentum.assign(new_momentum)
    velocity.assign(new_velocity)
    corrected_momentum = new_momentum / (1.0 - ops.power(beta_1, update))
    corrected_velocity = new_velocity / (1.0 - ops.power(beta_2, update))
    step = corrected_momentum / (ops.sqrt(corrected_velocity) + epsilon)
    variable.assign(variable - rate * (step + decay * variable))


def _fused_step(variable, momentum, velocity, gradient, rate, decay, betas, epsilon, update):
    """`adam_step` by TensorFlow's kernel: one pass over memory instead of about ten.

    The kernel adds its epsilon before the bias correction of v, so that e becomes e sqrt(1 - b2^t).
    """
    import tensorflow as tf

    if isinstance(variable, keras.Variable):
        variable = variable.value
    beta_1, beta_2 = (tf.cast(beta, variable.dtype) for beta in betas)
    power_1, power_2 = beta_1**update, beta_2**update
    variable.assign(variable * (1.0 - rate * decay))
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle,
        m=momentum.value.handle,
        v=velocity.value.handle,
        beta1_power=power_1,
        beta2_power=power_2,
        lr=rate,
        beta1=beta_1,
        beta2=beta_2,
        epsilon=epsilon * tf.sqrt(1.0 - power_2),
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
