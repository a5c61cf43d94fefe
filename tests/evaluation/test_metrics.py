"""Metrics equal scikit-learn's and SciPy's, and their intervals are those of a plain bootstrap."""

import time
import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as oracle

from kformer.evaluation import classification_metrics, multi_label_metrics, regression_metrics
from kformer.evaluation.metrics import default_resamples

LABELS = ("a", "b", "c")


def softmax(scores):
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def classified(num_examples=300, num_classes=3, seed=0):
    generator = np.random.default_rng(seed)
    targets = generator.integers(num_classes, size=num_examples)
    scores = generator.normal(size=(num_examples, num_classes))
    scores[np.arange(num_examples), targets] += 1
    return targets, softmax(scores)


def tagged(num_examples=200, num_labels=3, seed=0):
    generator = np.random.default_rng(seed)
    targets = generator.integers(2, size=(num_examples, num_labels))
    return targets, np.round(1 / (1 + np.exp(-(generator.normal(size=targets.shape) + 2 * targets - 1))), 2)


def measured(num_examples=200, seed=0):
    generator = np.random.default_rng(seed)
    targets = np.round(generator.normal(size=num_examples), 1)  # rounding makes ties
    return targets, targets + generator.normal(size=num_examples)


def values(metrics):
    return {name: metric["value"] for name, metric in metrics.items() if name != "num_examples"}


def class_oracle(targets, probabilities):
    predicted = probabilities.argmax(axis=1)
    expected = {
        "accuracy": oracle.accuracy_score(targets, predicted),
        "mcc": oracle.matthews_corrcoef(targets, predicted),
        "log_loss": oracle.log_loss(targets, probabilities),
        "roc_auc": oracle.roc_auc_score(targets, probabilities, multi_class="ovr", average="macro"),
    }
    for index, label in enumerate(LABELS):
        expected[f"roc_auc/{label}"] = oracle.roc_auc_score(targets == index, probabilities[:, index])
    return expected | averages_oracle(targets, predicted)


def averages_oracle(targets, predicted):
    expected = {}
    for name, score in (
        ("precision", oracle.precision_score),
        ("recall", oracle.recall_score),
        ("f1", oracle.f1_score),
    ):
        expected |= {f"{name}_{average}": score(targets, predicted, average=average) for average in ("macro", "micro")}
        by_label = score(targets, predicted, average=None)
        expected |= {f"{name}/{label}": by_label[index] for index, label in enumerate(LABELS)}
    return expected


def test_classification_equals_scikit_learn():
    targets, probabilities = classified()
    metrics = classification_metrics(targets, probabilities, LABELS, num_resamples=0)
    assert values(metrics) == pytest.approx(class_oracle(targets, probabilities), abs=1e-12)


def test_top_5_accuracy_of_many_classes_equals_scikit_learn():
    targets, probabilities = classified(num_classes=9)
    metrics = values(classification_metrics(targets, probabilities, "abcdefghi", num_resamples=0))
    assert metrics["top_5_accuracy"] == oracle.top_k_accuracy_score(targets, probabilities, k=5)


def test_five_classes_have_no_top_5_accuracy():
    targets, probabilities = classified(num_classes=5)
    assert "top_5_accuracy" not in classification_metrics(targets, probabilities, "abcde", num_resamples=0)


def test_a_model_that_knows_nothing_is_not_always_among_the_first_five():
    targets = np.arange(10)
    metrics = values(classification_metrics(targets, np.full((10, 10), 0.1), "abcdefghij", num_resamples=0))
    assert metrics["top_5_accuracy"] == 0.5


def test_two_classes_equal_scikit_learn():
    targets, probabilities = classified(num_classes=2)
    metrics = values(classification_metrics(targets, probabilities, "ab", num_resamples=0))
    assert metrics["roc_auc"] == pytest.approx(oracle.roc_auc_score(targets, probabilities[:, 1]))
    assert metrics["roc_auc/a"] == metrics["roc_auc/b"] == metrics["roc_auc"]
    assert metrics["mcc"] == pytest.approx(oracle.matthews_corrcoef(targets, probabilities.argmax(axis=1)))


def test_tied_scores_count_half_in_roc_auc():
    targets, probabilities = classified()
    probabilities = np.round(probabilities, 1)
    metrics = values(classification_metrics(targets, probabilities, LABELS, num_resamples=0))
    assert metrics["roc_auc/b"] == pytest.approx(oracle.roc_auc_score(targets == 1, probabilities[:, 1]))


