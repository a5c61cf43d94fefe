"""A plan as a `tf.data.Dataset`."""

import numpy as np
import pytest
import tensorflow as tf

from kformer.data.batches import make_batches
from kformer.data.plan import make_plan

LENGTHS = np.random.default_rng(0).integers(3, 20, 50)


class Elements:
    """Batches that say what they were made from; the targets of an example are its tokens."""

    def element(self, indices, width, step_targets, epoch):
        return {"indices": indices, "width": width, "step_targets": step_targets, "epoch": epoch}

    def count(self, indices):
        return LENGTHS[indices].sum()

    def signature(self):
        types = {"width": "int32", "step_targets": "float32", "epoch": "int64"}
        return {"indices": tf.TensorSpec((None,), "int64")} | {name: tf.TensorSpec((), t) for name, t in types.items()}


def batches(seed=None, micro_batches=1):
    plan = make_plan(LENGTHS, batch_size=8, num_buckets=3, micro_batches=micro_batches)
    return plan, make_batches(plan, Elements(), seed)


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
        mean = np.mean([LENGTHS[element["indices"]].sum() for element in step])
        assert {float(element["step_targets"]) for element in step} == {np.float32(mean)}


def test_every_batch_knows_its_epoch():
    _, dataset = batches(seed=3)
    for epoch in range(2):
        assert {int(element["epoch"]) for element in dataset.as_numpy_iterator()} == {epoch}


def test_the_width_of_two_sides_is_a_pair():
    class Pairs(Elements):
        def signature(self):
            return super().signature() | {"width": tf.TensorSpec((2,), "int32")}

    plan = make_plan(np.stack([LENGTHS, LENGTHS[::-1]], axis=1), batch_size=8)
    widths = [tuple(element["width"].tolist()) for element in make_batches(plan, Pairs()).as_numpy_iterator()]
    assert widths == [plan.boundaries[bucket] for bucket, _ in plan.epoch()]


def test_memory_is_kept_again_once_tensorflow_has_told_the_allocator_otherwise(monkeypatch):
    calls = []
    monkeypatch.setattr("kformer.data.batches.keep_freed_memory", lambda: calls.append("kept"))
    _, dataset = batches()
    assert calls == []
    next(iter(dataset))
    assert calls == ["kept"]
