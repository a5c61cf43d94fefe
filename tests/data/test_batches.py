"""A plan as a `tf.data.Dataset`."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import kformer.data as kd
from kformer.data.batches import make_batches
from kformer.data.images.store import ImageStore
from kformer.data.plan import make_plan
from kformer.data.seeds import example_seeds

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


class Transformed(Elements):
    """Elements of which the graph makes batches; the first of them take longest."""

    def __init__(self):
        self.traces = 0

    def transform(self, element):
        self.traces += 1
        rounds = 100_000 // (1 + element["indices"][0] ** 2)
        delay = tf.while_loop(lambda i: i < rounds, lambda i: [i + 1], [tf.constant(0, "int64")])[0]
        return element | {"doubled": 2 * element["indices"] + 0 * delay}


def test_elements_are_transformed_in_the_plan_s_order():
    plan = make_plan(LENGTHS, batch_size=8, num_buckets=3)
    dataset = make_batches(plan, Transformed(), seed=3)
    for epoch in range(2):
        seen = [element["doubled"].tolist() for element in dataset.as_numpy_iterator()]
        assert seen == [(2 * indices).tolist() for _, indices in plan.epoch(3, epoch)]


def test_the_cardinality_of_transformed_elements_is_known():
    plan = make_plan(LENGTHS, batch_size=8, num_buckets=3)
    assert make_batches(plan, Transformed()).cardinality() == plan.num_batches


def test_a_transform_is_traced_once():
    elements = Transformed()
    dataset = make_batches(make_plan(LENGTHS, batch_size=8, num_buckets=3), elements, seed=3)
    for _ in range(3):
        list(dataset)
    assert elements.traces == 1


def test_images_are_read_and_seeded_in_parallel(pets):
    """What a task of images does: the generator yields indices and seeds, and the graph reads the images."""
    examples = kd.load(pets, required=("image", "label"))

    class Images:
        store = ImageStore(examples)

        def element(self, indices, width, step_targets, epoch):
            return {"indices": indices, "seeds": example_seeds(0, epoch, indices)}

        def count(self, indices):
            return len(indices)

        def signature(self):
            return {"indices": tf.TensorSpec((None,), "int64"), "seeds": tf.TensorSpec((None,), "uint32")}

        def transform(self, element):
            image = tf.TensorSpec((6, 9, 3), "uint8")
            return element | {"images": tf.map_fn(self.store.read, element["indices"], fn_output_signature=image)}

    dataset = make_batches(make_plan([1] * len(examples), batch_size=4), Images(), seed=0)
    for batch in dataset.as_numpy_iterator():
        expected = [np.asarray(Image.open(examples.values("image")[index])) for index in batch["indices"]]
        np.testing.assert_array_equal(batch["images"], expected)
        assert batch["seeds"].tolist() == example_seeds(0, 0, batch["indices"]).tolist()


def test_memory_is_kept_again_once_tensorflow_has_told_the_allocator_otherwise(monkeypatch):
    calls = []
    monkeypatch.setattr("kformer.data.batches.keep_freed_memory", lambda: calls.append("kept"))
    _, dataset = batches()
    assert calls == []
    next(iter(dataset))
    assert calls == ["kept"]
