"""The head that guesses masked tokens, against NumPy."""

import math

import numpy as np

from kformer.layers import MaskedLanguageModelHead
from tests.tiny import randomise

random = np.random.default_rng(0)
X = random.normal(size=(2, 3, 8)).astype("float32")
TABLE = random.normal(size=(11, 8)).astype("float32")


def test_it_is_the_paper_s_formula():
    head = MaskedLanguageModelHead(8, 11, norm_epsilon=1e-3)
    head.build()
    randomise(head)
    gamma, beta, bias = (np.asarray(value) for value in (head.norm.gamma, head.norm.beta, head.bias))
    x = X @ np.asarray(head.dense.kernel) + np.asarray(head.dense.bias)
    x = x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))
    x = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-3) * gamma + beta
    np.testing.assert_allclose(head(X, TABLE), x @ TABLE.T + bias, atol=1e-5)


def test_its_activation_is_a_choice():
    gelu, relu = (MaskedLanguageModelHead(8, 11, activation) for activation in ("gelu", "relu"))
    for head in (gelu, relu):
        head.build()
        randomise(head)
    assert np.abs(np.asarray(gelu(X, TABLE) - relu(X, TABLE))).max() > 1e-3


def test_the_table_is_not_among_its_weights():
    head = MaskedLanguageModelHead(8, 11)
    head.build()
    assert sorted(variable.path.split("/", 1)[1] for variable in head.variables) == [
        "bias", "dense/bias", "dense/kernel", "norm/beta", "norm/gamma",
    ]  # fmt: skip
