"""Pairs of images, and how many of them a threshold gets right."""

import dataclasses

import numpy as np

MOST_GENUINE, MOST_IMPOSTOR = 20_000, 50_000
# Up to so many pairs all are listed before some are drawn.
_MOST_LISTED = 2_000_000


@dataclasses.dataclass(frozen=True)
class Pairs:
    """Pairs of images of one person (genuine) and of two (impostors).

    Attributes:
        first, second: int (n,), the images.
        is_genuine: bool (n,).
    """

    first: np.ndarray
    second: np.ndarray
    is_genuine: np.ndarray

    def __len__(self):
        return len(self.first)

    def similarities(self, vectors):
        """The cosine of each pair: float (n,).

        Args:
            vectors: float (images, d), of length 1.
        """
        similarities = np.empty(len(self), "float32")
        for start in range(0, len(self), 65_536):
            part = slice(start, start + 65_536)
            similarities[part] = np.einsum("nd,nd->n", vectors[self.first[part]], vectors[self.second[part]])
        return similarities


def make_pairs(people, most_genuine=MOST_GENUINE, most_impostor=MOST_IMPOSTOR, seed=0):
    """All pairs of images, or as many of each kind drawn by chance.

    Args:
        people: (n,), who each image shows.
        most_genuine, most_impostor: ints.
        seed: int, of what is drawn.

    Returns:
        `Pairs`, the genuine ones first.
    """
    random = np.random.default_rng(seed)
    codes = np.unique(np.asarray(people), return_inverse=True)[1]
    parts = [_genuine(codes, most_genuine, random), _impostor(codes, most_impostor, random)]
    first, second = np.concatenate(parts, axis=1)
    return Pairs(first, second, np.repeat([True, False], [part.shape[1] for part in parts]))


def _genuine(codes, most, random):
    order = np.argsort(codes, kind="stable")
    of_person = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
    # Of somebody with thousands of images not all pairs are listed.
    most_images = max(int(np.sqrt(2 * _MOST_LISTED / max(len(of_person), 1))), 2)
    chosen = [rows if len(rows) <= most_images else random.permutation(rows)[:most_images] for rows in of_person]
    return _some(np.concatenate([_all_pairs(rows) for rows in chosen], axis=1), most, random)


def _impostor(codes, most, random):
    count = len(codes)
    if count * (count - 1) // 2 <= _MOST_LISTED:
        pairs = _all_pairs(np.arange(count))
        return _some(pairs[:, codes[pairs[0]] != codes[pairs[1]]], most, random)
    drawn = random.integers(count, size=(2, 4 * most))
    drawn = np.unique(np.sort(drawn[:, codes[drawn[0]] != codes[drawn[1]]], axis=0), axis=1)
    return _some(drawn, most, random)


def _all_pairs(rows):
    first, second = np.triu_indices(len(rows), 1)
    return np.stack([rows[first], rows[second]])


def _some(pairs, most, random):
    if pairs.shape[1] <= most:
        return pairs
    return pairs[:, np.sort(random.choice(pairs.shape[1], most, replace=False))]


class Verification:
    """What each threshold accepts, of genuine pairs (rightly) and of impostors (wrongly).

    Args:
        similarities: float (n,).
        is_genuine: bool (n,).
    """

    def __init__(self, similarities, is_genuine):
        self._order = np.argsort(-np.asarray(similarities), kind="stable")
        ordered = np.asarray(similarities, "float64")[self._order]
        self._is_genuine = np.asarray(is_genuine, bool)[self._order]
        # Equal similarities are accepted together.
        self._ends = np.flatnonzero(np.append(np.diff(ordered) != 0, len(ordered) > 0))
        self._values = ordered[self._ends]

    def rates(self, weights=None):
        """The accepted shares, from the highest threshold, which accepts nobody, to the lowest.

        Args:
            weights: float (n,), how often each pair counts; once where None.

        Returns:
            (false accept rate, true accept rate), each (steps,) and rising from 0 to 1; NaN without pairs of a kind.
        """
        weights = np.ones(len(self._order)) if weights is None else np.asarray(weights, "float64")[self._order]
        return tuple(self._accepted(np.where(kind, weights, 0.0)) for kind in (~self._is_genuine, self._is_genuine))

    def _accepted(self, weights):
        accepted = np.concatenate([[0.0], np.cumsum(weights)[self._ends]])
        with np.errstate(invalid="ignore", divide="ignore"):
            return accepted / accepted[-1]

    def threshold(self, far=None):
        """The least similarity to accept, midway between two that occur.

        Args:
            far: float, the false accept rate that is allowed; None is where it equals the share of genuine pairs that
                are refused.
        """
        false_accepts, true_accepts = self.rates()
        if far is None:
            step = int(np.argmin(np.abs(false_accepts - (1.0 - true_accepts))))
        else:
            step = int(np.flatnonzero(false_accepts <= far)[-1])
        bounds = np.concatenate([[1.0], self._values, [-1.0]])
        return float((bounds[step] + bounds[step + 1]) / 2)


def area(false_accepts, true_accepts):
    """The area under the ROC curve of `Verification.rates`."""
    return float(np.trapezoid(true_accepts, false_accepts))


def equal_error_rate(false_accepts, true_accepts):
    """The rate at which the share of accepted impostors is that of refused genuine pairs, between steps if need be."""
    if not np.isfinite(false_accepts[-1] + true_accepts[-1]):
        return np.nan
    difference = false_accepts - (1.0 - true_accepts)  # rises from -1 to 1
    after = int(np.argmax(difference >= 0))
    before = max(after - 1, 0)
    gap = difference[after] - difference[before]
    share = -difference[before] / gap if gap > 0 else 0.0
    return float(false_accepts[before] + share * (false_accepts[after] - false_accepts[before]))


def true_accept_rate(false_accepts, true_accepts, far):
    """The share of genuine pairs that the lowest threshold accepts whose false accept rate is at most `far`."""
    if not np.isfinite(false_accepts[-1] + true_accepts[-1]):
        return np.nan
    # Rounding: three of a thousand are 0.003.
    return float(true_accepts[np.flatnonzero(false_accepts <= far + 1e-12)[-1]])


def best_threshold(vectors, people, far=None):
    """The threshold between the pairs of some images (see `Verification.threshold`).

    Args:
        vectors: float (n, d), of length 1.
        people: (n,), who each image shows.
        far: float or None.
    """
    pairs = make_pairs(people)
    return Verification(pairs.similarities(vectors), pairs.is_genuine).threshold(far)
