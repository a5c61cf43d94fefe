import numpy as np
import pytest
import tensorflow as tf
from scipy.optimize import linear_sum_assignment

from kformer.tasks.object_detection.matching import match as eager_match

# As training runs it; the loops are slow outside a graph.
match = tf.function(eager_match, autograph=False, reduce_retracing=True)


def total(costs, row_of):
    return sum(costs[row, column] for column, row in enumerate(row_of) if row >= 0)


@pytest.mark.parametrize("seed", range(4))
def test_the_sum_is_the_least_that_scipy_finds(seed):
    random = np.random.default_rng(seed)
    costs = random.normal(size=(6, 9, 14)).astype("float32")
    counts = random.integers(0, 10, 6).astype("int32")
    matched = np.asarray(match(costs, counts))
    for matrix, count, row_of in zip(costs, counts, matched, strict=True):
        assert sorted(row_of[row_of >= 0]) == list(range(count))
        rows, columns = linear_sum_assignment(matrix[:count])
        assert total(matrix, row_of) == pytest.approx(matrix[rows, columns].sum(), abs=1e-4)


def test_equal_costs_still_give_each_row_a_column_of_its_own():
    matched = np.asarray(match(np.zeros((1, 3, 3), "float32"), np.array([3], "int32")))
    assert sorted(matched[0]) == [0, 1, 2]


def test_a_matrix_without_real_rows_gives_no_row():
    matched = np.asarray(match(np.ones((2, 3, 4), "float32"), np.array([0, 1], "int32")))
    assert (matched[0] == -1).all() and sorted(matched[1]) == [-1, -1, -1, 0]


def test_it_runs_in_a_graph_of_any_batch_and_compiled():
    costs = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
    counts = np.array([3, 2], "int32")
    signature = [tf.TensorSpec((None, 3, 5), "float32"), tf.TensorSpec((None,), "int32")]
    np.testing.assert_array_equal(
        tf.function(eager_match, input_signature=signature)(costs, counts), match(costs, counts)
    )
    np.testing.assert_array_equal(tf.function(eager_match, jit_compile=True)(costs, counts), match(costs, counts))
