"""What every task does alike."""

import numpy as np

from kformer.tasks.task import Task
from tests.tiny import vit

IMAGES = {"images": np.random.default_rng(0).normal(size=(8, 8, 8, 3)).astype("float32")}


class OfImages(Task):
    """A task of a backbone alone."""

    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone

    def call(self, inputs, training=False):
        return self.backbone(inputs, training=training)["pooled_output"]


def test_a_seed_repeats_stochastic_depth():
    task = OfImages(vit(num_layers=2, drop_path=0.5))

    def trained(seed):
        task.reseed(seed)
        return np.asarray(task(IMAGES, training=True))

    first, again, other = trained(1), trained(1), trained(2)
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
