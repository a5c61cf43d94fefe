"""The article's script runs as it is written, and its model is an ordinary Keras model."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from kformer import TransformerModel
from kformer.data.augmentation import drop_words
from kformer.data.seeds import example_seeds
from kformer.data.tokenizers import SentencePieceTokenizer, train_sentencepiece
from tests.tiny import randomise

# The script leaves `shuffle` alone, of which Keras warns on every data set.
pytestmark = pytest.mark.filterwarnings("ignore:`shuffle=True` was passed, but will be ignored:UserWarning")

START = 1
SIZES = {"num_layers": 1, "d_model": 8, "num_heads": 2, "d_ff": 16, "input_vocab_size": 20, "target_vocab_size": 15}


def rows(count, length, vocab_size, seed, start=None):
    """Random ids with padding at the ends; each row has at least three of them."""
    random = np.random.default_rng(seed)
    ids = random.integers(3, vocab_size, (count, length))
    ids[np.arange(length) >= random.integers(3, length + 1, (count, 1))] = 0
    return (ids if start is None else np.concatenate([np.full((count, 1), start), ids], axis=1)).astype("int32")


def arrays(count=6, source_vocab=20, target_vocab=15, seed=0):
    """(inputs, labels): the targets that the decoder reads begin with a start token, the labels are one step ahead."""
    source, target = rows(count, 6, source_vocab, seed), rows(count, 5, target_vocab, seed + 1, START)
    return {"source_ids": source, "target_ids": target[:, :-1]}, target[:, 1:]


def dataset(*args, batch_size=3, **kwargs):
    return tf.data.Dataset.from_tensor_slices(arrays(*args, **kwargs)).batch(batch_size)


def small(learning_rate=1e-3, run_eagerly=True, **settings):
    """A small model, compiled as in the script; without a graph, which takes longer to trace than the tests to run."""
    model = TransformerModel(**{**SIZES, **settings})
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(learning_rate), loss, metrics=["accuracy"], run_eagerly=run_eagerly)
    return model


@pytest.fixture(scope="module")
def article():
    """The script: its history, and what it evaluates to. Only the two lines that name the data are other ones."""
    train_data = dataset(4, 10000, 5000, batch_size=4)
    val_data = dataset(2, 10000, 5000, seed=7, batch_size=2)

    transformer = TransformerModel(
        num_layers=2,
        d_model=512,
        num_heads=8,
        d_ff=2048,
        input_vocab_size=10000,
        target_vocab_size=5000,
        pos_embedding_dim=50,
    )
    transformer.compile(
        optimizer=keras.optimizers.Adam(learning_rate=0.001),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = transformer.fit(train_data, epochs=10, validation_data=val_data)
    return history.history, transformer.evaluate(val_data)


def test_the_script_trains_for_its_ten_epochs(article):
    history, _ = article
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(len(values) == 10 and np.isfinite(values).all() for values in history.values())
    assert history["loss"][-1] < history["loss"][0]


def test_evaluating_on_the_validation_data_repeats_the_last_epoch(article):
    history, evaluated = article
    assert evaluated == pytest.approx([history["val_loss"][-1], history["val_accuracy"][-1]], rel=1e-5)


def test_the_arguments_stand_in_the_article_s_order():
    parameters = list(inspect.signature(TransformerModel.__init__).parameters.values())
    assert [parameter.name for parameter in parameters[:9]] == [
        "self", "num_layers", "d_model", "num_heads", "d_ff", "input_vocab_size", "target_vocab_size",
        "pos_embedding_dim", "rate",
    ]  # fmt: skip
    assert parameters[8].default == 0.1
    assert all(parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD) for parameter in parameters[9:])


def test_the_arguments_may_be_given_by_position():
    model = TransformerModel(1, 8, 2, 16, 20, 15, 4, 0.3)
    assert (model.d_ff, model.target_vocab_size, model.pos_embedding_dim, model.rate) == (16, 15, 4, 0.3)


def test_fitting_without_padding_gives_the_same_loss_and_accuracy():
    """Ten more columns of padding on both sides change no number that training reports."""
    inputs, labels = arrays()
    padded = [keras.tree.map_structure(lambda ids: np.pad(ids, ((0, 0), (0, 10))), part) for part in (inputs, labels)]
    results = []
    for x, y in ((inputs, labels), padded):
        keras.utils.set_random_seed(0)
        results.append(small(rate=0.0).fit(x, y, batch_size=6, epochs=3, verbose=0).history)
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(results[0][name], results[1][name], rtol=1e-4)


def test_a_saved_model_goes_on_training_where_it_was(tmp_path):
    inputs, labels = arrays()
    model = small(rate=0.0)
    model.fit(inputs, labels, batch_size=6, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    loaded.run_eagerly = True
    losses = [each.fit(inputs, labels, batch_size=6, epochs=2, verbose=0).history["loss"] for each in (model, loaded)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_the_exported_model_takes_sentences_of_any_lengths(tmp_path):
    model = randomise(TransformerModel(**SIZES, pos_embedding_dim=3))
    model.export(str(tmp_path / "export"))
    exported = tf.saved_model.load(str(tmp_path / "export"))
    for count in (1, 5):
        inputs, _ = arrays(count)
        served = exported.serve({name: tf.constant(ids) for name, ids in inputs.items()})
        np.testing.assert_allclose(served, model(inputs), atol=1e-5)


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_trains_float32_weights(dtype):
    model = small(dtype=dtype)
    before = [weight.numpy() for weight in model.trainable_variables]
    history = model.fit(dataset(), epochs=1, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert {weight.dtype for weight in model.trainable_variables} == {"float32"}
    assert any((weight.numpy() != old).any() for weight, old in zip(model.trainable_variables, before, strict=True))


@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_computes_in_half_and_gives_float32_logits(dtype):
    model = TransformerModel(**SIZES, dtype=dtype)
    inputs, _ = arrays()
    encoded = model.encode(inputs["source_ids"], inputs["source_ids"] != 0)["sequence_output"]
    assert keras.backend.standardize_dtype(encoded.dtype) == dtype.removeprefix("mixed_")
    assert keras.backend.standardize_dtype(model(inputs).dtype) == "float32"


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A training in a graph with three of Keras' callbacks: the model, its history, the folder of its logs."""
    logs = tmp_path_factory.mktemp("logs")
    callbacks = [
        keras.callbacks.TensorBoard(logs),
        keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.5 * rate),
        # No epoch gains so much: the first is the best.
        keras.callbacks.EarlyStopping("val_loss", min_delta=100.0, patience=2),
    ]
    model = small(run_eagerly=False)
    history = model.fit(dataset(), validation_data=dataset(seed=7), epochs=10, verbose=0, callbacks=callbacks)
    return model, history, logs


