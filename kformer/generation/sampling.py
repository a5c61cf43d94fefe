"""How the next token is chosen from its logits."""

import dataclasses
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from kformer.generation.noise import gumbel_noise

LOWEST = np.iinfo("int32").min
HIGHEST = np.iinfo("int32").max


@dataclasses.dataclass(frozen=True)
class Sampling:
    """What to change in the probabilities of the next token before it is drawn; the defaults change nothing.

    They apply in this order, as in `transformers`.

    Args:
        repetition_penalty: float > 0; logits of tokens that occurred already are divided by it where positive and
            multiplied where negative (Keskar et al., "CTRL", arXiv 1909.05858, section 4.1).
        temperature: float >= 0, what logits are divided by; 0 takes the most probable token (greedy).
        top_k: int >= 0, how many of the most probable tokens to draw from; 0 is all (Fan et al., arXiv 1805.04833).
        top_p: float in (0, 1], draw from the fewest tokens that together have this probability (Holtzman et al.,
            "The Curious Case of Neural Text Degeneration", arXiv 1904.09751).

    Raises:
        ValueError: for a number outside of its range.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0

    def __post_init__(self):
        if not 0 <= self.temperature < float("inf"):
            raise ValueError(
                "`temperature` must be a finite number >= 0, where 0 is greedy. "
                f"Received: temperature={self.temperature}."
            )
        if self.top_k < 0 or self.top_k != int(self.top_k):
            raise ValueError(
                f"`top_k` must be an integer >= 0, where 0 keeps all tokens. Received: top_k={self.top_k}."
            )
        if not 0 < self.top_p <= 1:
            raise ValueError(f"`top_p` must lie in (0, 1], where 1 keeps all tokens. Received: top_p={self.top_p}.")
        if not 0 < self.repetition_penalty < float("inf"):
            raise ValueError(
                "`repetition_penalty` must be a finite number > 0, where 1 changes nothing. "
                f"Received: repetition_penalty={self.repetition_penalty}."
            )

    def options(self):
        """These numbers as arrays: a compiled loop takes them as inputs, and none of them is part of its trace."""
        return Options(
            temperature=np.float32(self.temperature),
            # A count is compared with sums of float32; above 2^24 it would keep every token in any case.
            top_k=np.float32(self.top_k),
            top_p=np.float32(self.top_p),
            repetition_penalty=np.float32(self.repetition_penalty),
        )


class Options(NamedTuple):
    """`Sampling` as scalar tensors."""

    temperature: Any
    top_k: Any
    top_p: Any
    repetition_penalty: Any


def choose(logits, seen, stream, position, options):
    """The next token of every row.

    Args:
        logits: (batch, vocab_size) float32.
        seen: (batch, vocab_size) bool, True at tokens that the row has already.
        stream: (batch,) uint32, of `noise.streams`.
        position: (batch,) int32, of the token to choose.
        options: `Options`.

    Returns:
        (batch,) int32.
    """
    logits = penalise(logits, seen, options.repetition_penalty)
    return ops.cond(
        options.temperature > 0,
        lambda: first_argmax(
            truncate(logits / options.temperature, options) + gumbel_noise(stream, position, logits.shape[-1])
        ),
        lambda: first_argmax(logits),
    )


def penalise(logits, seen, penalty):
    """Logits (batch, vocab_size) with those of `seen` tokens made less likely."""
    return ops.where(seen, ops.where(logits > 0, logits / penalty, logits * penalty), logits)


def truncate(logits, options):
    """Logits (batch, vocab_size) with those outside of top k, then of top p, at minus infinity."""
    logits = ops.cond(
        options.top_k > 0, lambda: keep(logits, ops.ones_like(logits), options.top_k), lambda: 1.0 * logits
    )
    return ops.cond(
        options.top_p < 1, lambda: keep(logits, ops.softmax(logits, axis=-1), options.top_p), lambda: 1.0 * logits
    )


def keep(logits, weights, amount):
    """Logits (batch, vocab_size) where the largest of them, as many as weigh `amount`, stay and others are -inf.

    All logits that equal the smallest one kept are kept. Instead of sorting, which takes six times longer on a CPU,
    the smallest one kept is found bit by bit: is the weight of all logits at or above the middle still enough?
    """
    ordered = ordered_bits(logits)

    def halve(_, bounds):
        low, high = bounds
        middle = (low | high) - ops.right_shift(low ^ high, 1)  # the mean, rounded up, without overflow
        weight = ops.sum(ops.where(ordered >= middle, weights, 0.0), axis=-1, keepdims=True)
        return ops.where(weight >= amount, middle, low), ops.where(weight >= amount, high, middle - 1)

    rows = ops.zeros_like(ordered[:, :1])
    smallest, _ = ops.fori_loop(0, 32, halve, (rows + LOWEST, rows + HIGHEST))
    return ops.where(ordered >= smallest, logits, -float("inf"))


def ordered_bits(x):
    """int32 numbers in the same order as the float32 numbers `x`.

    The bits of a float are in its own order when it is positive; of a negative one all bits but the sign are flipped.
    """
    bits = ops.view(x, "int32")
    return bits ^ (ops.right_shift(bits, 31) & HIGHEST)


def first_argmax(x):
    """(batch,) int32, where each row (batch, n) is largest, the first place among equals.

    Two reductions: XLA turns each into vector instructions, which it cannot for an argmax (four times slower, seen).
    """
    n = x.shape[-1]
    largest = ops.max(x, axis=-1, keepdims=True)
    return ops.min(ops.where(x >= largest, ops.arange(n, dtype="int32"), n - 1), axis=-1)