def test_multi_label_equals_scikit_learn():
    targets, probabilities = tagged()
    predicted = (probabilities >= 0.5).astype(int)
    losses = [oracle.log_loss(targets[:, index], probabilities[:, index]) for index in range(3)]
    areas = {
        f"roc_auc/{label}": oracle.roc_auc_score(targets[:, i], probabilities[:, i]) for i, label in enumerate(LABELS)
    }
    expected = {
        "accuracy": oracle.accuracy_score(targets, predicted),
        "log_loss": np.mean(losses),
        "roc_auc": oracle.roc_auc_score(targets, probabilities, average="macro"),
        **areas,
        **averages_oracle(targets, predicted),
    }
    assert values(multi_label_metrics(targets, probabilities, LABELS, num_resamples=0)) == pytest.approx(expected)


def test_a_multi_label_threshold_decides_what_is_predicted():
    metrics = multi_label_metrics([[1], [1]], [[0.3], [0.2]], ["a"], threshold=0.3, num_resamples=0)
    assert metrics["recall/a"]["value"] == 0.5


def test_regression_equals_scipy_and_scikit_learn():
    targets, predictions = measured()
    expected = {
        "pearson": stats.pearsonr(targets, predictions).statistic,
        "spearman": stats.spearmanr(targets, predictions).statistic,
        "r2": oracle.r2_score(targets, predictions),
        "mae": oracle.mean_absolute_error(targets, predictions),
        "mse": oracle.mean_squared_error(targets, predictions),
    }
    assert values(regression_metrics(targets, predictions, num_resamples=0)) == pytest.approx(expected)


def test_classification_equals_values_worked_out_by_hand():
    # Of three a, two are found and one is taken for b; the one b is found.
    probabilities = [[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]]
    metrics = values(classification_metrics([0, 0, 0, 1], probabilities, "ab", num_resamples=0))
    assert metrics["accuracy"] == 0.75
    assert (metrics["precision/a"], metrics["recall/a"], metrics["f1/a"]) == (
        1,
        pytest.approx(2 / 3),
        pytest.approx(0.8),
    )
    assert (metrics["precision/b"], metrics["recall/b"], metrics["f1/b"]) == (0.5, 1, pytest.approx(2 / 3))
    assert metrics["f1_macro"] == pytest.approx((0.8 + 2 / 3) / 2)
    assert metrics["mcc"] == pytest.approx(1 / np.sqrt(3))
    assert metrics["roc_auc"] == 1
    assert metrics["log_loss"] == pytest.approx(-np.log([0.9, 0.8, 0.4, 0.7]).mean())


def test_regression_equals_values_worked_out_by_hand():
    metrics = values(regression_metrics([1, 2, 3], [1, 2, 6], num_resamples=0))
    assert metrics["mae"] == 1
    assert metrics["mse"] == 3
    assert metrics["r2"] == pytest.approx(1 - 9 / 2)
    assert metrics["spearman"] == pytest.approx(1)
    assert metrics["pearson"] == pytest.approx(5 / np.sqrt(2 * 14))


def resamples_of(num_examples, num_resamples, seed):
    """The rows that the bootstrap drew, as lists of indices."""
    from kformer.evaluation.bootstrap import _resamples

    for block in _resamples(num_examples, num_resamples, seed):
        yield from (np.repeat(np.arange(num_examples), column.astype(int)) for column in block.T)


def test_classification_intervals_are_those_of_a_plain_bootstrap():
    targets, probabilities = classified(60)
    probabilities = softmax(np.round(np.log(probabilities), 1))  # with ties
    metrics = classification_metrics(targets, probabilities, LABELS, num_resamples=25, seed=3)
    drawn = [class_oracle(targets[rows], probabilities[rows]) for rows in resamples_of(60, 25, 3)]
    for name in drawn[0]:
        expected = np.percentile([one[name] for one in drawn], [2.5, 97.5]).tolist()
        assert [metrics[name]["low"], metrics[name]["high"]] == pytest.approx(expected), name


@pytest.mark.parametrize(
    "name, score",
    [
        ("pearson", lambda targets, predictions: stats.pearsonr(targets, predictions).statistic),
        ("spearman", lambda targets, predictions: stats.spearmanr(targets, predictions).statistic),
        ("r2", oracle.r2_score),
        ("mae", oracle.mean_absolute_error),
    ],
)
def test_a_regression_interval_is_that_of_a_plain_bootstrap(name, score):
    targets, predictions = measured(40)
    metric = regression_metrics(targets, predictions, num_resamples=50, seed=3)[name]
    drawn = [score(targets[rows], predictions[rows]) for rows in resamples_of(40, 50, 3)]
    assert [metric["low"], metric["high"]] == pytest.approx(np.percentile(drawn, [2.5, 97.5]).tolist())