def test_tensorboard_writes_its_logs(watched):
    assert {path.parent.name for path in watched[2].rglob("events.out.tfevents.*")} == {"train", "validation"}


def test_early_stopping_stops(watched):
    assert len(watched[1].epoch) == 3


def test_a_learning_rate_scheduler_sets_the_rate(watched):
    assert float(watched[0].optimizer.learning_rate) == pytest.approx(1e-3 / 2**3)


# Augmentation of the source, drawn anew in each epoch from the epoch and the example's place.
SENTENCES = ["the red dog sits in the park", "a man runs", "the woman in the red hat sits", "a dog runs in the street"]
EPOCHS = 3


@pytest.fixture(scope="module")
def tokenizer():
    return SentencePieceTokenizer(train_sentencepiece(SENTENCES * 5, vocab_size=40))


def word_dropout(tokenizer):
    """Source rows of which a third of the ids is unknown."""
    ids = tokenizer.encode(SENTENCES).to_tensor().numpy()
    return lambda indices, seeds: drop_words(ids[indices], 1 / 3, tokenizer.unk_id, seeds)


def bpe_dropout(tokenizer):
    """Source rows of which a third of the merges was left out."""

    def cut(indices, seeds):
        sampled = tokenizer.encode_sampled([SENTENCES[i] for i in indices], 1 / 3, seeds.tolist())
        return tf.ragged.constant(sampled).to_tensor().numpy().astype("int32")

    return cut


