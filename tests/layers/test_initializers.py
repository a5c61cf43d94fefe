import numpy as np
import pytest

from kformer.layers.initializers import before_batch_norm, kernel_initializer_of


def test_before_batch_normalisation_weights_have_a_third_of_lecun_s_variance():
    kernel = np.asarray(before_batch_norm(seed=0)((300, 200)))
    assert kernel.std() == pytest.approx((1 / 3 / 300) ** 0.5, rel=0.02)
    assert np.abs(kernel).max() <= 300**-0.5


def test_an_unknown_initialiser_is_refused():
    message = "`kernel_initializer` must be one of truncated_normal, glorot_uniform. Received: kernel_initializer='he'."
    with pytest.raises(ValueError, match=message):
        kernel_initializer_of("he")
