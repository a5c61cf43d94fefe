"""Padding changes no real position: neither what stands there, nor how much of it there is."""

import keras
import numpy as np
import pytest

from tests.conformance.cases import CASES, LENGTH, MASK


def has_padding(case):
    names = [*case.others, *(case.inputs if isinstance(case.inputs, dict) else ())]
    return any(name.endswith("padding_mask") for name in names)


PADDED = [case for case in CASES if has_padding(case)]


@pytest.fixture(params=PADDED, ids=str)
def case(request):
    return request.param


def real_outputs(case, layer, change):
    """The outputs at real positions, with `change` applied to every input along the length."""
    inputs, others = keras.tree.map_structure(change, case.arrays)
    outputs = case.call(layer, inputs, **others)
    outputs = outputs["sequence_output"] if isinstance(outputs, dict) else outputs
    outputs = np.asarray(outputs)
    return outputs[:, :LENGTH][MASK] if outputs.ndim == 3 else outputs


def as_it_is(array):
    return array


def garbage(array):
    """Something else at every padded position; the mask itself stays."""
    if array.dtype == bool:
        return array
    other = np.ones_like(array) if array.dtype.kind == "i" else np.full_like(array, 7.0)
    return np.where(MASK.reshape(*MASK.shape, *[1] * (array.ndim - 2)), array, other)


def longer(array):
    """Three more positions of padding."""
    return np.pad(array, [(0, 0), (0, 3), *[(0, 0)] * (array.ndim - 2)])


@pytest.mark.parametrize("change", [garbage, longer])
def test_padding_does_not_change_real_positions(case, layer, change):
    expected = real_outputs(case, layer, as_it_is)
    np.testing.assert_allclose(real_outputs(case, layer, change), expected, atol=1e-5)
