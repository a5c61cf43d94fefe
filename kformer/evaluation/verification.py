"""A face verification judged on people who were not trained on: pairs told apart, and people found again."""

import dataclasses
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from kformer.evaluation.bootstrap import with_intervals
from kformer.evaluation.pictures import picture_name, thumbnail
from kformer.evaluation.verification_figures import error_rates_svg, similarities_svg
from kformer.tasks.image_pairs import (
    Pairs,
    Verification,
    area,
    equal_error_rate,
    make_pairs,
    true_accept_rate,
)

FARS = {"tar_at_far_1e_2": 1e-2, "tar_at_far_1e_3": 1e-3}
_KINDS = ("different", "same")
_NUM_RESAMPLES = 500  # a resample orders all pairs anew


def judge_verification(task, examples):
    """`judge` for a face verification; a task without a threshold is judged at the one that suits the examples.

    Raises:
        ValueError: fewer than two people have two images or more.
    """
    from kformer.tasks.face_verification.examples import check_pairs

    check_pairs(examples)
    vectors = task.outputs_of(examples)
    return JudgedVerification(examples, vectors, float(task.threshold) if task.has_threshold else None)


@dataclasses.dataclass(frozen=True)
class JudgedVerification:
    """Embeddings beside who the images show.

    Attributes:
        examples: `kformer.data.Examples`.
        vectors: float (n, d), of length 1.
        given_threshold: float, the least similarity that counts as one person; None chooses it by these examples.
    """

    examples: object
    vectors: np.ndarray
    given_threshold: float | None = None
    confusion = None
    labels = ()

    @cached_property
    def people(self):
        """int (n,), who each image shows."""
        return np.unique(self.examples.values("label"), return_inverse=True)[1]

    @cached_property
    def pairs(self):
        """`Pairs`: all of them, or of each kind many drawn by chance."""
        return make_pairs(self.people)

    @cached_property
    def similarities(self):
        """float (pairs,)."""
        return self.pairs.similarities(self.vectors)

    @cached_property
    def threshold(self):
        """float, the least similarity that counts as one person."""
        if self.given_threshold is not None:
            return self.given_threshold
        return Verification(self.similarities, self.pairs.is_genuine).threshold()

    def metrics(self, seed=0):
        """The metrics with 95 % intervals, as in metrics.json.

        Args:
            seed: int, of the bootstrap.
        """
        return verification_metrics(self.vectors, self.people, self.threshold, pairs=self.pairs, seed=seed)

    @property
    def samples(self):
        """Ten pairs, half of them of one person: dicts of image, image_pair, label, predicted and similarity."""
        is_genuine = self.pairs.is_genuine
        rows = np.concatenate([np.flatnonzero(is_genuine)[:5], np.flatnonzero(~is_genuine)[:5]])
        return [self._sample(row) for row in rows]

    def mistakes(self, count=10):
        """The most similar pairs of two people, and the least similar ones of one, in turn, with pictures."""
        order = np.argsort(self.similarities, kind="stable")
        is_genuine = self.pairs.is_genuine[order]
        worst = zip(order[~is_genuine][::-1][:count], order[is_genuine][:count], strict=False)
        return [self._mistake(row) for pair in worst for row in pair]

    def report_parts(self):
        """What the report shows beside the metrics, by the names of `ReportData`."""
        genuine = self.pairs.is_genuine
        rates = Verification(self.similarities, genuine).rates()
        return {
            "figures": {
                "Accepted pairs": error_rates_svg(*rates),
                "Similarities": similarities_svg(
                    self.similarities[genuine], self.similarities[~genuine], self.threshold
                ),
            },
            "mistakes": self.mistakes(),
            "mistakes_hint": "The most similar pairs of two people and the least similar pairs of one, in turn, "
            "whether they are taken for what they are or not; they are one person from a similarity of "
            f"{self.threshold:.3f} on. Look whether the names are right.",
            "truth_word": "it is",
        }

    def _sample(self, row):
        one, other = self.pairs.first[row], self.pairs.second[row]
        return {
            "image": self._name(one),
            "image_pair": self._name(other),
            "label": _KINDS[int(self.pairs.is_genuine[row])],
            "predicted": _KINDS[int(self.similarities[row] >= self.threshold)],
            "similarity": round(float(self.similarities[row]), 3),
        }

    def _mistake(self, row):
        sample = self._sample(row)
        return {
            "row": int(self.pairs.first[row]),
            "text": sample["image"],
            "text_pair": sample["image_pair"],
            "label": sample["label"],
            "predicted": sample["predicted"],
            "score": sample["similarity"],
            "note": f"similarity {sample['similarity']:.3f}",
            "picture": thumbnail(self._images[self.pairs.first[row]]),
            "picture_pair": thumbnail(self._images[self.pairs.second[row]]),
        }

    @cached_property
    def _images(self):
        return self.examples.values("image")

    def _name(self, image):
        source = self._images[image]
        name = picture_name(source, image)
        # Of a path the folder tells who it is.
        return name if isinstance(source, str) else f"{name}: {self.examples.values('label')[image]}"