def test_the_interval_of_an_accuracy_has_the_width_that_theory_gives():
    targets = np.zeros(400, int)
    probabilities = np.where(np.arange(400)[:, None] < 320, [[0.9, 0.1]], [[0.1, 0.9]])
    metric = classification_metrics(targets, probabilities, "ab")["accuracy"]
    assert metric["high"] - metric["low"] == pytest.approx(2 * 1.96 * np.sqrt(0.8 * 0.2 / 400), rel=0.1)


@pytest.mark.parametrize("seed", range(3))
def test_values_lie_within_their_intervals(seed):
    metrics = classification_metrics(*classified(seed=seed), LABELS, seed=seed)
    assert metrics.pop("num_examples") == 300
    assert [name for name, one in metrics.items() if not one["low"] <= one["value"] <= one["high"]] == []


def test_an_interval_narrows_with_the_number_of_examples():
    widths = []
    for num_examples in (100, 400, 1600):
        metric = classification_metrics(*classified(num_examples), LABELS)["accuracy"]
        widths.append(metric["high"] - metric["low"])
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.3)
    assert widths[1] / widths[2] == pytest.approx(2, rel=0.3)


def test_the_order_of_the_examples_does_not_change_a_value():
    targets, probabilities = classified()
    order = np.random.default_rng(1).permutation(len(targets))
    shuffled = values(classification_metrics(targets[order], probabilities[order], LABELS, num_resamples=0))
    assert shuffled == pytest.approx(values(classification_metrics(targets, probabilities, LABELS, num_resamples=0)))


def test_one_seed_repeats_an_interval_and_another_does_not():
    first, again, other = (regression_metrics(*measured(), seed=seed)["mse"] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_blocks_do_not_change_the_number_of_resamples(monkeypatch):
    monkeypatch.setattr("kformer.evaluation.bootstrap._MAX_WEIGHTS", 700)
    assert len(list(resamples_of(100, 50, 0))) == 50


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-6), ("bfloat16", 1e-2)])
def test_probabilities_of_a_model_in_lower_precision_are_accepted(dtype, tolerance):
    pytest.importorskip("ml_dtypes")
    targets, probabilities = classified()
    exact = values(classification_metrics(targets, probabilities, LABELS, num_resamples=0))
    rounded = values(classification_metrics(targets, probabilities.astype(dtype), LABELS, num_resamples=0))
    assert rounded["log_loss"] == pytest.approx(exact["log_loss"], abs=tolerance)
    assert rounded["roc_auc"] == pytest.approx(exact["roc_auc"], abs=tolerance)


def test_a_class_absent_from_the_targets_has_no_recall_and_no_roc_auc():
    targets, probabilities = classified()
    metrics = classification_metrics(np.where(targets == 2, 0, targets), probabilities, LABELS, num_resamples=20)
    undefined = {"value": None, "low": None, "high": None}
    assert metrics["recall/c"] == metrics["roc_auc/c"] == undefined
    assert metrics["precision/c"]["value"] == 0


def test_macro_averages_run_over_the_classes_that_occur():
    targets, probabilities = classified()
    targets = np.where(targets == 2, 0, targets)
    metrics = values(classification_metrics(targets, probabilities, LABELS, num_resamples=0))
    predicted = probabilities.argmax(axis=1)
    expected = oracle.f1_score(targets, predicted, labels=[0, 1], average="macro")
    assert metrics["f1_macro"] == pytest.approx(expected)
    assert metrics["roc_auc"] == pytest.approx((metrics["roc_auc/a"] + metrics["roc_auc/b"]) / 2)


def test_a_class_that_is_never_predicted_has_no_precision_but_counts_as_zero_in_the_average():
    metrics = values(classification_metrics([0, 0, 1], [[0.9, 0.1]] * 3, "ab", num_resamples=0))
    assert metrics["precision/b"] is None
    assert metrics["precision_macro"] == pytest.approx(
        oracle.precision_score([0, 0, 1], [0] * 3, average="macro", zero_division=0)
    )


def test_a_constant_prediction_has_no_mcc():
    assert values(classification_metrics([0, 0, 1], [[0.9, 0.1]] * 3, "ab"))["mcc"] is None


