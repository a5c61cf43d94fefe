"""A seed repeats what is random in training, and two seeds differ."""

import numpy as np
import pytest

from kformer.layers import Dropout, DropPath
from tests.conformance.cases import CASES, flat


@pytest.fixture(params=[case for case in CASES if case.is_random], ids=str)
def case(request):
    return request.param


def test_a_seed_repeats_and_two_differ(case):
    layer = case.build(dropout=0.5)
    dropouts = [part for part in layer._flatten_layers() if isinstance(part, Dropout | DropPath)]

    def trained(seed):
        for i, dropout in enumerate(dropouts):
            dropout.seed_generator.state.assign([seed, i])
        return flat(case.call(layer, training=True))

    first, again, other = trained(1), trained(1), trained(2)
    for one, repeated in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, repeated)
    assert any((one != different).any() for one, different in zip(first, other, strict=True))
