"""What is saved and loaded gives equal outputs."""

import keras
import numpy as np

from kformer.runs import load_keras
from kformer.tasks.loading import own_classes
from tests.conformance.cases import TASKS, flat


def as_model(case, layer):
    """A model of the layer alone, and the arrays that it is called with."""
    inputs, others = case.arrays
    if isinstance(layer, keras.Model):
        return layer, inputs
    inputs = {"inputs": inputs, **others}
    symbols = {name: keras.Input(array.shape[1:], dtype=array.dtype.name, name=name) for name, array in inputs.items()}
    outputs = case.call(layer, symbols["inputs"], **{name: symbols[name] for name in others})
    return keras.Model(symbols, outputs), inputs


def test_a_saved_model_gives_equal_outputs(case, layer, tmp_path):
    model, inputs = as_model(case, layer)
    model.save(tmp_path / "model.keras")
    loaded = load_keras(tmp_path / "model.keras", own_classes())
    for ours, theirs in zip(flat(model(inputs)), flat(loaded(inputs)), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_keras_itself_opens_a_saved_task(tmp_path):
    case = TASKS[0]
    case.layer.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(case.call(loaded), case.call(case.layer))
    assert loaded.processor.vocabulary == case.layer.processor.vocabulary
