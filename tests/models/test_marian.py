"""Marian: `TransformerModel` with other positions, padding and biases; tests/parity compares it with theirs."""

import keras
import numpy as np
import pytest

from kformer.models import MarianModel
from tests.tiny import randomise

SIZES = {
    "num_layers": 2,
    "d_model": 8,
    "num_heads": 2,
    "d_ff": 16,
    "input_vocab_size": 20,
    "target_vocab_size": 20,
    "padding_id": 19,
    "num_decoder_layers": 1,
}
SEPARATE = {**SIZES, "target_vocab_size": 25, "tie_embeddings": "output"}
INPUTS = {
    "source_ids": np.array([[3, 4, 5, 6], [7, 8, 19, 19]], "int32"),
    "target_ids": np.array([[19, 1, 2], [19, 3, 4]], "int32"),
}


def model(**changes):
    return randomise(MarianModel(**{**SIZES, **changes}))


def test_the_padding_s_id_is_its_own():
    marian = model()
    longer = {**INPUTS, "source_ids": np.pad(INPUTS["source_ids"], ((0, 0), (0, 3)), constant_values=19)}
    np.testing.assert_allclose(marian(longer), marian(INPUTS), atol=1e-5)


def test_targets_that_are_padding_do_not_count():
    marian = model()
    marian.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    labels = np.array([[1, 2, 0], [3, 0, 19]], "int32")
    log_p = np.log(keras.ops.softmax(marian(INPUTS)))
    losses = -np.take_along_axis(log_p, labels[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(
        marian.evaluate(INPUTS, labels, batch_size=2, verbose=0), losses[labels != 19].mean(), rtol=1e-5
    )


def test_each_target_id_has_a_bias():
    marian = model()
    before = np.asarray(marian(INPUTS))
    marian.final_logits_bias.assign_add(np.arange(20, dtype="float32"))
    np.testing.assert_allclose(marian(INPUTS) - before, np.broadcast_to(np.arange(20), before.shape), atol=1e-4)


def test_embeddings_may_be_left_as_they_are():
    scaled, plain = (model(scale_embedding=scale).source_embedding(INPUTS["source_ids"]) for scale in (True, False))
    np.testing.assert_allclose(scaled, plain * np.sqrt(8), rtol=1e-6)


@pytest.mark.parametrize("sizes", [SIZES, SEPARATE], ids=["one table", "two tables"])
def test_parameters_are_counted_without_building(sizes):
    counted = MarianModel.count_parameters(**sizes)
    assert counted == sum(int(np.prod(v.shape)) for v in MarianModel(**sizes).trainable_variables)


@pytest.mark.parametrize("sizes", [SIZES, SEPARATE], ids=["one table", "two tables"])
def test_it_is_saved_and_loaded(sizes, tmp_path):
    marian = randomise(MarianModel(**sizes))
    marian.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(INPUTS), marian(INPUTS))


def test_an_output_layer_of_its_own_is_refused():
    with pytest.raises(ValueError, match="`tie_embeddings` must be all or output in a Marian model.*Received: tie_emb"):
        model(tie_embeddings="none")
