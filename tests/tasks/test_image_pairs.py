"""Pairs of images, and what thresholds make of them."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from kformer.tasks.image_pairs import (
    Verification,
    area,
    best_threshold,
    equal_error_rate,
    make_pairs,
    true_accept_rate,
)

PEOPLE = np.repeat(["a", "b", "c"], [3, 2, 1])
random = np.random.default_rng(0)
IS_GENUINE = random.random(400) < 0.3
SIMILARITIES = np.round(random.normal(IS_GENUINE * 1.0, 1.0), 1)  # with ties


@pytest.fixture(scope="module")
def rates():
    return Verification(SIMILARITIES, IS_GENUINE).rates()


def test_all_pairs_are_there_once():
    pairs = make_pairs(PEOPLE)
    assert len(pairs) == 15
    assert len({frozenset(pair) for pair in zip(pairs.first, pairs.second, strict=True)}) == 15
    np.testing.assert_array_equal(PEOPLE[pairs.first] == PEOPLE[pairs.second], pairs.is_genuine)
    assert pairs.is_genuine.sum() == 4


def test_many_pairs_are_drawn_by_the_seed():
    people = np.arange(200) % 20
    one, again, other = (make_pairs(people, 50, 70, seed) for seed in (1, 1, 2))
    assert (one.is_genuine.sum(), len(one)) == (50, 120)
    np.testing.assert_array_equal(one.second, again.second)
    assert not np.array_equal(one.second, other.second)


def test_of_very_many_images_different_pairs_of_the_right_kind_are_drawn(monkeypatch):
    monkeypatch.setattr("kformer.tasks.image_pairs._MOST_LISTED", 100)
    people = np.arange(200) % 20
    pairs = make_pairs(people, 50, 70)
    np.testing.assert_array_equal(people[pairs.first] == people[pairs.second], pairs.is_genuine)
    assert len(set(zip(pairs.first, pairs.second, strict=True))) == len(pairs) == 50 + 70


def test_similarities_are_cosines():
    vectors = random.normal(size=(6, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = make_pairs(PEOPLE)
    expected = (vectors @ vectors.T)[pairs.first, pairs.second]
    np.testing.assert_allclose(pairs.similarities(vectors), expected, atol=1e-6)


def test_the_area_is_scikit_learn_s(rates):
    assert area(*rates) == pytest.approx(roc_auc_score(IS_GENUINE, SIMILARITIES))


def test_weights_are_repetitions():
    weights = random.integers(0, 4, 400)
    repeated = Verification(np.repeat(SIMILARITIES, weights), np.repeat(IS_GENUINE, weights)).rates()
    weighted = Verification(SIMILARITIES, IS_GENUINE).rates(weights)
    assert area(*weighted) == pytest.approx(area(*repeated))
    assert equal_error_rate(*weighted) == pytest.approx(equal_error_rate(*repeated))


def test_the_true_accept_rate_is_that_of_the_lowest_threshold_that_keeps_to_the_false_accept_rate(rates):
    false_accepts, true_accepts, _ = roc_curve(IS_GENUINE, SIMILARITIES, drop_intermediate=False)
    assert true_accept_rate(*rates, 0.1) == true_accepts[false_accepts <= 0.1].max()


def test_at_the_equal_error_rate_both_errors_are_nearly_equal(rates):
    threshold = Verification(SIMILARITIES, IS_GENUINE).threshold()
    is_accepted = threshold <= SIMILARITIES
    errors = is_accepted[~IS_GENUINE].mean(), (~is_accepted[IS_GENUINE]).mean()
    assert errors == pytest.approx((equal_error_rate(*rates),) * 2, abs=0.03)


@pytest.mark.parametrize("far", [0.01, 0.1])
def test_a_threshold_for_a_false_accept_rate_keeps_to_it(far):
    threshold = Verification(SIMILARITIES, IS_GENUINE).threshold(far)
    assert (SIMILARITIES[~IS_GENUINE] >= threshold).mean() <= far


def test_between_kinds_that_do_not_overlap_the_threshold_is_in_the_middle():
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert best_threshold(vectors, [0, 0, 1, 1]) == pytest.approx(0.5)


def test_without_a_kind_of_pairs_there_are_no_rates():
    rates = Verification([0.5, 0.6], [True, True]).rates()
    assert np.isnan([area(*rates), equal_error_rate(*rates), true_accept_rate(*rates, 0.1)]).all()
