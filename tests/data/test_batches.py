"""A plan as a `tf.data.Dataset`."""

import numpy as np
import pytest
import tensorflow as tf

from kformer.data.batches import make_batches
from kformer.data.plan import make_plan

LENGTHS = np.random.default_rng(0).integers(3, 20, 50)
SIGNATURE = {
    "indices": tf.TensorSpec((None,), "int64"),
    "width": tf.TensorSpec((), "int32"),
    "step_targets": tf.TensorSpec((), "float32"),
}


def batches(seed=None, micro_batches=1):
    plan = make_plan(LENGTHS, batch_size=8, num_buckets=3, micro_batches=micro_batches)

    def assemble(indices, width, step_targets):
        return {"indices": indices, "width": width, "step_targets": step_targets}

    return plan, make_batches(plan, assemble, SIGNATURE, seed)


def test_the_elements_are_the_plan_s_batches():
    plan, dataset = batches()
    for (bucket, indices), element in zip(plan.epoch(), dataset.as_numpy_iterator(), strict=True):
        assert element["indices"].tolist() == indices.tolist()
        assert element["width"] == plan.boundaries[bucket]


def test_the_cardinality_is_known():
    plan, dataset = batches()
    assert dataset.cardinality() == plan.num_batches


def test_each_iteration_is_the_next_epoch():
    plan, dataset = batches(seed=3)
    for epoch in range(3):
        seen = [element["indices"].tolist() for element in dataset.as_numpy_iterator()]
        assert seen == [indices.tolist() for _, indices in plan.epoch(3, epoch)]


@pytest.mark.parametrize("micro_batches", [1, 4])
def test_every_batch_of_a_step_knows_the_step_s_targets(micro_batches):
    _, dataset = batches(0, micro_batches)
    elements = list(dataset.as_numpy_iterator())
    for start in range(0, len(elements), micro_batches):
        step = elements[start : start + micro_batches]
        mean = np.mean([len(element["indices"]) for element in step])
        assert {float(element["step_targets"]) for element in step} == {mean}
