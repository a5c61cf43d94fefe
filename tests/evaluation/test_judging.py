"""A task judged on examples."""

import dataclasses
import functools

import numpy as np
import pytest

from kformer.evaluation import judge
from tests.tiny import examples, task

PROBLEMS = ("single_label", "multi_label", "regression")


@functools.cache
def judged(problem):
    """A random task's judgement of 15 examples, made once for all tests."""
    return judge(task(problem), examples(15, problem))


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_predictions_are_the_task_s(problem):
    model = task(problem)
    inputs = model.processor.features(examples(15, problem).values("text"))
    np.testing.assert_allclose(judged(problem).predicted, model.probabilities(model(inputs)), atol=1e-6)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_metrics_are_of_all_examples(problem):
    assert judged(problem).metrics()["num_examples"] == 15


def test_the_confusion_matrix_counts_every_example():
    assert judged("single_label").confusion.sum() == 15


@pytest.mark.parametrize("problem", ["multi_label", "regression"])
def test_labels_that_do_not_exclude_each_other_have_no_confusion_matrix(problem):
    assert judged(problem).confusion is None


@pytest.mark.parametrize("problem", PROBLEMS)
def test_samples_show_what_was_right_and_what_was_predicted(problem):
    samples = judged(problem).samples
    assert len(samples) == 10
    assert {"text", "label", "predicted"} <= set(samples[0])


def test_mistakes_show_both_texts_of_a_pair():
    mistakes = judge(task(pair=True), examples(12, pair=True)).mistakes()
    assert mistakes and all(mistake["text_pair"] for mistake in mistakes)


def test_examples_without_labels_are_refused():
    data = examples()
    unlabelled = dataclasses.replace(data, fields={"text": "text"})
    with pytest.raises(ValueError, match="tiny has no labels to compare with: name their column with `label`."):
        judge(task(), unlabelled)
