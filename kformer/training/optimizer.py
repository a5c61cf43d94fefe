"""AdamW whose hyper-parameters are variables."""

import keras
from keras import ops

from kformer.training.adam import adam_step, global_norm, make_step, update_if
from kformer.training.schedules import rate_factor

# Keras' own numbers; the largest is NVIDIA Apex's.
INITIAL_LOSS_SCALE = 2.0**15
LARGEST_LOSS_SCALE = 2.0**24
GROWTH_STEPS = 2000


@keras.saving.register_keras_serializable("kformer")
class AdamW(keras.optimizers.Optimizer):
    """Adam with decoupled weight decay, a schedule, one clip over all gradients, and a multiplier per variable.

    Peak rate, warm-up, total, weight decay, clip norm and multipliers are variables: changing them never makes a new
    trace. `learning_rate` is the peak rate, so that Keras' own `LearningRateScheduler` and `ReduceLROnPlateau` move
    the whole schedule; `current_rate()` is the rate of the next update. The schedule advances per update, not per
    accumulated batch. With g the clipped gradient, r the rate and c the variable's multiplier:

        m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
        x <- x - r c (m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + e) + d x)

    with d = 0 for biases and norms. Papers: Kingma and Ba, arXiv 1412.6980; Loshchilov and Hutter, arXiv 1711.05101.

    In float16 small gradients vanish unless the loss is multiplied by a scale; the gradients are divided by it before
    they are clipped (Micikevicius et al., arXiv 1710.03740). An update whose gradients are not finite is skipped: no
    variable, moment or count changes, and the scale is halved. After `GROWTH_STEPS` finite updates it is doubled.

    Attributes:
        gradient_norm: variable, global norm of the last update's gradients, unscaled and not clipped; not finite where
            the update was skipped.
        loss_scale: variable, or None when the loss is not scaled.

    Args:
        learning_rate: float, peak rate.
        schedule: str, a name of `schedules.SCHEDULES`.
        warmup: int, updates in which the rate rises.
        total: int, updates in all.
        final_rate: float, share of the peak at the end.
        weight_decay_rate: float d.
        clip_norm: float, largest global norm of the gradients; 0 does not clip.
        accumulation: int, batches per update.
        beta_1, beta_2, epsilon: floats b1, b2, e.
        loss_scale: float, first factor on the loss; 0 does not scale it.
    """

    def __init__(
        self,
        learning_rate=5e-5,
        schedule="constant",
        warmup=0,
        total=1,
        final_rate=0.0,
        weight_decay_rate=0.01,
        clip_norm=1.0,
        accumulation=1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        loss_scale=0.0,
        name="adamw",
        **kwargs,
    ):
        # Keras computes the accumulation from its own argument, which it leaves out of the config when absent.
        kwargs["gradient_accumulation_steps"] = accumulation if accumulation > 1 else None
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.schedule = schedule
        self.accumulation = accumulation
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        scalar = {"warmup": warmup, "total": total, "final_rate": final_rate, "weight_decay_rate": weight_decay_rate}
        scalar |= {"clip_norm": clip_norm, "gradient_norm": 0.0}
        for variable_name, value in scalar.items():
            setattr(self, variable_name, self._scalar(variable_name, value))
        self.loss_scale = self._scalar("loss_scale", loss_scale) if loss_scale else None
        self.finite_updates = self._scalar("finite_updates", 0) if loss_scale else None

    def _scalar(self, name, value):
        initializer = keras.initializers.Constant(value)
        return self.add_variable((), initializer=initializer, dtype="float32", name=name)

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._momentums, self._velocities = self.add_optimizer_variables(variables, ["momentum", "velocity"])
        self.multipliers = self.add_variable((len(variables),), initializer="ones", dtype="float32", name="multipliers")
        self._decays = [1.0 if is_decayed(variable) else 0.0 for variable in variables]

    def current_rate(self):
        """The rate of the next update, a float32 scalar."""
        # Keras' `iterations` counts updates, also under accumulation.
        factor = rate_factor(self.schedule, self.iterations, self.warmup, self.total, self.final_rate)
        return ops.cast(self.learning_rate, "float32") * factor

    def set_multipliers(self, multipliers):
        """Sets the factor on each variable's rate; 0 leaves a variable as it is.

        Args:
            multipliers: sequence of floats, one per variable that the optimizer was built with.
        """
        self.multipliers.assign(ops.convert_to_tensor(multipliers, "float32"))

    def scale_loss(self, loss):
        """The loss to differentiate; Keras' trainer calls this."""
        loss = super().scale_loss(loss)
        return loss if self.loss_scale is None else loss * ops.cast(self.loss_scale, loss.dtype)

    def _unscaled(self, value):
        return value if self.loss_scale is None else value / self.loss_scale

    def _clip_gradients(self, grads):
        grads = [ops.convert_to_tensor(grad) for grad in grads]
        norm = self._unscaled(global_norm(grads))
        self.gradient_norm.assign(norm)
        factor = ops.where(self.clip_norm > 0, self.clip_norm / ops.maximum(norm, self.clip_norm), 1.0)
        # One multiplication clips and unscales.
        factor = self._unscaled(factor)
        return [grad * ops.cast(factor, grad.dtype) for grad in grads]

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        update = super()._backend_update_step
        # What Keras passes on to `update_step` as the learning rate. Computed for each variable, its hundreds of
        # scalars would take longer than the updates of a small model.
        step = self._step()
        if self.loss_scale is None:
            update(grads, trainable_variables, step)
            return
        # A sum of squares is finite only where every gradient is, also every one accumulated: no further pass.
        finite = ops.isfinite(self.gradient_norm)
        changed = [*trainable_variables, *self._momentums, *self._velocities]
        update_if(finite, lambda: update(grads, trainable_variables, step), changed)
        self._adjust_loss_scale(finite)
        # Keras counts every batch once it is applied: a skipped update takes its batches back.
        taken_back = ops.where(finite, 0, self.accumulation)
        self._iterations.assign(self._iterations - ops.cast(taken_back, self._iterations.dtype))

    def _step(self):
        decay_rates = self.weight_decay_rate * ops.convert_to_tensor(self._decays, "float32")
        rates = self.current_rate() * self.multipliers
        return make_step(rates, decay_rates, (self.beta_1, self.beta_2), self.iterations + 1)

    def _adjust_loss_scale(self, finite):
        count = ops.where(finite, self.finite_updates + 1.0, 0.0)
        grows = count >= GROWTH_STEPS
        doubled = ops.minimum(2.0 * self.loss_scale, LARGEST_LOSS_SCALE)
        kept = ops.where(grows, doubled, self.loss_scale)
        self.loss_scale.assign(ops.where(finite, kept, 0.5 * self.loss_scale))
        self.finite_updates.assign(ops.where(grows, 0.0, count))

    def update_step(self, gradient, variable, step):
        index = self._get_variable_index(variable)
        adam_step(
            variable,
            self._momentums[index],
            self._velocities[index],
            gradient,
            step.rates[index],
            step.decays[index],
            powers=(step.power_1, step.power_2),
            betas=(self.beta_1, self.beta_2),
            epsilon=self.epsilon,
        )

    def get_config(self):
        config = super().get_config()
        own = ("schedule", "accumulation", "beta_1", "beta_2", "epsilon")
        variables = ("warmup", "total", "final_rate", "weight_decay_rate", "clip_norm")
        return {
            "name": self.name,
            "learning_rate": config["learning_rate"],
            **{name: getattr(self, name) for name in own},
            **{name: float(getattr(self, name)) for name in variables},
            "loss_scale": 0.0 if self.loss_scale is None else float(self.loss_scale),
        }


def is_decayed(variable):
    """Whether weight decay acts on a variable: on matrices, not on biases and norms."""
    return len(variable.shape) > 1
