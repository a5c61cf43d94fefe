"""Choosing the next token."""

import numpy as np
import pytest

from kformer.generation import Sampling
from kformer.generation.noise import gumbel_noise, streams
from kformer.generation.sampling import choose, first_argmax, keep, penalise, truncate

random = np.random.default_rng(0)
LOGITS = random.normal(0, 2, (3, 40)).astype("float32")
ROWS = 20_000


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def kept(logits, **settings):
    """Which logits are left, bool."""
    return np.isfinite(np.asarray(truncate(logits, Sampling(**settings).options())))


def of_top_k(logits, k):
    return logits >= np.sort(logits, axis=-1)[:, [-k]]


def of_top_p(logits, p):
    """The fewest largest logits whose probabilities reach p."""
    order = np.argsort(-logits, axis=-1)
    before = np.cumsum(np.take_along_axis(softmax(logits), order, -1), -1) - np.take_along_axis(
        softmax(logits), order, -1
    )
    result = np.zeros(logits.shape, bool)
    np.put_along_axis(result, order, before < p, -1)
    return result


@pytest.mark.parametrize("k", [1, 2, 7, 39, 40])
def test_top_k_keeps_the_k_largest(k):
    np.testing.assert_array_equal(kept(LOGITS, top_k=k), of_top_k(LOGITS, k))


def test_top_k_beyond_the_vocabulary_keeps_all():
    assert kept(LOGITS, top_k=41).all()


def test_top_k_keeps_equals():
    assert kept(np.array([[1.0, 2.0, 2.0, 0.0]], "float32"), top_k=1).tolist() == [[False, True, True, False]]


@pytest.mark.parametrize("p", [1e-6, 0.2, 0.5, 0.9, 0.999])
def test_top_p_keeps_the_fewest_that_reach_p(p):
    np.testing.assert_array_equal(kept(LOGITS, top_p=p), of_top_p(LOGITS, p))


def test_top_p_counts_within_top_k():
    expected = of_top_k(LOGITS, 5)
    expected = expected & of_top_p(np.where(expected, LOGITS, -1e9), 0.6)
    np.testing.assert_array_equal(kept(LOGITS, top_k=5, top_p=0.6), expected)


def test_without_options_all_are_kept():
    np.testing.assert_array_equal(truncate(LOGITS, Sampling().options()), LOGITS)


def test_zero_and_infinity_have_their_place_in_the_order():
    logits = np.array([[-np.inf, -0.5, 0.0, 0.5, np.finfo("float32").max]], "float32")
    for k in range(1, 6):
        assert np.asarray(keep(logits, np.ones_like(logits), np.float32(k)) > -np.inf).sum() == min(k, 4)


def test_the_penalty_makes_seen_tokens_less_likely():
    logits = np.array([[2.0, -2.0, 2.0]], "float32")
    seen = np.array([[True, True, False]])
    np.testing.assert_array_equal(penalise(logits, seen, 4.0), [[0.5, -8.0, 2.0]])


def drawn(logits, **settings):
    """How often each token is drawn from logits (vocab_size,) by `ROWS` samples of one seed."""
    rows = np.tile(logits, (ROWS, 1)).astype("float32")
    seen, position = np.zeros(rows.shape, bool), np.full(ROWS, 4, "int32")
    chosen = choose(rows, seen, streams(1, np.arange(ROWS)), position, Sampling(**settings).options())
    return np.bincount(np.asarray(chosen), minlength=len(logits)) / ROWS


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({}, softmax(LOGITS)[0]),
        ({"temperature": 0.5}, softmax(2 * LOGITS)[0]),
        ({"top_k": 5}, softmax(np.where(of_top_k(LOGITS, 5), LOGITS, -np.inf))[0]),
        ({"top_p": 0.7}, softmax(np.where(of_top_p(LOGITS, 0.7), LOGITS, -np.inf))[0]),
        ({"temperature": 2.0, "top_p": 0.7}, softmax(np.where(of_top_p(LOGITS / 2, 0.7), LOGITS / 2, -np.inf))[0]),
    ],
    ids=str,
)
def test_tokens_are_drawn_with_their_probability(settings, expected):
    # Four standard deviations of a share.
    np.testing.assert_allclose(drawn(LOGITS[0], **settings), expected, atol=4 * 0.5 / ROWS**0.5)


def test_what_is_cut_is_never_drawn():
    assert not np.any(drawn(LOGITS[0], top_k=5, temperature=100.0)[~of_top_k(LOGITS, 5)[0]])


def test_temperature_zero_takes_the_most_probable():
    assert drawn(LOGITS[0], temperature=0.0)[LOGITS[0].argmax()] == 1.0


def test_noise_does_not_depend_on_the_place_in_the_batch():
    stream, position = streams(5, [0, 1, 2]), np.array([4, 5, 6], "int32")
    together = np.asarray(gumbel_noise(stream, position, 10))
    np.testing.assert_array_equal(gumbel_noise(stream[1:2], position[1:2], 10), together[1:2])


@pytest.mark.parametrize("changed", ["seed", "high seed", "sample", "position"])
def test_noise_is_new_for_each(changed):
    def noise(seed=5, sample=0, position=4):
        return np.asarray(gumbel_noise(streams(seed, [sample]), np.array([position], "int32"), 1000))[0]

    other = {"seed": {"seed": 6}, "high seed": {"seed": 5 + 2**32}}.get(changed, {changed: 1})
    assert abs(np.corrcoef(noise(), noise(**other))[0, 1]) < 0.12


def test_noise_is_gumbel_s():
    noise = np.asarray(gumbel_noise(streams(0, np.arange(100)), np.zeros(100, "int32"), 1000))
    assert noise.mean() == pytest.approx(np.euler_gamma, abs=0.02)
    assert noise.std() == pytest.approx(np.pi / 6**0.5, abs=0.02)


def test_the_first_of_equals_is_taken():
    assert np.asarray(first_argmax(np.array([[1.0, 3.0, 3.0], [2.0, 1.0, 2.0]], "float32"))).tolist() == [1, 0]


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"temperature": -0.1}, "`temperature` must be a finite number >= 0.*Received: temperature=-0.1."),
        ({"temperature": float("nan")}, "`temperature` must be a finite number >= 0.*Received: temperature=nan."),
        ({"top_k": -1}, "`top_k` must be an integer >= 0, where 0 keeps all tokens. Received: top_k=-1."),
        ({"top_k": 1.5}, "`top_k` must be an integer >= 0.*Received: top_k=1.5."),
        ({"top_p": 0.0}, r"`top_p` must lie in \(0, 1\], where 1 keeps all tokens. Received: top_p=0.0."),
        ({"top_p": 1.1}, r"`top_p` must lie in \(0, 1\].*Received: top_p=1.1."),
        ({"repetition_penalty": 0.0}, "`repetition_penalty` must be a finite number > 0.*penalty=0.0."),
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Sampling(**settings)
