"""A seed repeats what is random in training, and two seeds differ."""

import keras
import numpy as np
import pytest

from tests.conformance.cases import CASES, flat


@pytest.fixture(params=[case for case in CASES if case.is_random], ids=str)
def case(request):
    return request.param


def test_a_seed_repeats_and_two_differ(case):
    def trained(seed):
        """Each layer draws its seed from Keras' global one when it is made."""
        keras.utils.set_random_seed(seed)
        return flat(case.call(case.build(dropout=0.5), training=True))

    first, again, other = (trained(seed) for seed in (1, 1, 2))
    for one, repeated in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, repeated)
    assert any((one != different).any() for one, different in zip(first, other, strict=True))
