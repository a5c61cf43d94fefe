"""Activations by their names and by ours."""

# "gelu_new" is GPT-2's tanh form, "gelu_pytorch_tanh" the same by another name, "swish" is Marian's word for "silu".
OURS = {
    "gelu": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "relu": "relu",
    "silu": "silu",
    "swish": "silu",
}


def our_activation(name):
    """Our name of their activation.

    Raises:
        ValueError: for one that there is not here; the known ones are listed.
    """
    if name not in OURS:
        raise ValueError(f"The checkpoint's activation {name!r} is not known. Known: {', '.join(OURS)}.")
    return OURS[name]


def their_activation(name):
    """Their name of our activation, the first where they have several."""
    return next(theirs for theirs, ours in OURS.items() if ours == name)
