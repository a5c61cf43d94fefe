"""What is said of a model that has learnt nothing."""

import pytest

from kformer.evaluation.guessing import told_guessing


def score(low, value=0.5):
    return {"value": value, "low": low, "high": 0.9}


@pytest.mark.parametrize(
    "metrics",
    [
        {"mcc": score(0.01), "roc_auc": score(0.4)},
        {"roc_auc": score(0.51)},
        {"r2": score(0.2)},
        {"map50": score(0.1)},
        {"bleu": score(0.0)},
        {"roc_auc": score(None, None)},
        {"mcc": score(None)},
        {},
    ],
)
def test_nothing_is_said_of_what_is_better_or_not_known(metrics):
    assert told_guessing(metrics) is None


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ({"mcc": score(-0.02), "roc_auc": score(0.9)}, "of which mcc is 0: its interval begins at -0.020."),
        ({"roc_auc": score(0.5)}, "of which roc_auc is 0.5: its interval begins at 0.500."),
        ({"r2": score(-1.5)}, "of which r2 is 0: its interval begins at -1.500."),
        ({"map50": score(0.0)}, "of which map50 is 0: its interval begins at 0.000."),
        ({"mcc": score(None, None)}, "No better than guessing: every example is taken for the same, or all are."),
    ],
)
def test_what_is_not_surely_better_than_guessing_is_said(metrics, said):
    assert said in told_guessing(metrics)
