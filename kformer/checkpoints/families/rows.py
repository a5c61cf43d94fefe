"""The rows of a name table: which tensor of a file holds which of our variables, and how. Read in both directions."""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Form:
    """How one tensor of a file holds one or more of our variables.

    Attributes:
        read: function of their tensor that returns a tuple of arrays, one per variable.
        write: function of these arrays that returns their tensor.
    """

    read: Callable
    write: Callable


AS_IT_IS = Form(lambda tensor: (tensor,), lambda array: array)
TRANSPOSED = Form(lambda tensor: (tensor.T,), lambda array: array.T)
ONE_ROW = Form(lambda tensor: (tensor[0],), lambda array: array[None])
ROW_IN_EACH = Form(lambda tensor: (tensor[:, 0],), lambda array: array[:, None])
# Theirs is (out, in, height, width), ours (height, width, in, out).
CONVOLUTION = Form(lambda tensor: (tensor.transpose(2, 3, 1, 0),), lambda array: array.transpose(3, 2, 0, 1))
SIDE_BY_SIDE = Form(lambda tensor: tuple(np.split(tensor, 3, axis=-1)), lambda *arrays: np.concatenate(arrays, axis=-1))


@dataclasses.dataclass(frozen=True)
class Row:
    """One tensor: its name in the file, the names of the variables that it holds, and its form.

    `{i}` in the names stands for the layer's number.
    """

    theirs: str
    ours: tuple[str, ...]
    form: Form = AS_IT_IS

    def shape(self, shapes):
        """The shape of their tensor, from the shapes of our variables."""
        return self.form.write(*(np.broadcast_to(np.int8(0), shape) for shape in shapes)).shape

    def numbered(self, i):
        """The row of layer `i`."""
        return Row(self.theirs.format(i=i), tuple(name.format(i=i) for name in self.ours), self.form)

    def prefixed(self, prefix):
        """The row with a prefix before their name."""
        return dataclasses.replace(self, theirs=prefix + self.theirs)


def row(theirs, *ours, form=AS_IT_IS):
    """A `Row`."""
    return Row(theirs, ours, form)


def dense(theirs, ours):
    """A dense layer: their (out, in) weight is our (in, out) kernel."""
    return row(f"{theirs}.weight", f"{ours}/kernel", form=TRANSPOSED), row(f"{theirs}.bias", f"{ours}/bias")


def norm(theirs, ours):
    """A layer normalisation."""
    return row(f"{theirs}.weight", f"{ours}/gamma"), row(f"{theirs}.bias", f"{ours}/beta")


def expand(rows, num_layers):
    """The rows of every layer: those that name a layer's number once for each, all others once."""
    return [row.numbered(i) for row in rows for i in (range(num_layers) if "{i}" in row.theirs else (0,))]
