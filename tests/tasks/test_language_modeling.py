"""The task that continues texts."""

import dataclasses
import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

import kformer as kf
from kformer.data.tokenizers import SentencePieceTokenizer, train_sentencepiece
from kformer.exporting import Predictor
from kformer.generation import Sampling
from kformer.models.registry import VARIANTS
from tests.tiny import GOLDENS, POEMS, SIZES, gpt2_tokenizer, language_model, texts

PROMPTS = ["a b", "gh", "a\n  cd ef", "é本"]


@functools.cache
def sentence_piece_tokenizer():
    return SentencePieceTokenizer(train_sentencepiece(POEMS * 5, 45))


TOKENIZERS = {"character": None, "byte_bpe": gpt2_tokenizer, "sentencepiece": sentence_piece_tokenizer}


@functools.cache
def model(kind="character"):
    """A random model, the same one for all tests; they do not change it."""
    return language_model(TOKENIZERS[kind] and TOKENIZERS[kind]())


def test_windows_hold_no_padding():
    for inputs, targets, weights in model().batches(texts(), batch_size=3):
        assert set(inputs) == {"token_ids"}
        assert inputs["token_ids"].shape == targets.shape == weights.shape
        assert np.all(weights == 1)


def test_the_end_stands_between_texts():
    ids = model().processor.token_line(texts(3, length=5))
    assert np.flatnonzero(ids == model().processor.tokenizer.end_id).tolist() == [5, 11]
    assert len(ids) == 17


def test_the_loss_of_texts_is_that_of_each_next_token():
    task, data = model(), texts(1, length=30)
    losses, counts = task.losses_of(data, batch_size=2)
    ids = np.asarray(task.processor.token_line(data))
    assert counts.tolist() == [8, 8, 8, 5]
    by_hand = []
    for start in range(0, 29, 8):
        window = ids[start : start + 9]
        logits = task({"token_ids": window[None, :-1]})
        by_hand.append(-np.sum(np.take_along_axis(keras.ops.log_softmax(logits)[0].numpy(), window[1:, None], 1)))
    np.testing.assert_allclose(losses, by_hand, rtol=1e-5)


def test_training_reads_other_windows_in_each_epoch():
    batches = model().batches(texts(), training=True, batch_size=100)
    first, second = (next(iter(batches))[0]["token_ids"].numpy() for _ in range(2))
    assert {tuple(row) for row in first} != {tuple(row) for row in second}


def test_an_epoch_has_as_many_windows_as_asked_for():
    batches = model().batches(texts(), training=True, batch_size=10, windows=70)
    assert sum(len(targets) for _, targets, _ in batches) == 70


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_a_predictor_continues_as_greedy_generation_does(kind):
    task = model(kind)
    answers = Predictor(task)(PROMPTS)
    greedy = task.generate(PROMPTS, Sampling(temperature=0.0), max_new_tokens=8)
    assert [answer["continuation"] for answer in answers] == greedy


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_pieces_put_together_are_the_text_however_long_they_are(kind):
    task = model(kind)
    whole, pieced = (task.generate(PROMPTS, max_new_tokens=8, seed=3, chunk=chunk) for chunk in (8, 3))
    assert whole == pieced


def test_many_prompts_give_the_same_texts_as_one_by_one():
    task = model()
    together = task.generate(PROMPTS, max_new_tokens=8, num_samples=2, seed=1)
    alone = [task.generate([prompt], max_new_tokens=8, num_samples=2, seed=1) for prompt in PROMPTS]
    assert together == [text for pair in alone for text in pair]


def test_a_stop_string_ends_a_text():
    (text,) = model().generate(["ab"], Sampling(temperature=0.0), max_new_tokens=8)
    stop = text[3]
    assert model().generate(["ab"], Sampling(temperature=0.0), max_new_tokens=8, stop=[stop]) == [
        text[: text.index(stop)]
    ]


def test_without_a_number_of_tokens_the_positions_are_filled():
    (text,) = model().generate(["a b c"], Sampling(temperature=0.0))
    assert len(model().processor.prompts(["a b c" + text])[0]) <= SIZES["max_length"]


