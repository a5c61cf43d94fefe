"""Scores of translations."""

import json

import numpy as np
import pytest
import sacrebleu

from kformer.evaluation import translation_metrics
from kformer.evaluation.translation import sentence_chrf

REFERENCES = ["a dog runs over the green grass", "two men sit on a bench", "a girl reads"]
HYPOTHESES = ["a dog runs on the grass", "two men sit on a bench", "A girl reads"]


def scored(**arguments):
    return translation_metrics(HYPOTHESES, REFERENCES, num_resamples=50, **arguments)


def test_bleu_is_sacrebleu_s():
    assert scored()["bleu"]["value"] == pytest.approx(sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES]).score)


def test_lower_case_bleu_is_sacrebleu_s():
    expected = sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES], lowercase=True).score
    assert scored()["bleu_lowercase"]["value"] == pytest.approx(expected)


def test_chrf_is_sacrebleu_s():
    assert scored()["chrf"]["value"] == pytest.approx(sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES]).score)


def test_scores_are_numbers_that_json_knows():
    assert json.loads(json.dumps(scored()))["bleu"]["value"] == pytest.approx(scored()["bleu"]["value"])


def test_scores_come_with_their_signature():
    assert "case:mixed" in scored()["bleu"]["signature"]
    assert "case:lc" in scored()["bleu_lowercase"]["signature"]


def test_a_score_lies_in_its_interval():
    for name in ("bleu", "chrf", "exact_match"):
        score = scored()[name]
        assert score["low"] <= score["value"] <= score["high"]


def test_exact_matches_are_counted():
    assert scored()["exact_match"]["value"] == pytest.approx(1 / 3)


def test_perplexity_is_a_mean_over_tokens():
    losses, counts = np.array([3.0, 1.0, 2.0]), np.array([6, 5, 3])
    assert scored(losses=losses, counts=counts)["perplexity"]["value"] == pytest.approx(np.exp(6 / 14))


def test_languages_without_spaces_are_scored_by_characters():
    metrics = translation_metrics(["四百七"], ["四百八"], num_resamples=0)
    assert "tok:char" in metrics["bleu"]["signature"]
    assert metrics["bleu"]["note"] == metrics["bleu_lowercase"]["note"] == "by characters"


def test_single_words_are_scored_by_characters():
    metrics = translation_metrics(["dreizehn", "zwanzig"], ["dreizehn", "zwanzig"], num_resamples=0)
    assert "tok:char" in metrics["bleu"]["signature"] and metrics["bleu"]["value"] == pytest.approx(100)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="as many hypotheses as references. Received: 1 and 2."):
        translation_metrics(["a"], ["a", "b"])


def test_chrf_of_each_sentence():
    expected = [sacrebleu.sentence_chrf(h, [r]).score for h, r in zip(HYPOTHESES, REFERENCES, strict=True)]
    np.testing.assert_allclose(sentence_chrf(HYPOTHESES, REFERENCES), expected)


def test_an_interval_stays_within_what_a_score_can_be():
    references = [f"a house and number {number} stand here" for number in range(40)]
    hypotheses = [*references[:-1], "a mouse"]
    metrics = translation_metrics(hypotheses, references)
    assert all(metrics[name]["high"] <= 100 for name in ("bleu", "bleu_lowercase", "chrf"))
