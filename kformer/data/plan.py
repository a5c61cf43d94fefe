"""Which examples make which batch: length buckets and token budgets, known before the epoch starts. Plain NumPy.

An example has one length, or two where it has two sides that are padded apart: a text and its translation.
"""

import dataclasses
import itertools

import numpy as np

# Padded lengths of a side that are tried where there are two: all pairs of them are compared with each other.
_WIDTHS_PER_SIDE = 32


@dataclasses.dataclass(frozen=True)
class Plan:
    """How a data set is cut into batches.

    Attributes:
        boundaries: tuple, the padded length of each bucket, ascending: an int, or a pair of ints for two sides.
        rows: tuple of ints, the most examples that a batch of each bucket takes.
        buckets: tuple of int arrays, the examples of each bucket.
        lengths: int (n,) or (n, 2), tokens per example.
        micro_batches: int, batches per optimizer step; every epoch has a multiple of it.
    """

    boundaries: tuple[int | tuple[int, int], ...]
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
        """int, real tokens per epoch; those of both sides where there are two."""
        return int(self.lengths.sum())

    @property
    def padding_share(self):
        """float, the share of padding among all tokens that the model sees."""
        padded = sum(len(indices) * np.sum(self.boundaries[bucket]) for bucket, indices in enumerate(self.buckets))
        return float(1.0 - self.num_tokens / padded)


def make_plan(lengths, batch_size=32, num_buckets=8, micro_batches=1, batch_tokens=None):
    """Buckets with the least padding, and batches of equal numbers of tokens.

    A batch holds about as many tokens as `batch_size` examples of mean length, so that short examples come in larger
    batches and the mean number of examples per batch is near `batch_size`. Of two sides the longer one counts, as in
    fairseq's `--max-tokens`.

    Args:
        lengths: (n,) ints, tokens per example, or (n, 2), tokens of its two sides.
        batch_size: int, mean number of examples per batch.
        num_buckets: int, at most so many padded lengths.
        micro_batches: int, batches per optimizer step.
        batch_tokens: int, the most tokens of a batch, padding included, in place of `batch_size`.

    Returns:
        `Plan`.

    Raises:
        ValueError: there are no examples, or one of them is longer than `batch_tokens`.
    """
    lengths = np.asarray(lengths)
    if not len(lengths):
        raise ValueError("There are no examples to make batches of. Received: 0 lengths. Give one or more examples.")
    sides = lengths.reshape(len(lengths), -1)
    longer = sides.max(axis=1)
    if batch_tokens is not None and batch_tokens < longer.max():
        raise ValueError(
            f"A batch of {batch_tokens} tokens cannot hold the longest example, which has {longer.max()} tokens. "
            f"Raise `batch_tokens` to {longer.max()} or more, or cut examples at a lower `max_length`."
        )
    buckets = _buckets(sides, _chain(sides, num_buckets))
    widths = np.array([sides[indices].max(axis=0) for indices in buckets])
    if batch_tokens is None:
        rows = np.rint(batch_size * longer.mean() / widths.max(axis=1))
    else:
        rows = batch_tokens // widths.max(axis=1)
    return Plan(
        boundaries=tuple(widths[:, 0].tolist() if lengths.ndim == 1 else map(tuple, widths.tolist())),
        rows=tuple(np.maximum(rows, 1).astype(int).tolist()),
        buckets=buckets,
        lengths=lengths,
        micro_batches=micro_batches,
    )


def bucket_boundaries(lengths, num_buckets):
    """At most `num_buckets` padded lengths for which the padding of the whole data set is least.

    Args:
        lengths: (n,) ints.
        num_buckets: int.

    Returns:
        int array, ascending; the last is the longest length.
    """
    return _chain(np.asarray(lengths)[:, None], num_buckets)[:, 0]


def _chain(sides, num_buckets):
    """The boxes of padded lengths b_1 <= b_2 <= ... that cost the fewest padded tokens.

    An example goes into the first box that is large enough on all of its sides. With n(b) the examples that fit into
    box b and w(b) its padded tokens, dynamic programming finds

        best(k, b) = min over boxes a <= b of best(k - 1, a) + (n(b) - n(a)) w(b).

    That is the best there is for one side. For two, it is the best of all that grow on both sides at once, which
    suits a text and its translation, with `_WIDTHS_PER_SIDE` lengths to choose from on each side.

    Args:
        sides: int (n, number of sides).
        num_buckets: int, at most so many boxes.

    Returns:
        int (boxes, number of sides), ascending on every side; the last holds every example.
    """
    widths = [np.unique(side) for side in sides.T]
    if len(widths) > 1:
        widths = [bucket_boundaries(side, _WIDTHS_PER_SIDE) for side in sides.T]
    counts = np.zeros([len(side) for side in widths], int)
    np.add.at(counts, tuple(map(np.searchsorted, widths, sides.T)), 1)
    for axis in range(counts.ndim):
        counts = counts.cumsum(axis=axis)
    # Before the first box comes the empty one.
    boxes = np.array([(0,) * len(widths), *itertools.product(*widths)])
    inside, padded = np.concatenate([[0], counts.ravel()]), boxes.sum(axis=1).astype("float64")
    cost = (inside[None, :] - inside[:, None]) * padded[None, :]
    cost[(boxes[:, None] > boxes[None, :]).any(axis=-1)] = np.inf
    best, choices = cost[0], []
    for _ in range(num_buckets - 1):
        total = best[:, None] + cost
        choices.append(total.argmin(axis=0))
        best = total.min(axis=0)
    chosen = [len(boxes) - 1]
    for choice in reversed(choices):
        chosen.append(choice[chosen[-1]])
    # A box that is not needed stands twice, or is the empty one.
    return boxes[sorted(set(chosen) - {0})]


def _buckets(sides, boxes):
    """The examples of each box, without boxes that hold none: a tuple of int arrays."""
    bucket_of = np.max([np.searchsorted(box, side) for box, side in zip(boxes.T, sides.T, strict=True)], axis=0)
    return tuple(np.flatnonzero(bucket_of == bucket) for bucket in np.unique(bucket_of))


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
