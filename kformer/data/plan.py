"""Which examples make which batch: length buckets and token budgets, known before the epoch starts. Plain NumPy."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a data set is cut into batches.

    Attributes:
        boundaries: tuple of ints, the padded length of each bucket, ascending.
        rows: tuple of ints, the most examples that a batch of each bucket takes.
        buckets: tuple of int arrays, the examples of each bucket.
        lengths: int (n,), tokens per example.
        micro_batches: int, batches per optimizer step; every epoch has a multiple of it.
    """

    boundaries: tuple[int, ...]
    rows: tuple[int, ...]
    buckets: tuple[np.ndarray, ...]
    lengths: np.ndarray
    micro_batches: int = 1

    def epoch(self, seed=None, epoch=0):
        """The batches of one epoch: a list of (bucket, indices). Every example stands in exactly one of them.

        Args:
            seed: int for a random order that (seed, epoch) determine, or None for the order of the data.
            epoch: int.
        """
        random = None if seed is None else np.random.default_rng((seed, epoch))
        entries = []
        for bucket, indices in enumerate(self.buckets):
            if random is not None:
                indices = random.permutation(indices)
            # Nearly equal parts: a last batch of one example would be a step of its own, and a noisy one.
            parts = -(-len(indices) // self.rows[bucket])
            entries += [(bucket, part) for part in np.array_split(indices, parts)]
        entries = _to_multiple(entries, self.micro_batches)
        return entries if random is None else [entries[i] for i in random.permutation(len(entries))]

    @property
    def num_batches(self):
        """int, batches per epoch, the same for each."""
        return len(self.epoch())

    @property
    def num_tokens(self):
        """int, real tokens per epoch."""
        return int(self.lengths.sum())

    @property
    def padding_share(self):
        """float, the share of padding among all tokens that the model sees."""
        padded = sum(len(indices) * self.boundaries[bucket] for bucket, indices in enumerate(self.buckets))
        return 1.0 - self.num_tokens / padded


def make_plan(lengths, batch_size=32, num_buckets=8, micro_batches=1):
    """Buckets with the least padding, and batches of equal numbers of tokens.

    A batch holds about as many tokens as `batch_size` examples of mean length, so that short examples come in larger
    batches and the mean number of examples per batch is near `batch_size`.

    Args:
        lengths: (n,) ints, tokens per example.
        batch_size: int, mean number of examples per batch.
        num_buckets: int, at most so many padded lengths.
        micro_batches: int, batches per optimizer step.

    Returns:
        `Plan`.

    Raises:
        ValueError: there are no examples.
    """
    lengths = np.asarray(lengths)
    if not len(lengths):
        raise ValueError("There are no examples to make batches of. Received: 0 lengths. Give one or more examples.")
    boundaries = bucket_boundaries(lengths, num_buckets)
    bucket_of = np.searchsorted(boundaries, lengths)
    budget = batch_size * lengths.mean()
    return Plan(
        boundaries=tuple(int(boundary) for boundary in boundaries),
        rows=tuple(max(1, round(budget / boundary)) for boundary in boundaries),
        buckets=tuple(np.flatnonzero(bucket_of == bucket) for bucket in range(len(boundaries))),
        lengths=lengths,
        micro_batches=micro_batches,
    )


def bucket_boundaries(lengths, num_buckets):
    """At most `num_buckets` padded lengths for which the padding of the whole data set is least.

    Dynamic programming over the distinct lengths l_1 < ... < l_m: with cost(i, j) the padded tokens when lengths i+1
    to j share the boundary l_j, best(k, j) = min over i < j of best(k - 1, i) + cost(i, j).

    Args:
        lengths: (n,) ints.
        num_buckets: int.

    Returns:
        int array, ascending; the last is the longest length.
    """
    distinct, counts = np.unique(lengths, return_counts=True)
    num_buckets = min(num_buckets, len(distinct))
    below = np.concatenate([[0], np.cumsum(counts)])
    # cost[i, j]: examples with a length among distinct[i:j + 1], all padded to distinct[j].
    cost = (below[None, 1:] - below[:-1, None]) * distinct[None, :].astype("float64")
    cost[np.tril_indices(len(distinct), -1)] = np.inf
    best, choices = cost[0], []
    for _ in range(num_buckets - 1):
        # total[i, j]: the buckets so far end before i, one more holds i to j. A bucket may stay unused (i = 0).
        total = np.vstack([cost[:1], best[:-1, None] + cost[1:]])
        choices.append(total.argmin(axis=0))
        best = total.min(axis=0)
    last, boundaries = len(distinct) - 1, []
    for choice in reversed(choices):
        boundaries.append(distinct[last])
        last = choice[last] - 1
        if last < 0:
            break
    if last >= 0:
        boundaries.append(distinct[last])
    return np.array(boundaries[::-1])


def _to_multiple(entries, divisor):
    """Splits the largest batches in two until their number is a multiple of `divisor`."""
    while len(entries) % divisor:
        largest = max(range(len(entries)), key=lambda i: len(entries[i][1]))
        bucket, indices = entries[largest]
        if len(indices) < 2:
            raise ValueError(
                f"{len(entries)} batches of one example cannot be spread over optimizer steps of {divisor}: lower "
                "`accumulation`."
            )
        half = len(indices) // 2
        entries[largest : largest + 1] = [(bucket, indices[:half]), (bucket, indices[half:])]
    return entries
