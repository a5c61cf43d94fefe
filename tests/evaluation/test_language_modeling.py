"""A language model judged on texts."""

import functools

import numpy as np
import pyarrow as pa
import pytest

from kformer.data import Examples
from kformer.evaluation import judge
from kformer.evaluation.language_modeling import language_model_metrics
from tests.tiny import gpt2_tokenizer, language_model, texts


@functools.cache
def judged():
    return judge(language_model(), texts())


def test_perplexity_and_bits_follow_from_the_mean_loss_of_a_token():
    metrics = language_model_metrics([6.0, 2.0], [4, 1], [3, 0], tokens_per_character=0.5)
    assert metrics["loss"]["value"] == pytest.approx(1.6)
    assert metrics["perplexity"]["value"] == pytest.approx(np.exp(1.6))
    assert metrics["bits_per_character"]["value"] == pytest.approx(1.6 / np.log(2) / 2)
    assert metrics["accuracy"]["value"] == pytest.approx(0.6)
    assert metrics["num_examples"] == 2


def test_intervals_are_over_windows():
    metrics = language_model_metrics([1.0, 2.0] * 20, [1] * 40, [0] * 40)
    assert 1 < metrics["loss"]["low"] < 1.5 < metrics["loss"]["high"] < 2


def test_bits_of_characters_of_one_text_are_those_of_its_tokens():
    metrics = judge(language_model(), texts(1)).metrics()
    assert metrics["bits_per_character"]["value"] == pytest.approx(metrics["loss"]["value"] / np.log(2))


def test_bits_are_per_character_whatever_a_token_is():
    model, data = language_model(gpt2_tokenizer()), texts(1)
    metrics = judge(model, data).metrics()
    tokens = len(model.processor.token_line(data))
    bits = metrics["loss"]["value"] / np.log(2) * tokens / 40
    assert metrics["bits_per_character"]["value"] == pytest.approx(bits)


def test_the_accuracy_counts_tokens():
    model, data = language_model(), texts(2)
    right = [
        np.argmax(model(inputs), axis=-1) == targets.numpy()
        for inputs, targets, _ in model.batches(data, batch_size=50)
    ]
    expected = np.concatenate([rows.ravel() for rows in right]).mean()
    assert judge(model, data).metrics()["accuracy"]["value"] == pytest.approx(expected, abs=1e-6)


def test_samples_show_how_texts_go_on():
    samples = judged().samples
    assert len(samples) == 4
    assert all(text.startswith(sample["prompt"]) for text, sample in zip(texts().values("text"), samples, strict=True))
    assert all(sample["continuation"] for sample in samples)


def test_a_single_text_is_sampled_in_several_places():
    text = "".join(f"{letter} cd ef\n" for letter in "abcdefgh" * 9)
    data = Examples(pa.table({"text": [text]}), {"text": "text"})
    assert len({sample["prompt"] for sample in judge(language_model(), data).samples}) > 2


def test_texts_that_begin_alike_have_prompts_of_their_own():
    rows = [f"{'abcd ' * 20}{letter * 90} end" for letter in "abcdef"]
    data = Examples(pa.table({"text": rows}), {"text": "text"})
    prompts = [sample["prompt"] for sample in judge(language_model(), data).samples]
    assert len(prompts) == len(set(prompts)) == 5


def test_the_report_shows_the_samples():
    assert judged().report_parts() == {"samples": judged().samples}
