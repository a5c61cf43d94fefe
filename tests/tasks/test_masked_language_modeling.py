"""The task that guesses hidden tokens: pretraining of text encoders."""

import dataclasses
import functools

import keras
import numpy as np
import pyarrow as pa
import pytest

import kformer as kf
from kformer.data import Examples
from kformer.data.tokenizers import WordPieceTokenizer
from kformer.exporting import Predictor, export
from kformer.tasks.masked_language_modeling.masking import hide_tokens, num_hidden
from kformer.tasks.masked_language_modeling.processor import MaskedTextProcessor
from tests.tiny import FAMILIES, GOLDENS, VOCABULARY, examples, masked_language_model, roberta_tokenizer, texts

WORDS = np.arange(100, 200)
MASK_ID = 4


@functools.cache
def model():
    """A random model, the same one for all tests; they do not change it."""
    return masked_language_model()


def hide(token_ids, seeds, may_hide=None, width=None, rate=0.15):
    may_hide = token_ids > 9 if may_hide is None else may_hide
    return hide_tokens(token_ids, may_hide, seeds, width or token_ids.shape[1], rate, MASK_ID, WORDS)


def many(rows=400, length=50):
    return np.full((rows, length), 50, "int32"), np.arange(rows, dtype="uint32")


def test_the_share_of_hidden_tokens_is_kept_in_every_row():
    assert num_hidden([0, 1, 3, 10, 20, 100], 0.15).tolist() == [0, 1, 1, 2, 3, 15]


def test_of_hidden_tokens_eighty_percent_are_masked_ten_random_and_ten_stay():
    hidden, places, is_real = hide(*many())
    at_places = np.take_along_axis(hidden, places, axis=1)[is_real]
    assert np.mean(at_places == MASK_ID) == pytest.approx(0.8, abs=0.03)
    assert np.mean(np.isin(at_places, WORDS)) == pytest.approx(0.1, abs=0.02)
    assert np.mean(at_places == 50) == pytest.approx(0.1, abs=0.02)


def test_nothing_else_changes():
    token_ids, seeds = many(rows=20)
    hidden, places, is_real = hide(token_ids, seeds)
    changed = [set(np.flatnonzero(row != 50)) for row in hidden]
    assert all(row <= set(place[real]) for row, place, real in zip(changed, places, is_real, strict=True))


def test_special_tokens_and_padding_are_never_hidden():
    token_ids = np.array([[2, 50, 1, 50, 3, 0, 0], [2, 1, 3, 0, 0, 0, 0]], "int32")
    for seed in range(50):
        hidden, places, is_real = hide(token_ids, np.array([seed, seed], "uint32"), rate=0.9)
        assert set(places[0][is_real[0]]) == {1, 3}
        assert not is_real[1].any()
        np.testing.assert_array_equal(hidden[token_ids < 10], token_ids[token_ids < 10])


def test_a_row_hides_the_same_whatever_the_batch_and_the_padding():
    token_ids, seeds = many(rows=3, length=20)
    padded = np.pad(token_ids, ((0, 0), (0, 9)))
    both = hide(token_ids, seeds, width=3), hide(padded[2:], seeds[2:], width=4)
    (hidden, places, real), (alone, places_alone, real_alone) = both
    np.testing.assert_array_equal(hidden[2], alone[0, :20])
    assert set(places[2][real[2]]) == set(places_alone[0][real_alone[0]])


def element(task=None, epoch=0, **arguments):
    task = task or model()
    source = task.element_source(texts(), **arguments)
    return source.element(np.arange(3), int(task.lengths(texts()).max()), 1.0, epoch)


def test_targets_are_the_hidden_tokens():
    (inputs, targets, weights) = element()
    rows, _ = model().element_source(texts())._framed(np.arange(3), inputs["token_ids"].shape[1])
    np.testing.assert_array_equal(np.take_along_axis(rows, inputs["masked_positions"], axis=1), targets)
    assert set(np.unique(weights)) <= {0.0, 1.0}


def test_epochs_hide_other_tokens_in_training_and_the_same_in_validation():
    def tokens(epoch, seed):
        return element(epoch=epoch, seed=seed)[0]["token_ids"]

    assert (tokens(0, seed=3) != tokens(1, seed=3)).any()
    np.testing.assert_array_equal(tokens(1, seed=3), tokens(1, seed=3))
    np.testing.assert_array_equal(tokens(0, seed=None), tokens(1, seed=None))


def test_the_count_of_targets_is_known_before_they_are_drawn():
    source = model().element_source(texts(), seed=1)
    assert source.count(np.arange(3)) == element(seed=1)[2].sum()


def test_a_long_text_becomes_rows_and_loses_nothing():
    data = texts(2, length=300)
    rows = model().processor.rows(data)
    whole = model().processor.tokenizer.encode(data.values("text")).flat_values.numpy()
    assert rows.lengths.max() <= 14 < len(whole) / len(rows.lengths) * 2
    np.testing.assert_array_equal(
        np.concatenate([rows.ids[a : a + n] for a, n in zip(rows.starts, rows.lengths, strict=True)]), whole
    )


