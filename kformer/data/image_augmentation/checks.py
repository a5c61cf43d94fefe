"""Checks of the settings of augmentations; each refusal is one sentence."""

import numbers


def check_number(name, value, low, high=None):
    """Refuses what is not a number in [low, high]; without `high`, what is below `low`.

    Raises:
        ValueError: it is not.
    """
    if not _is_number(value) or value < low or (high is not None and value > high):
        accepted = f"a number from {low} to {high}" if high is not None else f"a number of at least {low}"
        raise ValueError(f"`{name}` must be {accepted}. Received: {name}={value!r}.")


def check_pair(name, value, low, high=None):
    """Refuses what is not two numbers (least, most) with low < least <= most <= high.

    Raises:
        ValueError: it is not.
    """
    pair = isinstance(value, tuple | list) and len(value) == 2 and all(map(_is_number, value))
    if not pair or not low < value[0] <= value[1] or (high is not None and value[1] > high):
        upper = f" and at most {high}" if high is not None else ""
        raise ValueError(f"`{name}` must be two numbers (least, most), above {low}{upper}. Received: {name}={value!r}.")


def check_size(name, value):
    """Refuses what is not two positive ints (height, width).

    Raises:
        ValueError: it is not.
    """
    pair = isinstance(value, tuple | list) and len(value) == 2
    if not pair or not all(isinstance(side, numbers.Integral) and side > 0 for side in value):
        raise ValueError(f"`{name}` must be two positive integers (height, width). Received: {name}={value!r}.")


def check_choice(name, value, choices):
    """Refuses what is not among the choices.

    Raises:
        ValueError: it is not.
    """
    if value not in choices:
        raise ValueError(f"`{name}` must be one of {', '.join(choices)}. Received: {name}={value!r}.")


def check_fill(value, *others):
    """Refuses a fill that is neither "mean" nor a grey value nor a colour, nor one of the others.

    Raises:
        ValueError: it is not.
    """
    grey = _is_number(value) and 0 <= value <= 255
    color = isinstance(value, tuple | list) and len(value) == 3 and all(_is_number(v) and 0 <= v <= 255 for v in value)
    if not (grey or color or value in ("mean", *others)):
        names = ", ".join(f"'{name}'" for name in ("mean", *others))
        raise ValueError(
            f"`fill` must be {names}, a number from 0 to 255 or three of them (red, green, blue). Received: "
            f"fill={value!r}."
        )


def _is_number(value):
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
