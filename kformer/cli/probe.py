"""How fast this machine multiplies matrices, from which the time of a training is estimated."""

import time
from dataclasses import dataclass

# Rows x inner x columns of a feed-forward product at MiniLM's sizes; larger ones are hardly faster.
_SHAPE = (4096, 384, 1536)
_SECONDS = 0.5
# What a training step keeps of the matrix products' speed: dropout, softmax, norms and the optimizer take the rest.
# MiniLM on SST-2 kept 0.44.
_EFFICIENCY = 0.45
_PROCESS_BYTES = 0.7 * 2**30  # Python, TensorFlow and the data
_ADAM_BYTES = 16  # weight, gradient and two moments, float32 each


@dataclass(frozen=True)
class Probe:
    """What was measured."""

    matmul_flops: float  # floating-point operations per second
    precision: str
    device: str

    @property
    def training_flops(self) -> float:
        """Floating-point operations per second that a training step may reach."""
        return _EFFICIENCY * self.matmul_flops

    @property
    def description(self) -> str:
        """One line for people."""
        return f"{self.device} multiplies matrices at {self.matmul_flops / 1e9:,.0f} GFLOP/s in {self.precision}"


def measure() -> Probe:
    """Times matrix products for half a second, in the precision that a training here would choose."""
    import tensorflow as tf

    from kformer.tasks.precision import resolve_precision

    precision = resolve_precision()[0].removeprefix("mixed_")
    rows, inner, columns = _SHAPE
    left, right = tf.ones((rows, inner), precision), tf.ones((inner, columns), precision)

    @tf.function
    def multiply():
        return tf.reduce_sum(tf.matmul(left + tf.cast(tf.random.uniform(()), precision), right))

    multiply().numpy()
    count, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < _SECONDS:
        multiply().numpy()
        count += 1
    device = "The GPU" if tf.config.list_physical_devices("GPU") else "This processor"
    return Probe(2 * rows * inner * columns * count / elapsed, precision, device)


def training_memory(variant, batch_size: int, length: int) -> float:
    """Returns about how many bytes a training takes: weights, optimizer, and what the backward pass needs again.

    Args:
        variant: What `kformer.models.variants()` lists.
        batch_size: Examples in a step.
        length: Tokens of the longest example.
    """
    sizes = variant.sizes
    # Per token: 14 vectors of d_model and 3 of d_ff in a block, and three (heads, length) tables of attention.
    per_token = 14 * sizes["d_model"] + 3 * sizes.get("d_ff", 4 * sizes["d_model"]) + 3 * sizes["num_heads"] * length
    layers = sizes["num_layers"] + sizes.get("num_decoder_layers", 0)
    activations = 4 * layers * batch_size * length * per_token
    return _PROCESS_BYTES + _ADAM_BYTES * variant.num_parameters + activations
