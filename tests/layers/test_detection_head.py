import numpy as np
import pytest

from kformer.layers import SetPredictionHead
from tests.layers import oracles
from tests.tiny import randomise

X = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("float32")


@pytest.fixture
def head():
    head = SetPredictionHead(8, 5)
    head.build()
    return randomise(head)


def network(layers):
    x = X
    for layer in layers[:-1]:
        x = np.maximum(oracles.dense(x, layer), 0)
    return oracles.dense(x, layers[-1])


def test_classes_and_boxes_come_from_three_dense_layers_each(head):
    outputs = head(X)
    np.testing.assert_allclose(outputs["logits"], network(head.class_layers), atol=1e-5)
    np.testing.assert_allclose(outputs["boxes"], 1 / (1 + np.exp(-network(head.box_layers))), atol=1e-5)


def test_the_last_class_is_no_object(head):
    outputs = head(X)
    assert {name: output.shape for name, output in outputs.items()} == head.compute_output_shape(X.shape)
    assert outputs["logits"].shape == (2, 3, 6)


def test_there_must_be_classes():
    with pytest.raises(ValueError, match="`num_classes` must be a positive integer. Received: num_classes=0"):
        SetPredictionHead(8, 0)
