import numpy as np

from kformer.layers.masks import attention_bias, causal_mask, combine_masks


def test_without_masks_there_is_none():
    assert combine_masks() is None


def test_a_causal_mask_hides_what_comes_later():
    np.testing.assert_array_equal(causal_mask(3, 3), np.tril(np.ones((3, 3), bool)))


def test_with_more_keys_the_last_query_sees_all_of_them():
    np.testing.assert_array_equal(causal_mask(2, 4), [[1, 1, 1, 0], [1, 1, 1, 1]])


def test_masks_are_combined_by_and():
    padding, allowed = np.array([[1, 1, 0]]), np.array([[[1, 0, 1], [1, 1, 1], [1, 1, 1]]])
    mask = combine_masks(padding, allowed, causal_mask(3, 3))
    np.testing.assert_array_equal(mask[0, 0], [[1, 0, 0], [1, 1, 0], [1, 1, 0]])


def test_the_bias_is_finite_in_half_precision():
    bias = np.asarray(attention_bias(np.array([True, False]), "float16"))
    assert bias.dtype == "float16"
    assert bias[0] == 0
    assert np.isfinite(bias[1])
    assert np.exp(bias[1].astype("float32")) == 0
