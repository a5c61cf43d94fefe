"""Tracing without AutoGraph."""

import numpy as np

from kformer.data.image_augmentation import AugmentationSettings, composition, graph_seeds, training_augmentation


def test_autograph_translates_nothing_of_an_augmentation(monkeypatch):
    import tensorflow as tf

    plain = composition.warp
    statuses = []

    def warp(*arguments):
        statuses.append(tf.__internal__.autograph.control_status_ctx().status.name)
        return plain(*arguments)

    monkeypatch.setattr(composition, "warp", warp)
    examples = {"image": np.zeros((2, 8, 8, 3), "uint8")}
    augment = training_augmentation(AugmentationSettings("classification"), (8, 8))
    tf.data.Dataset.from_tensor_slices((examples, graph_seeds(0, 0, [0, 1]))).map(augment)
    assert statuses and set(statuses) == {"DISABLED"}