def augmented(augment):
    """`EPOCHS` epochs of two batches: the rows of the source are made as they are read."""
    _, labels = arrays(len(SENTENCES))
    target_ids = np.pad(labels[:, :-1], ((0, 0), (1, 0)), constant_values=START)

    def source_rows(epoch, indices):
        return augment(indices, example_seeds(0, int(epoch), indices))

    def one_epoch(epoch):
        batches = tf.data.Dataset.range(len(SENTENCES)).batch(2)
        return batches.map(lambda indices: (tf.numpy_function(source_rows, [epoch, indices], tf.int32), indices))

    def with_targets(source_ids, indices):
        source_ids.set_shape((None, None))
        inputs = {"source_ids": source_ids, "target_ids": tf.gather(target_ids, indices)}
        return inputs, tf.gather(labels, indices)

    return tf.data.Dataset.range(EPOCHS).flat_map(one_epoch).map(with_targets)


@pytest.mark.parametrize("augmentation", [word_dropout, bpe_dropout])
def test_it_trains_on_a_source_augmented_anew_in_each_epoch(tokenizer, augmentation):
    data = augmented(augmentation(tokenizer))
    sources = [inputs["source_ids"].numpy().tolist() for inputs, _ in data]
    assert sources[0] != sources[2] != sources[4]
    model = small(1e-2, input_vocab_size=tokenizer.vocab_size, rate=0.0)
    history = model.fit(data, epochs=EPOCHS, steps_per_epoch=2, verbose=0).history
    assert history["loss"][-1] < history["loss"][0]


# Targets without a start token.
WITHOUT_START = (
    "`target_ids` must begin with a start token in every row, but row 1 begins with 0, which is padding: put the id of "
    r"a start token before the first target. Received: target_ids\[1\] = \[0, 4, 5\]."
)
BAD_INPUTS = {
    "source_ids": np.full((2, 4), 3, "int32"),
    "target_ids": np.array([[1, 4, 5], [0, 4, 5]], "int32"),
}
BAD = (BAD_INPUTS, np.full((2, 3), 4, "int32"))


def test_a_call_on_targets_without_a_start_token_is_refused():
    with pytest.raises(ValueError, match=WITHOUT_START):
        TransformerModel(**SIZES)(BAD_INPUTS)


@pytest.mark.parametrize("verb", ["fit", "evaluate"])
@pytest.mark.parametrize("as_pair", [False, True])
def test_arrays_without_a_start_token_are_refused(verb, as_pair):
    inputs = tuple(BAD_INPUTS.values()) if as_pair else BAD_INPUTS
    with pytest.raises(ValueError, match=WITHOUT_START):
        getattr(small(), verb)(inputs, BAD[1], verbose=0)


@pytest.mark.parametrize("verb", ["fit", "evaluate"])
def test_a_data_set_without_start_tokens_is_refused_at_its_first_batch(verb):
    with pytest.raises(ValueError, match=WITHOUT_START):
        getattr(small(), verb)(tf.data.Dataset.from_tensors(BAD), verbose=0)


@pytest.mark.parametrize("validation_data", [BAD, tf.data.Dataset.from_tensors(BAD)], ids=["arrays", "data set"])
def test_validation_data_without_start_tokens_are_refused_before_training(validation_data):
    model = small()
    with pytest.raises(ValueError, match=WITHOUT_START):
        model.fit(dataset(), validation_data=validation_data, verbose=0)
    assert int(model.optimizer.iterations) == 0


def test_a_generator_keeps_its_first_batch():
    model = small()
    model.fit((arrays(seed=seed) for seed in range(3)), steps_per_epoch=3, epochs=1, verbose=0)
    assert int(model.optimizer.iterations) == 3
