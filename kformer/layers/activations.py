"""Activations by name, as the papers and their checkpoints use them."""

import math

from keras import ops

from kformer.compiling import fused


def gelu(x):
    """Gaussian error linear unit, exact: x / 2 (1 + erf(x / sqrt 2)) (Hendrycks and Gimpel, arXiv 1606.08415).

    Written with erf: TensorFlow's own exact GELU goes through erfc, 2 to 3 times slower on CPUs and unknown to ONNX.
    """
    return 0.5 * x * (1.0 + ops.erf(x * (1.0 / math.sqrt(2.0))))


def gelu_tanh(x):
    """The tanh approximation of GELU, as in GPT-2: x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))."""
    return 0.5 * x * (1.0 + ops.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x * x * x)))


ACTIVATIONS = {
    "relu": ops.relu,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": ops.silu,
    "tanh": ops.tanh,
    "linear": lambda x: x,
}


# Those of many small operations, worth a kernel of their own in training; TensorFlow has one for each of the others.
_FUSED = {name: fused(ACTIVATIONS[name]) for name in ("gelu", "gelu_tanh", "silu")}


def get_activation(name):
    """The function called `name`: one of `ACTIVATIONS`.

    Raises:
        ValueError: for an unknown name; the known ones are listed.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"`activation` must be one of {', '.join(ACTIVATIONS)}. Received: activation={name!r}.")
    return ACTIVATIONS[name]


def activate(name, x, training=False):
    """`get_activation(name)(x)`, compiled with its gradient where that is faster (see `compiling`)."""
    return _FUSED[name](training, x) if name in _FUSED else get_activation(name)(x)
