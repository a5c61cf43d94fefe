"""One `fit` is one trace, over several lengths, epochs and hyper-parameters."""

import keras
import pytest

from tests.conformance.cases import TASKS
from tests.tiny import box_scenes, examples, images, pairs, scenes


@pytest.fixture(params=TASKS, ids=str)
def case(request):
    return request.param


def examples_for(task):
    """Examples with what a task requires."""
    if "boxes" in task.required:
        return box_scenes(20)
    if "mask" in task.required:
        return scenes(20)
    if "image" in task.required:
        return images(20)
    if "target" in task.required:
        return pairs(20)
    return examples(20, getattr(task, "problem", "single_label"), len(task.input_names) > 1)


def test_a_fit_traces_once(case):
    model, traces = case.build(dropout=0.1), []
    data = examples_for(model)
    model.adapt(data)
    model.compile("sgd")
    step = model.train_step
    model.train_step = lambda batch: traces.append(1) or step(batch)
    batches = model.batches(data, training=True, batch_size=4)
    lengths = {tuple(value.shape[1:] for value in inputs.values()) for inputs, _, _ in batches}
    # Windows and images are all of one size.
    assert len(lengths) > 2 or case.name == "language modeling" or "image" in model.required
    change = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: model.set_dropout(0.1 * epoch))
    model.fit(batches, epochs=2, verbose=0, shuffle=False, callbacks=[change])
    assert len(traces) == 1
