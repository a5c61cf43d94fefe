import numpy as np
import pytest

from kformer.layers import LearnedTokens


def test_every_example_gets_the_same_tokens():
    layer = LearnedTokens(2, 4)
    outputs = np.asarray(layer(np.zeros((3, 5, 4), "float32")))
    assert outputs.shape == layer.compute_output_shape((3, 5, 4))
    np.testing.assert_array_equal(outputs, np.stack([np.asarray(layer.embeddings)] * 3))


def test_there_must_be_tokens():
    with pytest.raises(ValueError, match="`num_tokens` must be a positive integer. Received: num_tokens=0"):
        LearnedTokens(0, 4)
