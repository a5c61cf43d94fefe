"""Where a model errs: counts, curves, and its worst mistakes."""

import numpy as np
import pytest
from sklearn import metrics as oracle

from kformer.evaluation import confusion_matrix, roc_curves, worst_mistakes


def test_a_confusion_matrix_counts_actual_by_predicted():
    assert confusion_matrix([0, 0, 1, 2], [0, 1, 1, 0], 3).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_a_roc_curve_encloses_the_area_that_scikit_learn_gives():
    generator = np.random.default_rng(0)
    targets = generator.integers(2, size=3000)
    scores = 1 / (1 + np.exp(-(generator.normal(size=3000) + targets)))
    false_rate, true_rate = roc_curves(targets, np.stack([1 - scores, scores], axis=1), "ab")["b"]
    assert oracle.auc(false_rate, true_rate) == pytest.approx(oracle.roc_auc_score(targets, scores), abs=2e-3)
    assert len(false_rate) == 200
    assert (false_rate[0], true_rate[0], false_rate[-1], true_rate[-1]) == (0, 0, 1, 1)


def test_two_classes_have_one_curve_and_three_have_three():
    assert list(roc_curves([0, 1], np.eye(2), "ab")) == ["b"]
    assert list(roc_curves([0, 1, 2], np.eye(3), "abc")) == ["a", "b", "c"]


def test_a_label_without_positives_or_negatives_has_no_curve():
    targets = np.array([[0, 1, 1], [0, 1, 0]])
    assert list(roc_curves(targets, np.full((2, 3), 0.5), "abc")) == ["c"]


def test_the_surest_wrong_class_comes_first():
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])
    mistakes = worst_mistakes("class", "wxyz", [0, 0, 0, 1], probabilities, ("neg", "pos"))
    assert [(mistake["row"], mistake["score"]) for mistake in mistakes] == [(1, 0.8), (2, 0.6)]
    assert mistakes[0] == {
        "row": 1, "text": "x", "text_pair": None, "label": "neg", "predicted": "pos", "score": 0.8,
    }  # fmt: skip


def test_the_wrongest_label_ranks_a_multi_label_mistake():
    targets = np.array([[1, 1], [1, 0], [0, 1]])
    probabilities = np.array([[0.9, 0.4], [0.9, 0.1], [0.7, 0.2]])
    mistakes = worst_mistakes("multi", "xyz", targets, probabilities, ("a", "b"))
    assert [(mistake["row"], mistake["label"], mistake["predicted"]) for mistake in mistakes] == [
        (2, "b", "a"),
        (0, "a, b", "a"),
    ]
    assert [mistake["score"] for mistake in mistakes] == pytest.approx([0.8, 0.6])


def test_the_largest_error_ranks_a_number():
    mistakes = worst_mistakes("number", "xyz", [1.0, 2.0, 3.0], [1.0, 2.5, 1.0])
    assert [(mistake["text"], mistake["label"], mistake["predicted"], mistake["score"]) for mistake in mistakes] == [
        ("z", 3.0, 1.0, 2.0),
        ("y", 2.0, 2.5, 0.5),
    ]


def test_pairs_are_shown_and_the_count_is_kept():
    mistakes = worst_mistakes("number", "xyz", [1, 2, 3], [4, 4, 4], text_pairs="uvw", count=2)
    assert [mistake["text_pair"] for mistake in mistakes] == ["u", "v"]


def test_an_unknown_label_kind_is_refused():
    with pytest.raises(ValueError, match="`label_kind` must be 'class', 'multi' or 'number'; received 'classes'"):
        worst_mistakes("classes", "x", [1], [1])
