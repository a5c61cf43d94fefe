"""How the learning rate goes: a factor on the peak rate for each update, from variables and never from the trace."""

import math

from keras import ops

EXPONENTIAL_FINAL_RATE = 0.01


def linear(progress, final_rate, **_):
    """1 - (1 - f) p: a straight line from 1 to the final rate f over the progress p in [0, 1]."""
    return 1.0 - (1.0 - final_rate) * progress


def cosine(progress, final_rate, **_):
    """f + (1 - f) (1 + cos(pi p)) / 2 (Loshchilov and Hutter, SGDR, arXiv 1608.03983)."""
    return final_rate + (1.0 - final_rate) * 0.5 * (1.0 + ops.cos(math.pi * progress))


def exponential(progress, final_rate, **_):
    """f^p: the same factor at every update."""
    return ops.power(final_rate, progress)


def inverse_sqrt(update, warmup, **_):
    """sqrt(w / t) after w updates of warm-up (Vaswani et al., arXiv 1706.03762, section 5.3)."""
    warmup = ops.maximum(warmup, 1.0)
    return ops.sqrt(warmup / ops.maximum(update + 1.0, warmup))


def constant(progress, **_):
    """1."""
    return ops.ones_like(progress)


SCHEDULES = {
    "linear": linear,
    "cosine": cosine,
    "exponential": exponential,
    "inverse_sqrt": inverse_sqrt,
    "constant": constant,
}


def rate_factor(name, update, warmup, total, final_rate):
    """The factor on the peak rate at an update.

    In the warm-up it is (t + 1) / w, so that no update has a rate of 0; then what the schedule says, with progress
    (t - w) / (T - w).

    Args:
        name: str, one of `SCHEDULES`.
        update: scalar t, updates already made.
        warmup: scalar w, updates of warm-up.
        total: scalar T, updates in all.
        final_rate: scalar, share of the peak at the end.

    Returns:
        float32 scalar.
    """
    update, warmup, total, final_rate = (ops.cast(x, "float32") for x in (update, warmup, total, final_rate))
    progress = ops.clip((update - warmup) / ops.maximum(total - warmup, 1.0), 0.0, 1.0)
    after = SCHEDULES[name](progress=progress, final_rate=final_rate, update=update, warmup=warmup)
    return ops.where(update < warmup, (update + 1.0) / ops.maximum(warmup, 1.0), after)
