"""Which precision to compute in: chosen from the hardware, said with its reason."""

import keras

PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")


def resolve_precision(precision="auto"):
    """The dtype policy to compute in, and why.

    Weights are float32 in every case; only products and activations change.

    Args:
        precision: str, one of `PRECISIONS`.

    Returns:
        (str, str): the policy and one sentence for the log.

    Raises:
        ValueError: for another name.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"`precision` must be one of {', '.join(PRECISIONS)}. Received: precision={precision!r}.")
    if precision != "auto":
        return precision, "as asked for"
    capability = _gpu_capability()
    if capability is not None:
        if capability >= (8, 0):
            return "mixed_bfloat16", "the GPU multiplies bfloat16 in hardware"
        if capability >= (7, 0):
            return "mixed_float16", "the GPU multiplies float16 in hardware, and not bfloat16"
        return "float32", "the GPU multiplies neither bfloat16 nor float16 in hardware"
    flags = _bfloat16_flags()
    if flags:
        return "mixed_bfloat16", f"the processor multiplies bfloat16 in hardware ({', '.join(flags)})"
    return "float32", "the processor has no bfloat16 instructions"


def _bfloat16_flags():
    """The processor's instructions for bfloat16, by name; none without them."""
    from kformer.runs import environment

    return environment()["bf16_flags"]


def _gpu_capability():
    """The compute capability of the first GPU, (major, minor), or None without one."""
    if keras.backend.backend() == "jax":
        import jax

        device = jax.devices()[0]
        if device.platform != "gpu":
            return None
        return tuple(int(part) for part in str(device.compute_capability).split("."))
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_device_details(gpus[0]).get("compute_capability", (0, 0)) if gpus else None