def test_a_long_prompt_of_a_predictor_loses_its_beginning():
    prompt = "ab cd ef gh " * 9
    longest = model().longest_prompt
    assert Predictor(model())(prompt) == Predictor(model())(prompt[-longest:])


def test_an_empty_text_begins_where_another_ended():
    task = model()
    ends = np.full((1, 2), task.processor.tokenizer.end_id, "int32")
    first = int(np.argmax(task({"token_ids": ends})[0, 0]))
    expected = task.processor.decode([[first]])[0]
    assert Predictor(task)("")["continuation"].startswith(expected)


def test_a_saved_task_gives_equal_texts(tmp_path):
    task = model("byte_bpe")
    task.save(tmp_path / "model.keras")
    loaded = kf.tasks.load_task(tmp_path / "model.keras", precision="float32")
    assert loaded.generate(PROMPTS, max_new_tokens=6) == task.generate(PROMPTS, max_new_tokens=6)


def test_an_empty_prompt_is_refused():
    with pytest.raises(ValueError, match="A prompt needs at least one character of text. Received: ''; write how the"):
        model().stream(["ab", ""])


def test_a_prompt_longer_than_the_positions_is_refused():
    with pytest.raises(ValueError, match="A prompt must be shorter than the model's 24 positions.* prompt 0 of 30 tok"):
        model().stream(["a" * 30])


def test_a_window_longer_than_the_positions_is_refused():
    with pytest.raises(ValueError, match="`max_length` is 25, but the model has 24 positions: lower it."):
        language_model(max_length=25)


def test_as_many_new_tokens_as_positions_are_refused():
    task = model()
    with pytest.raises(ValueError, match="`max_new_tokens` must be at least 1 and below the model's 24 positions. Rec"):
        kf.tasks.LanguageModeling(task.backbone, task.processor, max_new_tokens=24)


def test_a_window_of_one_token_is_refused():
    with pytest.raises(ValueError, match="`max_length` must be at least 2. Received: max_length=1."):
        language_model(max_length=1)


@pytest.mark.parametrize(
    ("kind", "vocab_size"), [("character", 5 + 30), ("byte_bpe", 270), ("sentencepiece", 45), ("auto", 100)]
)
def test_a_model_from_scratch_learns_its_tokens(kind, vocab_size):
    task = kf.tasks.LanguageModeling.from_scratch(
        POEMS * 5, kind, vocab_size, num_layers=1, d_model=8, num_heads=2, max_length=16
    )
    tokenizer = task.processor.tokenizer
    assert tokenizer.kind == ("character" if kind == "auto" else kind)
    assert tokenizer.vocab_size == task.backbone.vocab_size <= vocab_size


def test_a_variant_gives_the_sizes(monkeypatch):
    small = dataclasses.replace(VARIANTS["distilgpt2"], sizes={"num_layers": 2, "d_model": 8, "num_heads": 4})
    monkeypatch.setitem(VARIANTS, "distilgpt2", small)
    task = kf.tasks.LanguageModeling.from_scratch(POEMS, variant="distilgpt2", max_length=4)
    assert (task.backbone.num_layers, task.backbone.num_heads, task.backbone.max_length) == (2, 4, 4)


def test_a_vocabulary_larger_than_the_texts_support_tells_the_largest_possible():
    with pytest.raises(ValueError, match="`vocab_size` 5000 is larger than the 15 texts support: the largest possible"):
        kf.tasks.LanguageModeling.from_scratch(POEMS * 5, "sentencepiece", 5000)


def test_a_folder_of_another_family_is_refused():
    with pytest.raises(
        ValueError, match="holds a model of type 'bert', which this task cannot start from. Accepted: g"
    ):
        kf.tasks.LanguageModeling.from_pretrained(GOLDENS / "bert")


def test_a_run_is_where_another_can_start(tmp_path):
    task = model("byte_bpe")
    task.save(tmp_path / "model.keras")
    twin = kf.tasks.LanguageModeling.from_pretrained(tmp_path / "model.keras", max_length=8, precision="float32")
    inputs = {"token_ids": tf.constant([[5, 6, 7]])}
    np.testing.assert_array_equal(twin(inputs), task(inputs))
    assert twin.processor.tokenizer.fingerprint == task.processor.tokenizer.fingerprint
