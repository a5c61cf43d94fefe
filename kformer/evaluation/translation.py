"""A translation judged on examples: BLEU, chrF, exact matches and perplexity."""

import dataclasses
import re
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from kformer.evaluation.bootstrap import with_intervals

# Chinese, Japanese kana, Thai, Lao, Burmese, Khmer: written without spaces between words.
_WITHOUT_SPACES = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


def judge_translation(task, examples):
    """`judge` for a translation."""
    hypotheses = task.translate(examples.values("text"))
    losses, counts = task.losses_of(examples)
    return JudgedTranslation(examples, hypotheses, losses, counts)


@dataclasses.dataclass(frozen=True)
class JudgedTranslation:
    """Translations beside references.

    Attributes:
        examples: `kformer.data.Examples`.
        hypotheses: list of str.
        losses: float (n,), the negative log probability of each reference.
        counts: int (n,), the tokens of each reference.
    """

    examples: object
    hypotheses: Sequence[str]
    losses: np.ndarray
    counts: np.ndarray
    confusion = None
    labels = ()

    @cached_property
    def references(self):
        """list of str."""
        return self.examples.values("target")

    def metrics(self, seed=0):
        """The metrics with 95 % intervals, as in metrics.json.

        Args:
            seed: int, of the bootstrap.
        """
        return translation_metrics(self.hypotheses, self.references, self.losses, self.counts, seed=seed)

    @property
    def samples(self):
        """The first ten examples: dicts of text, target and predicted."""
        texts = self.examples.values("text")[:10]
        rows = zip(texts, self.references, self.hypotheses, strict=False)
        return [{"text": text, "target": target, "predicted": predicted} for text, target, predicted in rows]

    def mistakes(self, count=20):
        """The translations least like their references, by chrF of the sentence: dicts as `worst_mistakes` gives."""
        scores = sentence_chrf(self.hypotheses, self.references)
        texts = self.examples.values("text")
        return [
            {
                "row": int(row),
                "text": texts[row],
                "text_pair": None,
                "label": self.references[row],
                "predicted": self.hypotheses[row],
                "score": float(scores[row]),
                "note": f"chrF {scores[row]:.0f}",
            }
            for row in np.argsort(scores, kind="stable")[:count]
            if self.hypotheses[row] != self.references[row]
        ]

    def report_parts(self):
        """What the report shows beside the metrics, by the names of `ReportData`."""
        return {
            "mistakes": self.mistakes(),
            "mistakes_hint": "The translations least like their references. Look whether the reference is right.",
            "truth_word": "reference",
        }


def translation_metrics(
    hypotheses: Sequence[str],
    references: Sequence[str],
    losses: np.ndarray | None = None,
    counts: np.ndarray | None = None,
    *,
    num_resamples: int = 1000,
    seed: int = 0,
) -> dict:
    """Scores translations by sacrebleu (Post, WMT 2018), with its signatures.

    BLEU's words are those of sacrebleu's "13a", or characters where sentences have fewer words than BLEU counts in a
    row: in languages written without spaces, or for single words.

    Args:
        hypotheses: translations (n,).
        references: what is right (n,).
        losses: negative log probability of each reference (n,), for the perplexity.
        counts: tokens of each reference (n,).
        num_resamples: bootstrap resamples.
        seed: of the resamples.

    Returns:
        `num_examples`, and a dict of value, low and high for bleu, bleu_lowercase and chrf (0 to 100; with the
        signature, and of BLEU with a note where its words are characters), exact_match (0 to 1) and, with `losses`,
        perplexity.

    Raises:
        ValueError: there are not as many hypotheses as references.
    """
    if len(hypotheses) != len(references):
        raise ValueError(
            f"There must be as many hypotheses as references. Received: {len(hypotheses)} and {len(references)}."
        )
    words = "char" if _are_without_spaces(references) or _are_single_words(references) else "13a"
    matches = np.array([hypothesis == target for hypothesis, target in zip(hypotheses, references, strict=True)])

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        shares = {"exact_match": matches @ weights / weights.sum(axis=0)}
        if losses is not None:
            shares["perplexity"] = np.exp(losses @ weights / (counts @ weights))
        return shares

    note = {"note": "by characters"} if words == "char" else {}
    return {
        "num_examples": len(references),
        "bleu": _corpus_score(_bleu(words), hypotheses, references, num_resamples) | note,
        "bleu_lowercase": _corpus_score(_bleu(words, lowercase=True), hypotheses, references, num_resamples) | note,
        "chrf": _corpus_score(_chrf(), hypotheses, references, num_resamples),
        **with_intervals(statistics, len(references), num_resamples, seed),
    }


def sentence_chrf(hypotheses: Sequence[str], references: Sequence[str]) -> np.ndarray:
    """chrF of each sentence, 0 to 100: float (n,)."""
    chrf = _chrf()
    pairs = zip(hypotheses, references, strict=True)
    return np.array([chrf.sentence_score(hypothesis, [target]).score for hypothesis, target in pairs])


def _bleu(words: str, lowercase: bool = False):
    from sacrebleu.metrics import BLEU

    return BLEU(lowercase=lowercase, tokenize=words)


def _chrf():
    from sacrebleu.metrics import CHRF

    return CHRF()


def _corpus_score(metric, hypotheses: Sequence[str], references: Sequence[str], num_resamples: int) -> dict:
    """sacrebleu's score, its own bootstrap interval (mean plus and minus, within 0 to 100), and its signature."""
    score = metric.corpus_score(list(hypotheses), [list(references)], n_bootstrap=max(num_resamples, 1))
    low = max(float(score._mean - score._ci), 0.0) if num_resamples else None
    high = min(float(score._mean + score._ci), 100.0) if num_resamples else None
    return {"value": float(score.score), "low": low, "high": high, "signature": str(metric.get_signature())}


def _are_without_spaces(texts: Sequence[str]) -> bool:
    letters = "".join(texts[:1000])
    return len(_WITHOUT_SPACES.findall(letters)) > 0.2 * max(len(letters), 1)


def _are_single_words(texts: Sequence[str]) -> bool:
    """Whether most texts are too short for the sequences of four words that BLEU counts, which would make it 0."""
    return bool(np.median([len(text.split()) for text in texts[:1000]]) < 4)