def verification_metrics(
    vectors: np.ndarray,
    people: Sequence,
    threshold: float,
    *,
    pairs: Pairs | None = None,
    num_resamples: int = _NUM_RESAMPLES,
    seed: int = 0,
) -> dict:
    """Scores embeddings by the pairs that they tell apart, and the people that they find again.

    Pairs share images, and images people, so that pairs are far from independent: a resample draws people. The pairs
    of one person count as often as that person was drawn, those of two as often as both were.

    Args:
        vectors: embeddings of length 1, float (n, d).
        people: who each image shows (n,).
        threshold: the least similarity that counts as one person.
        pairs: the pairs to judge by; `make_pairs(people)` when None.
        num_resamples: bootstrap resamples of the people.
        seed: of the resamples.

    Returns:
        `num_examples`, `num_people`, `num_genuine_pairs`, `num_impostor_pairs`, `threshold`, and a dict of value, low
        and high for roc_auc, eer (equal error rate), tar_at_far_1e_2 and tar_at_far_1e_3 (true accept rates), rank_1
        (identification), and at the threshold true_accept_rate and false_accept_rate; None where undefined.
    """
    codes = np.unique(np.asarray(people), return_inverse=True)[1]
    pairs = make_pairs(codes) if pairs is None else pairs
    similarities = pairs.similarities(vectors)
    verification = Verification(similarities, pairs.is_genuine)
    is_accepted = similarities >= threshold
    probes, is_found = rank_1(vectors, codes)

    def of_resample(weights: np.ndarray) -> dict[str, float]:
        counts = weights[codes[pairs.first]] * np.where(pairs.is_genuine, 1.0, weights[codes[pairs.second]])
        rates = verification.rates(counts)
        return {
            "roc_auc": area(*rates),
            "eer": equal_error_rate(*rates),
            **{name: true_accept_rate(*rates, far) for name, far in FARS.items()},
            "rank_1": _share(is_found, weights[codes[probes]]),
            "true_accept_rate": _share(is_accepted[pairs.is_genuine], counts[pairs.is_genuine]),
            "false_accept_rate": _share(is_accepted[~pairs.is_genuine], counts[~pairs.is_genuine]),
        }

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        columns = [of_resample(column) for column in weights.T]
        return {name: np.array([column[name] for column in columns]) for name in columns[0]}

    num_genuine = int(np.count_nonzero(pairs.is_genuine))
    return {
        "num_examples": len(codes),
        "num_people": int(codes.max()) + 1,
        "num_genuine_pairs": num_genuine,
        "num_impostor_pairs": len(pairs) - num_genuine,
        **with_intervals(statistics, int(codes.max()) + 1, num_resamples, seed),
        "threshold": {"value": float(threshold), "low": None, "high": None},
    }


def rank_1(vectors: np.ndarray, people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Who is found again: each image is looked up among the means of all people, made without that image.

    Args:
        vectors: embeddings of length 1, float (n, d).
        people: who each image shows, int (n,) from 0.

    Returns:
        The images whose people have others, int (m,), and whether the nearest mean is that of the right person, bool
        (m,).
    """
    sums = np.zeros((people.max() + 1, vectors.shape[1]))
    np.add.at(sums, people, vectors)
    means = _of_length_1(sums)
    probes = np.flatnonzero(np.bincount(people)[people] > 1)
    own = _of_length_1(sums[people[probes]] - vectors[probes])
    is_found = np.empty(len(probes), bool)
    for start in range(0, len(probes), 1024):
        part = slice(start, start + 1024)
        rows = probes[part]
        similarities = vectors[rows] @ means.T
        similarities[np.arange(len(rows)), people[rows]] = -np.inf
        is_found[part] = np.einsum("nd,nd->n", vectors[rows], own[part]) > similarities.max(axis=1)
    return probes, is_found


def _of_length_1(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _share(is_counted: np.ndarray, weights: np.ndarray) -> float:
    total = weights.sum()
    return float(weights[is_counted].sum() / total) if total else np.nan
