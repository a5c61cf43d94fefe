"""Half precision computes nearly the same from weights that stay float32."""

import numpy as np
import pytest

from tests.conformance.cases import flat

# Units in the last place, times a few operations: 8 bits of mantissa in bfloat16, 11 in float16.
TOLERANCE = {"mixed_bfloat16": 6e-2, "mixed_float16": 8e-3}


@pytest.mark.parametrize("policy", TOLERANCE)
def test_half_precision_is_close_to_float32_and_trains_with_float32_weights(case, layer, policy):
    twin = case.build(policy, dropout=0.5)
    assert {weight.dtype for weight in twin.trainable_weights} <= {"float32"}
    for half, full in zip(flat(case.call(twin)), flat(case.call(layer)), strict=True):
        half = half.astype("float32")
        assert np.isfinite(half).all()
        np.testing.assert_allclose(half, full, atol=TOLERANCE[policy] * max(1.0, np.abs(full).max()))
    assert all(np.isfinite(output.astype("float32")).all() for output in flat(case.call(twin, training=True)))
