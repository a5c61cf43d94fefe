"""The few largest of many numbers."""

import numpy as np
import pytest

from kformer.generation.largest import largest


@pytest.mark.parametrize("n", [7, 500, 512, 527])
def test_they_are_the_first_of_the_sorted_row(n):
    x = np.random.default_rng(n).normal(size=(5, n)).astype("float32")
    x[1, : n // 2] = -np.inf
    values, places = largest(x, 6)
    expected = np.argsort(-x, axis=-1, kind="stable")[:, :6]
    np.testing.assert_array_equal(values, np.take_along_axis(x, expected, -1))
    real = np.isfinite(np.asarray(values))
    np.testing.assert_array_equal(np.asarray(places)[real], expected[real])


def test_all_equal_numbers_have_different_places():
    _, places = largest(np.zeros((1, 640), "float32"), 6)
    assert len(set(np.asarray(places)[0].tolist())) == 6
