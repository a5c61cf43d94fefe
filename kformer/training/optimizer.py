"""AdamW whose hyper-parameters are variables."""

import keras
from keras import ops

from kformer.training.adam import adam_step, global_norm
from kformer.training.schedules import rate_factor


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

    def _clip_gradients(self, grads):
        grads = [ops.convert_to_tensor(grad) for grad in grads]
        norm = global_norm(grads)
        self.gradient_norm.assign(norm)
        factor = ops.where(self.clip_norm > 0, self.clip_norm / ops.maximum(norm, self.clip_norm), 1.0)
        return [grad * ops.cast(factor, grad.dtype) for grad in grads]

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        adam_step(
            variable,
            self._momentums[index],
            self._velocities[index],
            gradient,
            rate=self.current_rate() * self.multipliers[index],
            decay=self.weight_decay_rate * self._decays[index],
            betas=(self.beta_1, self.beta_2),
            epsilon=self.epsilon,
            update=self.iterations + 1,
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
        }


def is_decayed(variable):
    """Whether weight decay acts on a variable: on matrices, not on biases and norms."""
    return len(variable.shape) > 1
