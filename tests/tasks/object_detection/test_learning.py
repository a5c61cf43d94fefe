"""Both heads learn: a few pictures by heart."""

import pytest

import kformer as kf
from kformer.evaluation.detection import JudgedDetection, detection_metrics
from kformer.tasks import ObjectDetection
from kformer.training.optimizer import AdamW
from tests.tiny import box_scenes, detector


def map50_after(task, examples, steps, rate):
    """Trains on all examples at once, again and again; returns the average precision on them."""
    task.compile(AdamW(rate, schedule="cosine", warmup=steps // 20, total=steps))
    batches = task.batches(examples, batch_size=len(examples)).cache().repeat()
    task.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False)
    found = task.boxes_of(examples)
    wanted = JudgedDetection(task.labels, examples, found, task.score_threshold).wanted
    return detection_metrics(wanted, found, task.labels, num_resamples=0)["map50"]["value"]


@pytest.mark.parametrize("head", ["dense", "set"])
def test_a_head_learns_a_few_pictures(head):
    sizes = {"d_model": 32, "d_ff": 64, "num_layers": 2, "num_heads": 4, "patch_size": 8}
    sizes |= {"stem_channels": 8} if head == "dense" else {}
    task = ObjectDetection.from_config(detector(head, **sizes).get_config())
    assert map50_after(task, box_scenes(6, seed=3), steps=150, rate=3e-3) > 0.8


@pytest.mark.slow  # a minute on two cores
def test_the_set_head_learns_sixteen_scenes_of_digits():
    examples = kf.data.load("digit-scenes", required=("image", "boxes")).take(range(16))
    task = ObjectDetection.from_scratch(
        examples.labels, "set", image_size=128, detection_tokens=12, precision="float32"
    )
    assert map50_after(task, examples, steps=240, rate=1e-3) > 0.9
