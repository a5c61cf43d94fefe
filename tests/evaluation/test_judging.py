"""A task judged on examples."""

import dataclasses

import numpy as np
import pytest

from kformer.evaluation import judge
from tests.tiny import examples, task


@pytest.mark.parametrize("problem", ["single_label", "multi_label", "regression"])
def test_the_metrics_are_those_of_the_predictions(problem):
    model, data = task(problem), examples(15, problem)
    judged = judge(model, data)
    np.testing.assert_allclose(judged.predicted, model.probabilities(model.outputs_of(data)), atol=1e-6)
    assert judged.metrics()["num_examples"] == 15


def test_the_confusion_matrix_counts_every_example():
    assert judge(task(), examples(15)).confusion.sum() == 15


@pytest.mark.parametrize("problem", ["multi_label", "regression"])
def test_labels_that_do_not_exclude_each_other_have_no_confusion_matrix(problem):
    assert judge(task(problem), examples(problem=problem)).confusion is None


@pytest.mark.parametrize("problem", ["single_label", "multi_label", "regression"])
def test_samples_show_what_was_right_and_what_was_predicted(problem):
    samples = judge(task(problem), examples(12, problem)).samples
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
