"""One `fit` is one trace, over several lengths, epochs and hyper-parameters."""

import keras
import pytest

from tests.conformance.cases import TASKS
from tests.tiny import examples


@pytest.fixture(params=TASKS, ids=str)
def case(request):
    return request.param


def test_a_fit_traces_once(case):
    model, traces = case.build(dropout=0.1), []
    data = examples(20, getattr(model, "problem", "single_label"), len(model.input_names) > 1)
    model.compile("sgd")
    step = model.train_step
    model.train_step = lambda batch: traces.append(1) or step(batch)
    batches = model.batches(data, training=True, batch_size=4)
    lengths = {inputs["token_ids"].shape[1] for inputs, _, _ in batches}
    assert len(lengths) > 2 or case.name == "language modeling"  # whose windows are all of one length
    change = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: model.set_dropout(0.1 * epoch))
    model.fit(batches, epochs=2, verbose=0, shuffle=False, callbacks=[change])
    assert len(traces) == 1
