"""Language models judged on texts: how well they guess next tokens or hidden ones, and samples of it."""

import dataclasses
import itertools
import re
from functools import cached_property

import numpy as np

from kformer.evaluation.bootstrap import with_intervals
from kformer.generation import Sampling

_NUM_SAMPLES = 5
_NEW_TOKENS = 64
_NUM_WORDS = 30
# Cooler than the model's own probabilities: their long tail makes small models stumble.
_SAMPLING = Sampling(temperature=0.8, top_p=0.95)
_PROMPT = re.compile(r"\S.{0,80}(?=\s|$)", re.DOTALL)


def judge_language_modeling(task, examples):
    """`judge` for a language model."""
    return JudgedLanguageModeling(task, examples)


@dataclasses.dataclass(frozen=True)
class JudgedLanguageModeling:
    """What a language model makes of texts; computed when it is asked for, as samples are at every epoch.

    Attributes:
        task: `LanguageModeling`.
        examples: `kformer.data.Examples`.
    """

    task: object
    examples: object
    confusion = None
    labels = ()

    def metrics(self, seed=0):
        """The metrics with 95 % intervals, as in metrics.json.

        Args:
            seed: int, of the bootstrap.
        """
        scores = self.task.scores_of(self.examples)
        return language_model_metrics(
            scores["loss"],
            scores["count"],
            scores["correct"],
            tokens_per_character=len(self.task.processor.token_line(self.examples)) / self._num_characters,
            seed=seed,
        )

    @property
    def _num_characters(self):
        return sum(map(len, self.examples.values("text")))

    @cached_property
    def samples(self):
        """How some texts go on from their beginnings: dicts of prompt and continuation."""
        room = self.task.backbone.max_length - 1
        # Characters are at least as many as tokens, but for those of several bytes.
        prompts = self._prompts(max(1, room // 4))
        continuations = self.task.generate(prompts, _SAMPLING, max_new_tokens=min(_NEW_TOKENS, max(1, room // 2)))
        pairs = zip(prompts, continuations, strict=True)
        return [{"prompt": prompt, "continuation": continuation} for prompt, continuation in pairs]

    def _prompts(self, length):
        """Beginnings of some texts, each another one: of texts that begin alike, what comes later in them."""
        prompts = []
        for text in self._some_texts():
            parts = (match.group()[:length] for match in _PROMPT.finditer(text))
            prompts += itertools.islice((part for part in parts if part not in prompts), 1)
        return prompts

    def _some_texts(self):
        """Parts of the texts, spread over them: some of the texts, or places in a single one."""
        count = min(len(self.examples), _NUM_SAMPLES)
        # Neighbours are often alike: the files of one author, the articles of one day.
        texts = self.examples.take(np.arange(count) * len(self.examples) // count).values("text")
        if len(texts) > 1:
            return texts
        (text,) = texts
        lines = text.splitlines(keepends=True)
        starts = np.linspace(0, len(lines), _NUM_SAMPLES, endpoint=False).astype(int)
        return ["".join(lines[start : start + 20]) for start in sorted(set(starts.tolist()))]

    def report_parts(self):
        """What the report shows beside the metrics, by the names of `ReportData`."""
        return {"samples": self.samples}


def judge_masked_language_modeling(task, examples):
    """`judge` for a masked language model."""
    return JudgedMaskedLanguageModeling(task, examples)


@dataclasses.dataclass(frozen=True)
class JudgedMaskedLanguageModeling:
    """What a masked language model makes of texts; the same tokens are hidden each time.

    Attributes:
        task: `MaskedLanguageModeling`.
        examples: `kformer.data.Examples`.
    """

    task: object
    examples: object
    confusion = None
    labels = ()

    def metrics(self, seed=0):
        """The metrics with 95 % intervals, as in metrics.json, of hidden tokens.

        Args:
            seed: int, of the bootstrap.
        """
        scores = self.task.scores_of(self.examples)
        return language_model_metrics(scores["loss"], scores["count"], scores["correct"], seed=seed)

    @cached_property
    def samples(self):
        """The first texts with a word in their middle hidden: dicts of text, hidden and filled."""
        tokenizer = self.task.processor.tokenizer
        mask = tokenizer.vocabulary[tokenizer.mask_id]
        texts = self.examples.take(range(min(len(self.examples), _NUM_SAMPLES))).values("text")
        words = [words for text in texts if len(words := text.split()[:_NUM_WORDS]) > 1]
        texts = [" ".join([*row[: len(row) // 2], mask, *row[len(row) // 2 + 1 :]]) for row in words]
        filled = [text.decode("utf-8", errors="replace") for text in self.task.serving()(texts)["filled"].numpy()]
        return [
            {"text": text, "hidden": row[len(row) // 2], "filled": answer}
            for text, row, answer in zip(texts, words, filled, strict=True)
        ]

    def report_parts(self):
        """What the report shows beside the metrics, by the names of `ReportData`."""
        return {"samples": self.samples}


def language_model_metrics(losses, counts, correct, tokens_per_character=None, *, num_resamples=1000, seed=0):
    """How well tokens are guessed, over windows or rows of a text.

    Args:
        losses: (windows,), the negative log probability of each window's targets, summed.
        counts: (windows,), its targets.
        correct: (windows,), its targets that were the most probable token.
        tokens_per_character: float, of the whole text, where every token is a target.
        num_resamples: int, bootstrap resamples of the windows.
        seed: int, of the resamples.

    Returns:
        `num_examples`, the windows, and a dict of value, low and high for `loss` (mean per token), `perplexity`
        (exp loss), `accuracy` and, with `tokens_per_character`, `bits_per_character` (loss / ln 2 x tokens per
        character), which unlike the others does not depend on the tokenizer.
    """
    losses, counts, correct = (np.asarray(array, float) for array in (losses, counts, correct))

    def statistics(weights):
        targets = counts @ weights
        loss = losses @ weights / targets
        bits = {} if tokens_per_character is None else {"bits_per_character": loss / np.log(2) * tokens_per_character}
        return {"perplexity": np.exp(loss), **bits, "accuracy": correct @ weights / targets, "loss": loss}

    return {"num_examples": len(losses), **with_intervals(statistics, len(losses), num_resamples, seed)}