@pytest.mark.parametrize("constant", [0.1, 0.0, 1e6 + 0.1])
def test_constant_numbers_have_no_correlation(constant):
    metrics = regression_metrics([constant] * 7, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], num_resamples=20)
    assert metrics["pearson"]["value"] is metrics["spearman"]["low"] is metrics["r2"]["value"] is None
    assert metrics["mae"]["value"] is not None


def test_undefined_metrics_make_no_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        classification_metrics([0], [[1.0, 0.0]], "ab")
        multi_label_metrics([[0, 0]], [[0.1, 0.2]], "ab")
        regression_metrics([1.0], [2.0])
    assert caught == []


def test_one_example_has_an_interval_of_no_width():
    assert classification_metrics([0], [[1.0, 0.0]], "ab")["accuracy"] == {"value": 1.0, "low": 1.0, "high": 1.0}


def test_a_sure_wrong_answer_has_a_finite_log_loss():
    assert np.isfinite(values(classification_metrics([1], [[1.0, 0.0]], "ab"))["log_loss"])


def test_without_resamples_there_are_values_only():
    assert regression_metrics([1, 2], [1, 2], num_resamples=0)["mse"] == {"value": 0.0, "low": None, "high": None}


def test_large_data_get_fewer_resamples():
    assert default_resamples(10_000, 10) == 1000
    assert default_resamples(1_000_000, 2) == 200
    assert 200 < default_resamples(10_000, 50) < 1000


def test_a_thousand_resamples_of_ten_thousand_rows_and_ten_classes_take_seconds():
    targets, probabilities = classified(10_000, 10)
    start = time.process_time()
    classification_metrics(targets, probabilities, "abcdefghij", num_resamples=1000)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "targets, probabilities, message",
    [
        (
            [0],
            [[0.5, 0.5, 0.0]],
            r"`probabilities` must have the shape \(n, 2\), one column for each label.*received \(1, 3\)",
        ),
        ([], np.zeros((0, 2)), r"and n at least 1; received \(0, 2\)"),
        (
            [0],
            [[1.5, -0.5]],
            "`probabilities` must be within 0 to 1; received float64 with 1.5 in row 0: apply softmax",
        ),
        ([0], [[np.nan, 0.5]], "`probabilities` must be within 0 to 1; received float64 with nan in row 0"),
        ([0, 1], [[0.5, 0.5]], r"must have the same number of rows; received shapes \(2,\) and \(1, 2\)"),
        (
            [2],
            [[0.5, 0.5]],
            r"class indices from 0 to 1, of shape \(n,\); received int64 of shape \(1,\) with 2 in row 0",
        ),
        ([-1], [[0.5, 0.5]], "class indices from 0 to 1, .* with -1 in row 0"),
        ([0.5], [[0.5, 0.5]], "class indices from 0 to 1, .*received float64 of shape"),
        (["a"], [[0.5, 0.5]], "class indices from 0 to 1, .*received <U1 of shape"),
        ([[0, 1]], [[0.5, 0.5]], r"class indices from 0 to 1, .*received int64 of shape \(1, 2\)"),
    ],
)
def test_wrong_classes_and_probabilities_are_refused(targets, probabilities, message):
    with pytest.raises(ValueError, match=message):
        classification_metrics(np.array(targets), np.array(probabilities), "ab")


@pytest.mark.parametrize(
    "targets, message",
    [
        ([0], r"`targets` must be 0 or 1, of the shape of `probabilities` \(1, 2\); received int64 of shape \(1,\)"),
        ([[0, 2]], "`targets` must be 0 or 1, .* with 2 in row 0"),
    ],
)
def test_wrong_multi_label_targets_are_refused(targets, message):
    with pytest.raises(ValueError, match=message):
        multi_label_metrics(targets, [[0.5, 0.5]], "ab")


@pytest.mark.parametrize(
    "targets, predictions, message",
    [
        ([1.0], [1.0, 2.0], r"two equally long, non-empty lists of numbers; received shapes \(1,\) and \(2,\)"),
        ([], [], r"received shapes \(0,\) and \(0,\)"),
        ([1.0, np.nan], [1.0, 2.0], r"`targets` must be finite; received shape \(2,\) with nan in row 1"),
        ([1.0], [np.inf], r"`predictions` must be finite; received shape \(1,\) with inf in row 0"),
    ],
)
def test_wrong_numbers_are_refused(targets, predictions, message):
    with pytest.raises(ValueError, match=message):
        regression_metrics(targets, predictions)
