"""A face verification judged on other people."""

import functools

import numpy as np
import pytest

from kformer.evaluation import judge, verification_metrics
from kformer.evaluation.verification import rank_1
from kformer.evaluation.verification_figures import error_rates_svg, similarities_svg
from kformer.tasks.image_pairs import Verification
from tests.tiny import face_verifier, people

PEOPLE = np.repeat(np.arange(6), 5)
random = np.random.default_rng(0)
VECTORS = np.eye(6, 8)[PEOPLE] + 0.35 * random.normal(size=(30, 8))
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


@functools.cache
def scored():
    return verification_metrics(VECTORS, PEOPLE, 0.5, num_resamples=200)


@functools.cache
def judged():
    """A random task's judgement of four people, made once for all tests."""
    return judge(face_verifier(), people(4, 3))


def test_images_people_and_pairs_are_counted():
    names = ("num_examples", "num_people", "num_genuine_pairs", "num_impostor_pairs")
    assert [scored()[name] for name in names] == [30, 6, 6 * 10, 15 * 25]


def test_every_metric_lies_in_its_interval():
    for name in ("roc_auc", "eer", "tar_at_far_1e_2", "tar_at_far_1e_3", "rank_1", "true_accept_rate"):
        metric = scored()[name]
        assert metric["low"] <= metric["value"] <= metric["high"], name
    assert 0.8 < scored()["roc_auc"]["value"] < 1


def test_people_are_resampled_and_not_pairs():
    """The intervals of people are wider than those of as many images that had nothing in common."""
    wide = verification_metrics(VECTORS, PEOPLE, 0.5, num_resamples=200)["roc_auc"]
    repeated = verification_metrics(np.tile(VECTORS, (4, 1)), np.tile(PEOPLE, 4), 0.5, num_resamples=200)["roc_auc"]
    # Four times as many images of the same people say hardly more of other people.
    assert repeated["high"] - repeated["low"] > 0.4 * (wide["high"] - wide["low"])


def test_rates_at_the_threshold_are_those_of_the_pairs():
    cosines = VECTORS @ VECTORS.T
    first, second = np.triu_indices(30, 1)
    same, accepted = PEOPLE[first] == PEOPLE[second], cosines[first, second] >= 0.5
    assert scored()["true_accept_rate"]["value"] == pytest.approx(accepted[same].mean())
    assert scored()["false_accept_rate"]["value"] == pytest.approx(accepted[~same].mean())


def test_rank_1_looks_an_image_up_among_means_made_without_it():
    probes, is_found = rank_1(VECTORS, PEOPLE)
    expected = []
    for image in range(30):
        others = np.arange(30) != image
        means = np.stack([VECTORS[others & (person == PEOPLE)].mean(axis=0) for person in range(6)])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        expected.append((means @ VECTORS[image]).argmax() == PEOPLE[image])
    np.testing.assert_array_equal(probes, np.arange(30))
    np.testing.assert_array_equal(is_found, expected)


def test_people_with_one_image_are_not_looked_up():
    probes, _ = rank_1(VECTORS[:11], PEOPLE[:11])
    np.testing.assert_array_equal(probes, np.arange(10))


def test_a_task_without_a_threshold_is_judged_at_the_examples_own():
    assert judged().threshold == Verification(judged().similarities, judged().pairs.is_genuine).threshold()


def test_a_task_s_threshold_is_kept():
    task = face_verifier()
    task.threshold.assign(0.25)
    assert judge(task, people(3)).metrics()["threshold"]["value"] == 0.25


def test_mistakes_are_the_most_similar_of_two_people_and_the_least_similar_of_one():
    mistakes = judged().mistakes(2)
    assert [mistake["label"] for mistake in mistakes] == ["different", "same"] * 2
    genuine = judged().similarities[judged().pairs.is_genuine]
    impostors = judged().similarities[~judged().pairs.is_genuine]
    assert mistakes[0]["score"] == pytest.approx(impostors.max(), abs=1e-3)
    assert mistakes[1]["score"] == pytest.approx(genuine.min(), abs=1e-3)


def test_both_pictures_of_a_pair_are_shown():
    (mistake, _) = judged().mistakes(1)
    assert all(mistake[name].startswith("data:image/png;base64,") for name in ("picture", "picture_pair"))


def test_samples_are_pairs_of_both_kinds():
    assert [sample["label"] for sample in judged().samples] == ["same"] * 5 + ["different"] * 5


def test_one_person_cannot_be_judged():
    with pytest.raises(ValueError, match="two or more people are needed with two or more images each"):
        judge(face_verifier(), people(1, 5))


def test_the_curve_has_a_logarithmic_axis():
    assert "10" in error_rates_svg(np.array([0, 0.001, 1.0]), np.array([0, 0.8, 1.0]))


def test_the_histogram_names_both_kinds_and_the_threshold():
    svg = similarities_svg(np.array([0.8, 0.9]), np.array([0.1, 0.2]), 0.5)
    for name in ("one person", "two people", "threshold"):
        assert name in svg