def test_the_loss_is_that_of_hidden_tokens():
    losses, counts = model().losses_of(texts())
    inputs, targets, weights = element()
    logits = model()({**inputs, "masked_positions": inputs["masked_positions"]})
    at_target = np.take_along_axis(keras.ops.log_softmax(logits).numpy(), targets[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(losses[:3], -(at_target * weights).sum(axis=1), rtol=1e-4)
    assert counts[:3].tolist() == weights.sum(axis=1).tolist()


def test_logits_at_places_are_those_at_these_positions():
    inputs, _, _ = element()
    every = np.array(model()({name: value for name, value in inputs.items() if name != "masked_positions"}))
    expected = np.take_along_axis(every, inputs["masked_positions"][..., None], axis=1)
    np.testing.assert_allclose(model()(inputs), expected, atol=1e-5)


def test_a_mask_in_a_text_is_guessed():
    answer = Predictor(model())("the [MASK] is good")
    (guesses,) = answer["masks"]
    best = max(guesses, key=guesses.get)
    assert answer["filled"] == f"the {best.removeprefix('##')} is good"
    assert len(guesses) == 5
    ids = [VOCABULARY.index(token) for token in ("[CLS]", "the", "[MASK]", "is", "good", "[SEP]")]
    logits = np.array(model()({"token_ids": np.array([ids]), "padding_mask": np.ones((1, len(ids)), bool)}))[0, 2]
    logits[model().processor.special_ids] = -np.inf
    assert best == VOCABULARY[int(logits.argmax())]


def test_texts_with_any_number_of_masks_are_answered_side_by_side():
    inputs = ["a [MASK] c [MASK]", "", "a b", "[MASK]", "a " * 30 + "[MASK]"]
    answers = Predictor(model())(inputs)
    assert [len(answer["masks"]) for answer in answers] == [2, 0, 0, 1, 0]
    assert [answer["filled"] for answer in answers[1:3]] == ["", "a b"]
    assert answers[4]["filled"] == inputs[4]
    assert [Predictor(model())(text)["filled"] for text in inputs] == [answer["filled"] for answer in answers]


def test_the_mask_of_byte_bpe_takes_the_space_before_it():
    task = masked_language_model(roberta_tokenizer(), **FAMILIES["roberta"])
    answer = Predictor(task)("the <mask> is")
    assert answer["filled"].startswith("the ") and answer["filled"].endswith(" is")


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_a_hugging_face_folder_keeps_backbone_and_head(family, tmp_path):
    task = masked_language_model(**FAMILIES[family])
    folder = export(task, tmp_path / "hf", to="hf")
    again = kf.tasks.MaskedLanguageModeling.from_pretrained(folder, max_length=16, dropout=0.0, precision="float32")
    inputs, _, _ = element(task)
    np.testing.assert_allclose(again(inputs), task(inputs), atol=1e-5)


def test_a_run_is_where_a_text_classification_starts(tmp_path):
    task = masked_language_model()
    task.save(tmp_path / "model.keras")
    classifier = kf.tasks.TextClassification.from_pretrained(
        tmp_path / "model.keras", labels=("bad", "good"), max_length=16, precision="float32"
    )
    assert classifier.processor.vocabulary == task.processor.vocabulary
    for ours, theirs in zip(classifier.backbone.get_weights(), task.backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert classifier.backbone.pooler.trainable


def test_a_run_is_where_pretraining_goes_on(tmp_path):
    task = masked_language_model()
    task.save(tmp_path / "model.keras")
    again = kf.tasks.MaskedLanguageModeling.from_pretrained(
        tmp_path / "model.keras", max_length=16, precision="float32"
    )
    np.testing.assert_array_equal(again(element()[0]), task(element()[0]))


def test_labels_are_not_needed():
    unlabelled = dataclasses.replace(examples(4), fields={"text": "text"})
    assert len(list(model().batches(unlabelled))) > 0


def test_a_vocabulary_without_a_mask_is_refused():
    without = WordPieceTokenizer([token for token in VOCABULARY if token != "[MASK]"])
    with pytest.raises(ValueError, match="tokens has no mask token such as .MASK., which stands for hidden words: st"):
        MaskedTextProcessor(without)


def test_rows_longer_than_the_positions_are_refused():
    with pytest.raises(ValueError, match="`max_length` is 25, but the model has 24 positions: lower it."):
        masked_language_model(max_length=25)


def test_a_model_of_another_family_is_refused():
    with pytest.raises(ValueError, match="holds a model of type 'gpt2', which this task cannot start from."):
        kf.tasks.MaskedLanguageModeling.from_pretrained(GOLDENS / "gpt2")


def test_samples_show_a_hidden_word_and_what_fills_its_place():
    data = Examples(pa.table({"text": ["the film is good", "one"]}), {"text": "text"})
    (sample,) = kf.evaluation.judge(model(), data).samples
    assert (sample["text"], sample["hidden"]) == ("the film [MASK] good", "is")
    assert sample["filled"].startswith("the film ")


def test_metrics_are_of_hidden_tokens():
    metrics = kf.evaluation.judge(model(), texts()).metrics()
    losses, counts = model().losses_of(texts())
    assert metrics["perplexity"]["value"] == pytest.approx(np.exp(losses.sum() / counts.sum()))
    assert "bits_per_character" not in metrics
