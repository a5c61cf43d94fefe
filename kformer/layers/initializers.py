"""How weights begin."""

import keras


def truncated_normal(stddev=0.02, seed=None):
    """The initialiser of BERT and GPT: a normal cut at two standard deviations."""
    return keras.initializers.TruncatedNormal(stddev=stddev, seed=seed)


def before_batch_norm(seed=None):
    """A uniform distribution with a third of LeCun's variance, for what a batch normalisation follows.

    The normalisation takes the size of the weights out again; what is left of it is how fast they turn, since the steps
    of Adam do not grow with them. Small data sets are learnt better from small weights here.
    """
    return keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed=seed)


# By family: BERT, GPT and ViT begin with small normal weights, the encoder-decoder Transformer with Glorot and Bengio's
# (AISTATS 2010), which keep the size of the signal in narrow models too.
KERNEL_INITIALIZERS = {
    "truncated_normal": truncated_normal,
    "glorot_uniform": keras.initializers.GlorotUniform,
}


def kernel_initializer_of(name, seed=None):
    """A new initialiser called `name`: one of `KERNEL_INITIALIZERS`.

    Raises:
        ValueError: for an unknown name; the known ones are listed.
    """
    if name not in KERNEL_INITIALIZERS:
        raise ValueError(
            f"`kernel_initializer` must be one of {', '.join(KERNEL_INITIALIZERS)}. Received: "
            f"kernel_initializer={name!r}."
        )
    return KERNEL_INITIALIZERS[name](seed=seed)
