"""Translation: a sentence in, a sentence out."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kformer as kf
from kformer.data import profile
from kformer.data.tokenizers import SentencePieceTokenizer, train_sentencepiece
from kformer.tasks import Translation, load_task
from kformer.tasks.translation.elements import SourceAugmentation, padded
from kformer.tasks.translation.processor import TranslationProcessor
from tests import tiny
from tests.tiny import pairs, randomise, translator


@pytest.fixture(scope="module")
def tokenizer():
    return tiny.subwords()


def one_batch(task, examples, **options):
    return next(iter(task.batches(examples, batch_size=len(examples), num_buckets=1, **options)))


def test_the_source_ends_with_the_end_token(tokenizer):
    (inputs, _, _) = one_batch(translator(tokenizer), pairs())
    last = np.asarray(inputs["source_padding_mask"]).sum(axis=1) - 1
    assert set(np.asarray(inputs["source_ids"])[np.arange(len(last)), last]) == {tokenizer.end_id}


def test_targets_are_the_decoder_s_inputs_one_place_on(tokenizer):
    inputs, targets, weights = (
        keras.tree.map_structure(np.asarray, x) for x in one_batch(translator(tokenizer), pairs())
    )
    assert set(inputs["target_ids"][:, 0]) == {tokenizer.start_id}
    shifted = inputs["target_ids"][:, 1:]
    np.testing.assert_array_equal(np.where(shifted != 0, targets[:, :-1], 0), shifted)
    np.testing.assert_array_equal(weights, targets != 0)


def test_the_text_of_batches_can_be_read_back(tokenizer):
    batches = translator(tokenizer).batches(pairs(), batch_size=5)
    read = [text.decode() for _, targets, _ in batches for text in tokenizer.decode(targets).numpy()]
    assert sorted(read) == sorted(pairs().values("target"))


def test_long_text_is_cut_and_still_ends(tokenizer):
    task = translator(tokenizer, max_length=4)
    inputs, targets, _ = one_batch(task, pairs())
    assert inputs["source_ids"].shape[1] == 4 and inputs["target_ids"].shape[1] == 3
    assert task.data_report(pairs())["truncated"] > 0


def test_a_profile_tells_the_tokens_of_both_sides(tokenizer):
    task, examples = translator(tokenizer), pairs()
    lengths = profile(examples, task.data_report(examples)["token_lengths"])["lengths"]
    source, target = task.processor.token_caches(examples)
    assert (lengths["tokens"]["most"], lengths["target tokens"]["most"]) == (source.lengths.max(), target.lengths.max())


def test_the_loss_is_a_mean_over_target_tokens(tokenizer):
    task = translator(tokenizer)
    task.compile(label_smoothing=0.0)
    evaluated = task.evaluate(task.batches(pairs(), batch_size=3), return_dict=True, verbose=0)
    losses, counts = task.losses_of(pairs())
    np.testing.assert_allclose(evaluated["loss"], losses.sum() / counts.sum(), rtol=1e-5)


def test_losses_of_examples_are_those_of_each_alone(tokenizer):
    task = translator(tokenizer)
    losses, counts = task.losses_of(pairs(5))
    alone = [task.losses_of(pairs(5).take([i])) for i in range(5)]
    np.testing.assert_allclose(losses, [loss[0] for loss, _ in alone], rtol=1e-5)
    np.testing.assert_array_equal(counts, [count[0] for _, count in alone])


def test_translations_do_not_depend_on_the_batch(tokenizer):
    task = translator(tokenizer)
    texts = pairs(7).values("text")
    assert task.translate(texts) == [task.translate([text])[0] for text in texts]


def test_one_beam_takes_the_most_probable_token_each_time(tokenizer):
    task = translator(tokenizer, beam_size=1)
    text = pairs(1).values("text")
    source_ids, mask = task.processor.source_features(tf.constant(text))
    ids = [tokenizer.start_id]
    # The last place is the end token's.
    while len(ids) < task.processor.max_length - 1 and ids[-1] != tokenizer.end_id:
        inputs = {"source_ids": source_ids, "source_padding_mask": mask, "target_ids": np.array([ids], "int32")}
        logits = np.array(task(inputs))[0, -1]
        logits[[tokenizer.pad_id, tokenizer.start_id]] = -np.inf
        ids.append(int(logits.argmax()))
    assert task.translate(text) == [tokenizer.decode(tf.constant([ids[1:]]))[0].numpy().decode()]


def test_it_learns_to_translate(tokenizer):
    train = pairs(200)
    task = translator(tokenizer, beam_size=2, d_model=32, d_ff=64)
    keras.utils.set_random_seed(0)
    twin = Translation(kf.TransformerModel.from_config(task.backbone.get_config()), task.processor, 2)
    twin.compile(keras.optimizers.Adam(3e-3))
    twin.fit(twin.batches(train, training=True, batch_size=20, num_buckets=2), epochs=25, verbose=0, shuffle=False)
    texts, targets = train.values("text")[:40], train.values("target")[:40]
    right = [ours == theirs for ours, theirs in zip(twin.translate(texts), targets, strict=True)]
    assert np.mean(right) > 0.7


def test_it_is_saved_and_loaded(tokenizer, tmp_path):
    task = translator(tokenizer)
    task.save(tmp_path / "model.keras")
    loaded = load_task(tmp_path / "model.keras")
    assert loaded.translate(pairs(4).values("text")) == task.translate(pairs(4).values("text"))


def test_two_vocabularies_are_saved_and_loaded(tokenizer, tmp_path):
    other = SentencePieceTokenizer(train_sentencepiece(pairs(100).values("target"), 35))
    backbone = kf.TransformerModel(1, 8, 2, 16, tokenizer.vocab_size, other.vocab_size, max_length=12)
    task = Translation(randomise(backbone), TranslationProcessor(tokenizer, other, 12))
    task.save(tmp_path / "model.keras")
    loaded = load_task(tmp_path / "model.keras")
    assert loaded.processor.target.pieces == other.pieces
    assert loaded.translate(["one two"]) == task.translate(["one two"])


def test_a_run_is_a_start(tokenizer, tmp_path):
    task = translator(tokenizer)
    task.save(tmp_path / "model.keras")
    again = Translation.from_pretrained(tmp_path / "model.keras", max_length=30, beam_size=2, dropout=0.2)
    assert again.backbone.rate == 0.2
    assert again.translate(["one two"]) == task.translate(["one two"])


def test_a_model_of_another_family_is_refused(tmp_path):
    tiny.task().save(tmp_path / "model.keras")
    with pytest.raises(
        ValueError, match="holds a model of type 'bert', which this task cannot start from. Accepted: t"
    ):
        Translation.from_pretrained(tmp_path / "model.keras")


def test_more_positions_than_the_model_has_are_refused(tokenizer, tmp_path):
    translator(tokenizer).save(tmp_path / "model.keras")
    with pytest.raises(ValueError, match="`max_length` is 99, but the model has 30 positions: lower it."):
        Translation.from_pretrained(tmp_path / "model.keras", max_length=99)


def test_word_dropout_hides_source_tokens_in_training_only(tokenizer):
    task = translator(tokenizer)
    training = one_batch(task, pairs(), training=True, word_dropout=0.5)[0]["source_ids"]
    assert np.any(np.asarray(training) == tokenizer.unk_id)
    assert not np.any(np.asarray(one_batch(task, pairs())[0]["source_ids"]) == tokenizer.unk_id)


@pytest.mark.parametrize("option", ["word_dropout", "subword_dropout"])
def test_an_augmentation_repeats_with_its_seed_whatever_the_batch(tokenizer, option):
    rates = {"word_dropout": 0.0, "subword_dropout": 0.0, option: 0.5}
    augment = SourceAugmentation(TranslationProcessor(tokenizer, tokenizer, 30), pairs(), 1, **rates)
    rows = [np.append(ids, 3).astype("int32") for ids in tokenizer.encode(pairs().values("text")).to_list()]
    together, _ = augment(np.arange(24), rows, epoch=2)
    for i in (0, 5):
        alone, _ = augment(np.array([i]), rows[i : i + 1], epoch=2)
        np.testing.assert_array_equal(alone[0], together[i, : alone.shape[1]])
    assert np.any(augment(np.arange(24), rows, epoch=3)[0].shape != together.shape) or np.any(
        augment(np.arange(24), rows, epoch=3)[0] != together
    )


def test_rows_are_padded_behind_their_end():
    ids, mask = padded([np.array([4, 5]), np.array([6])])
    np.testing.assert_array_equal(ids, [[4, 5], [6, 0]])
    np.testing.assert_array_equal(mask, [[True, True], [True, False]])


def test_at_least_one_beam_is_searched(tokenizer):
    with pytest.raises(ValueError, match="`beam_size` must be at least 1. Received: beam_size=0."):
        translator(tokenizer, beam_size=0)


def test_the_shortest_row_has_room_for_a_token(tokenizer):
    with pytest.raises(ValueError, match="`max_length` must be at least 3. Received: max_length=2."):
        TranslationProcessor(tokenizer, tokenizer, max_length=2)


def test_an_alignment_shares_each_target_token_out_over_the_source(tokenizer):
    texts = pairs(3).values("text")
    for alignment in translator(tokenizer).align(texts, pairs(3).values("target")):
        assert alignment.weights.shape == (len(alignment.target), len(alignment.source))
        np.testing.assert_allclose(alignment.weights.sum(axis=1), 1.0, atol=1e-5)
        assert alignment.source[-1] == alignment.target[-1] == "</s>"


def test_an_alignment_s_tokens_are_those_of_the_texts(tokenizer):
    (alignment,) = translator(tokenizer).align(["one two"], ["eins zwei"])
    assert "".join(alignment.source[:-1]).replace("▁", " ").strip() == "one two"
    assert "".join(alignment.target[:-1]).replace("▁", " ").strip() == "eins zwei"


def test_an_alignment_does_not_depend_on_its_neighbours(tokenizer):
    task, texts = translator(tokenizer), ["one", "two three four five six"]
    together, alone = task.align(texts, ["eins", "zwei"]), task.align(texts[:1], ["eins"])
    np.testing.assert_allclose(together[0].weights, alone[0].weights, atol=1e-6)


def test_translations_to_align_must_be_as_many_as_texts(tokenizer):
    with pytest.raises(ValueError, match="as many translations as texts. Received: 1 texts and 0 translations."):
        translator(tokenizer).align(["one"], [])


def test_beams_and_penalty_of_a_loaded_task_can_be_changed(tokenizer, tmp_path):
    translator(tokenizer, beam_size=1).save(tmp_path / "model.keras")
    task = load_task(tmp_path / "model.keras")
    greedy = task.answers([["one two"]])[0]["score"]
    task.length_penalty = 2.0
    length = len(tokenizer.encode([task.translate(["one two"])[0]])[0]) + 1
    assert task.answers([["one two"]])[0]["score"] > greedy or length == 1
    task.beam_size = 4
    assert task.answers([["one two"]])[0]["score"] >= greedy
