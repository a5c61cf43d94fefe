"""The encoder-decoder Transformer."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kformer as kf
from tests.tiny import randomise

SIZES = {"num_layers": 2, "d_model": 8, "num_heads": 2, "d_ff": 16, "input_vocab_size": 20, "target_vocab_size": 15}
random = np.random.default_rng(0)
SOURCE = random.integers(3, 20, (4, 6)).astype("int32") * (np.arange(6) < np.array([[6], [4], [2], [5]]))
TARGET = random.integers(3, 15, (4, 5)).astype("int32") * (np.arange(5) < np.array([[5], [3], [4], [2]]))
INPUTS = {"source_ids": SOURCE.astype("int32"), "target_ids": TARGET.astype("int32")}


def model(**changes):
    return randomise(kf.TransformerModel(**{**SIZES, **changes}))


def test_it_gives_logits_for_every_target_position():
    assert model()(INPUTS).shape == (4, 5, 15)


def test_a_pair_is_the_dict():
    transformer = model()
    np.testing.assert_array_equal(transformer((INPUTS["source_ids"], INPUTS["target_ids"])), transformer(INPUTS))


def test_no_target_position_sees_a_later_one():
    transformer = model()
    changed = {**INPUTS, "target_ids": np.concatenate([TARGET[:, :3], np.full((4, 2), 7)], axis=1).astype("int32")}
    np.testing.assert_allclose(transformer(changed)[:, :3], transformer(INPUTS)[:, :3], atol=1e-5)


def test_every_target_position_sees_the_source():
    transformer = model()
    changed = {**INPUTS, "source_ids": np.where(SOURCE > 0, (SOURCE + 1) % 17 + 3, 0).astype("int32")}
    assert np.all(np.abs(np.asarray(transformer(changed) - transformer(INPUTS))).max(axis=-1) > 1e-4)


def test_padding_of_the_source_changes_nothing():
    transformer = model()
    longer = {**INPUTS, "source_ids": np.pad(INPUTS["source_ids"], ((0, 0), (0, 3)))}
    np.testing.assert_allclose(transformer(longer), transformer(INPUTS), atol=1e-5)


def test_sinusoidal_positions_have_no_weights():
    assert not [v for v in kf.TransformerModel(**SIZES).variables if "position" in v.path]


def test_learned_positions_have_their_own_width_and_are_projected():
    transformer = model(pos_embedding_dim=3)
    assert transformer.position_embedding.embeddings.shape == (512, 3)
    assert transformer.position_projection.kernel.shape == (3, 8)


def test_tied_embeddings_are_one_table():
    transformer = model(input_vocab_size=15, tie_embeddings="all")
    tables = [v for v in transformer.trainable_variables if v.shape[0] == 15 or v.shape[-1] == 15]
    assert len(tables) == 1


def test_the_target_table_may_be_the_output_layer():
    transformer = model(tie_embeddings="output")
    assert transformer.output_projection is None
    assert transformer(INPUTS).shape == (4, 5, 15)


@pytest.mark.parametrize("tie_embeddings", ["none", "output", "all"])
@pytest.mark.parametrize("norm_first", [False, True])
def test_parameters_are_counted_without_building(tie_embeddings, norm_first):
    sizes = {**SIZES, "input_vocab_size": 15, "tie_embeddings": tie_embeddings, "norm_first": norm_first}
    counted = kf.TransformerModel.count_parameters(**sizes)
    assert counted == sum(int(np.prod(v.shape)) for v in kf.TransformerModel(**sizes).trainable_variables)


@pytest.mark.parametrize(
    "num_heads, d_model, d_ff, millions", [(8, 512, 2048, 63.1), (16, 1024, 4096, 214.2)], ids=["base", "big"]
)
def test_the_paper_s_models_have_about_the_paper_s_parameters(num_heads, d_model, d_ff, millions):
    # Table 3 gives 65 and 213 million. One table: 37,000 d. Encoder block: 4 (d^2 + d) + 2 d d_ff + d_ff + d + 4 d;
    # a decoder block has a second attention and a third norm; six of each.
    count = kf.TransformerModel.count_parameters(6, d_model, d_ff, 37000, 37000, tie_embeddings="all")
    assert count / 1e6 == pytest.approx(millions, abs=0.05)


def test_one_table_needs_one_vocabulary():
    with pytest.raises(ValueError, match="`tie_embeddings` all needs one vocabulary for both sides.*size=20, target"):
        kf.TransformerModel(**SIZES, tie_embeddings="all")


def test_an_unknown_tie_is_refused():
    with pytest.raises(ValueError, match="`tie_embeddings` must be one of none, output, all. Received"):
        kf.TransformerModel(**SIZES, tie_embeddings="both")


def test_heads_must_divide_the_width():
    with pytest.raises(ValueError, match="`num_heads` must divide `d_model`. Received: num_heads=3, d_model=8."):
        kf.TransformerModel(**{**SIZES, "num_heads": 3})


def test_cached_decoding_equals_the_whole():
    transformer = model()
    whole = transformer(INPUTS)
    mask = INPUTS["source_ids"] != 0
    encoded = transformer.encode(INPUTS["source_ids"], mask)["sequence_output"]
    keys_values = transformer.decoder.context_keys_values(encoded)
    caches = transformer.decoder.empty_caches(4, 5)
    for t in range(5):
        outputs = transformer.decode(
            INPUTS["target_ids"][:, t : t + 1],
            None,
            mask,
            positions=np.array([[t]]),
            context_keys_values=keys_values,
            caches=caches,
            cache_index=t,
        )
        caches = outputs["caches"]
        np.testing.assert_allclose(transformer.logits(outputs["sequence_output"])[:, 0], whole[:, t], atol=1e-5)


def test_alignments_come_on_request():
    transformer = model()
    mask = INPUTS["source_ids"] != 0
    encoded = transformer.encode(INPUTS["source_ids"], mask)["sequence_output"]
    outputs = transformer.decode(INPUTS["target_ids"], encoded, mask, return_attention_scores=True)
    assert [scores.shape for scores in outputs["context_attention_scores"]] == [(4, 2, 5, 6)] * 2


def losses_by_hand(transformer, labels):
    """(mean loss, accuracy) over the targets that are not padding, in NumPy."""
    logits = np.asarray(transformer(INPUTS), "float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    losses = -np.take_along_axis(log_p, labels[..., None], axis=-1)[..., 0]
    real = labels != 0
    return losses[real].mean(), (logits.argmax(-1) == labels)[real].mean()


def test_padding_counts_neither_in_the_loss_nor_in_accuracy():
    transformer = model()
    labels = np.pad(TARGET[:, 1:], ((0, 0), (0, 1))).astype("int32")
    transformer.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    evaluated = transformer.evaluate(INPUTS, labels, batch_size=4, verbose=0)
    np.testing.assert_allclose(evaluated, losses_by_hand(transformer, labels), rtol=1e-5)


def test_it_is_saved_and_loaded(tmp_path):
    transformer = model(pos_embedding_dim=3)
    transformer.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(INPUTS), transformer(INPUTS))


def test_it_is_exported(tmp_path):
    transformer = model()
    transformer.export(str(tmp_path / "export"))
    exported = tf.saved_model.load(str(tmp_path / "export"))
    served = exported.serve({name: tf.constant(ids) for name, ids in INPUTS.items()})
    np.testing.assert_allclose(served, transformer(INPUTS), atol=1e-5)
