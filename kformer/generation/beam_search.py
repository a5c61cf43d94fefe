"""Beam search with length normalisation, in the graph."""

from typing import Any, NamedTuple

import keras
from keras import ops

from kformer.generation.largest import at_places, largest

IMPOSSIBLE = -1.0e9  # a score below that of any sequence
FIRST_LENGTH = 32  # most translations are shorter
EARLY_STOPPING = (True, False, "never")


class Hypotheses(NamedTuple):
    """What a beam search found, the best first.

    The scores of a sentence for which fewer than `num_beams` sequences could be found end with some near -1e9.
    """

    token_ids: Any  # (batch, num_beams, max_new_tokens) int32, without the start token, filled up with `end_id`
    scores: Any  # (batch, num_beams) float32, the sum of log probabilities / length ** length_penalty


class Beams(NamedTuple):
    """Where the search stands after `step` tokens. Sequences that ended are finished, the others running."""

    step: Any  # scalar int32
    token_ids: Any  # (batch, beams, length) int32, running
    scores: Any  # (batch, beams) float32, sums of log probabilities
    newest: Any  # (batch, beams) int32, what the decoder is to read next
    ancestry: Any  # (batch, beams, slots) bool, those of the caches that each running sequence came by
    finished_ids: Any  # (batch, beams, length) int32
    finished_scores: Any  # (batch, beams) float32, divided by length ** length_penalty
    is_finished: Any  # (batch, beams) bool, False where `finished_ids` holds nothing yet
    improvable: Any  # (batch,) bool, whether a running sequence may still beat the finished ones
    caches: Any
    prepared: Any  # of the decoder, the same in all steps


class Candidates(NamedTuple):
    """Continuations of running sequences, the most probable first; twice as many as beams, since some may end."""

    scores: Any  # (batch, 2 beams) float32, sums of log probabilities
    token_ids: Any  # (batch, 2 beams, length) int32, the new token included
    newest: Any  # (batch, 2 beams) int32
    parents: Any  # (batch, 2 beams) int32, the beams they continue
    ended: Any  # (batch, 2 beams) bool


class BeamSearch:
    """Keeps the `num_beams` most probable sequences of each row; finds the same as `transformers` does.

    No cache is ever reordered. The beams of a row are so many queries to one step: the token of beam b at time t goes
    to slot t * num_beams + b of the row's caches and stays there, and a mask says by which slots each sequence came.
    When a sequence branches, rows of the mask are copied, not keys and values; those of a source are held once per
    row, not once per beam.

    Papers: Wu et al., "Google's Neural Machine Translation System", arXiv 1609.08144, section 7 (length
    normalisation; here a plain power of the length); Kasai et al., "A Call for Clarity in Beam Search", arXiv
    2204.05424 (when to stop).

    Args:
        num_beams: int; 1 is greedy.
        max_new_tokens: int, the most tokens of a sequence, its end included.
        end_id: int, the token that ends a sequence.
        length_penalty: float; scores are divided by length ** length_penalty, so that above 0 long sequences gain.
        early_stopping: when a row is done. True: once it has `num_beams` finished sequences. False: once no running
            sequence would beat the worst finished one if it ended now. "never": once none can, however it goes on.
        suppressed_ids: ints, tokens that are never chosen.
        force_end: bool, whatever reaches `max_new_tokens` gets the end token there, at no cost.

    Raises:
        ValueError: for counts below 1 or an unknown `early_stopping`.
    """

    def __init__(
        self,
        num_beams,
        max_new_tokens,
        end_id,
        length_penalty=1.0,
        early_stopping=False,
        suppressed_ids=(),
        force_end=False,
    ):
        for name, value in (("num_beams", num_beams), ("max_new_tokens", max_new_tokens)):
            if value < 1:
                raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}.")
        if early_stopping not in EARLY_STOPPING:
            raise ValueError(
                f"`early_stopping` must be True, False or 'never'. Received: early_stopping={early_stopping!r}."
            )
        self.num_beams = num_beams
        self.max_new_tokens = max_new_tokens
        self.end_id = end_id
        self.length_penalty = length_penalty
        self.early_stopping = early_stopping
        self.suppressed_ids = tuple(suppressed_ids)
        self.force_end = force_end

    def __call__(self, decoder, start_ids):
        """Searches, with everything in the graph.

        Args:
            decoder: `loop.Decoder`.
            start_ids: (batch,) int32, what each sequence begins with.

        Returns:
            `Hypotheses`.

        Raises:
            ValueError: when the decoder has fewer positions than `max_new_tokens`.
        """
        if self.max_new_tokens > decoder.max_length:
            raise ValueError(
                f"`max_new_tokens` must be at most {decoder.max_length}, the model's positions. "
                f"Received: max_new_tokens={self.max_new_tokens}."
            )
        beams = self._begin(decoder, start_ids)
        for length in self._lengths():
            beams = self._search_up_to(length, decoder, self._with_room(beams, length))
        return Hypotheses(beams.finished_ids, beams.finished_scores)

    def _lengths(self):
        """How long the caches are in turn: a short sentence then never pays for the longest possible."""
        length = FIRST_LENGTH
        while length < self.max_new_tokens:
            yield length
            length *= 4
        yield self.max_new_tokens

    def _search_up_to(self, length, decoder, beams):
        """The `Beams` when the caches are full, or earlier where all rows are done."""
        values = ops.while_loop(
            lambda *values: self._goes_on(Beams(*values), length),
            lambda *values: tuple(self._advance(decoder, Beams(*values))),
            tuple(beams),
        )
        return Beams(*values)

    def _with_room(self, beams, length):
        """The `Beams` with caches for `length` tokens of each beam."""
        more = self.num_beams * length - beams.ancestry.shape[2]
        return beams._replace(
            ancestry=ops.pad(beams.ancestry, ((0, 0), (0, 0), (0, more))),
            caches=keras.tree.map_structure(lambda x: ops.pad(x, ((0, 0), (0, 0), (0, more), (0, 0))), beams.caches),
        )

    def _begin(self, decoder, start_ids):
        batch_size = ops.shape(start_ids)[0]
        rows = ops.zeros((batch_size, self.num_beams), "float32")
        nothing = ops.full((batch_size, self.num_beams, self.max_new_tokens), self.end_id, "int32")
        # All beams would continue alike: only the first counts at first.
        only_first = ops.where(ops.arange(self.num_beams) > 0, IMPOSSIBLE, 0.0)
        return Beams(
            step=ops.zeros((), "int32"),
            token_ids=nothing,
            scores=rows + only_first,
            newest=ops.zeros((batch_size, self.num_beams), "int32") + ops.expand_dims(start_ids, axis=1),
            ancestry=ops.zeros((batch_size, self.num_beams, 0), "bool"),
            finished_ids=nothing,
            finished_scores=rows + IMPOSSIBLE,
            is_finished=ops.zeros((batch_size, self.num_beams), "bool"),
            improvable=ops.ones((batch_size,), "bool"),
            caches=decoder.empty_caches(batch_size, 0),
            prepared=decoder.prepare(),
        )

    def _goes_on(self, beams, length):
        more = ops.logical_and(beams.step < length, ops.any(beams.improvable))
        if self.early_stopping is True:
            more = ops.logical_and(more, ops.logical_not(ops.all(beams.is_finished)))
        return more

    def _advance(self, decoder, beams):
        """The `Beams` one token later."""
        slot = beams.step * self.num_beams
        ancestry = ops.logical_or(beams.ancestry, self._own_slots(beams.ancestry, slot))
        positions = ops.reshape(beams.step, (1, 1))
        vectors, caches = decoder.step(beams.newest, positions, ancestry, beams.caches, slot)
        candidates = self._candidates(beams, ops.cast(decoder.logits(vectors, beams.prepared), "float32"))
        beams = self._finish(beams, candidates)
        beams = self._continue(beams, candidates, ancestry)
        beams = beams._replace(step=beams.step + 1, caches=caches)
        return beams._replace(improvable=ops.logical_and(beams.improvable, self._improvable(beams)))

    def _own_slots(self, ancestry, first):
        """(1, beams, slots) bool, True where each beam's newest token is in the caches."""
        slots = ops.arange(ancestry.shape[2], dtype="int32")
        own = ops.expand_dims(first + ops.arange(self.num_beams, dtype="int32"), axis=1)
        return ops.expand_dims(ops.equal(own, ops.expand_dims(slots, axis=0)), axis=0)

    def _candidates(self, beams, logits):
        """The best continuations of a row's beams together, from logits (batch, beams, vocab_size)."""
        count, vocab_size = 2 * self.num_beams, logits.shape[-1]
        logits, normaliser = self._constrain(beams.step, logits)
        # The best of all are among the best of each beam: the whole vocabulary is read, never sorted or rewritten.
        width = min(count, vocab_size)
        logits, tokens = largest(ops.reshape(logits, (-1, vocab_size)), width)
        shape, of_row = (-1, self.num_beams, width), (-1, self.num_beams * width)
        scores = ops.reshape(logits, shape) - normaliser + ops.expand_dims(beams.scores, axis=-1)
        scores, places = largest(ops.reshape(scores, of_row), min(count, self.num_beams * width))
        newest, parents = at_places(ops.reshape(tokens, of_row), places), places // width
        token_ids = ops.slice_update(
            of_beams(beams.token_ids, parents), (0, 0, beams.step), ops.expand_dims(newest, axis=-1)
        )
        is_last = ops.equal(beams.step + 1, self.max_new_tokens)
        ended = ops.logical_or(ops.equal(newest, self.end_id), is_last)
        return Candidates(scores, token_ids, newest, parents, ended)

    def _constrain(self, step, logits):
        """Logits without the tokens that must not come, and what makes log probabilities of them (batch, beams, 1)."""
        normaliser = ops.logsumexp(logits, axis=-1, keepdims=True)
        ids = ops.arange(logits.shape[-1], dtype="int32")
        for token_id in self.suppressed_ids:
            logits = ops.where(ops.equal(ids, token_id), -float("inf"), logits)
        if self.force_end:
            must_end = ops.equal(step + 1, self.max_new_tokens)
            only_end = ops.where(ops.equal(ids, self.end_id), normaliser, -float("inf"))
            logits = ops.where(must_end, only_end, logits)
        return logits, normaliser

    def _finish(self, beams, candidates):
        """Puts candidates that ended among the finished sequences, of which the best stay."""
        length = ops.cast(beams.step + 1, "float32")
        scores = candidates.scores / length**self.length_penalty
        # What lies behind the first `num_beams` is there only so that enough sequences are left to run.
        first = ops.arange(candidates.ended.shape[1]) < self.num_beams
        is_new = ops.logical_and(candidates.ended, ops.expand_dims(first, axis=0))
        is_open = beams.improvable
        if self.early_stopping is True:
            is_open = ops.logical_and(is_open, ops.logical_not(ops.all(beams.is_finished, axis=1)))
        counts = ops.logical_and(is_new, ops.expand_dims(is_open, axis=1))
        scores = ops.where(counts, scores, 2 * IMPOSSIBLE)

        scores, chosen = ops.top_k(ops.concatenate([beams.finished_scores, scores], axis=1), self.num_beams)
        return beams._replace(
            finished_scores=scores,
            finished_ids=of_beams(ops.concatenate([beams.finished_ids, candidates.token_ids], axis=1), chosen),
            is_finished=of_beams(ops.concatenate([beams.is_finished, counts], axis=1), chosen),
        )

    def _continue(self, beams, candidates, ancestry):
        """Runs on with the best candidates that have not ended."""
        running = candidates.scores + ops.where(candidates.ended, IMPOSSIBLE, 0.0)
        scores, chosen = ops.top_k(running, self.num_beams)
        parents = of_beams(candidates.parents, chosen)
        return beams._replace(
            scores=scores,
            token_ids=of_beams(candidates.token_ids, chosen),
            newest=of_beams(candidates.newest, chosen),
            ancestry=of_beams(ancestry, parents),
        )

    def _improvable(self, beams):
        """(batch,) bool: might the best running sequence still beat the worst of the finished ones?"""
        step = ops.cast(beams.step, "float32")
        longest = float(self.max_new_tokens) if self.early_stopping == "never" and self.length_penalty > 0 else step
        best = beams.scores[:, 0] / longest**self.length_penalty
        worst = ops.where(ops.all(beams.is_finished, axis=1), ops.min(beams.finished_scores, axis=1), IMPOSSIBLE)
        return best > worst


def of_beams(x, places):
    """What stands at `places` (batch, n) along axis 1 of x (batch, beams, ...)."""
    batch_size, num_beams = ops.shape(x)[:2]
    # Whole rows are copied; `take_along_axis` would go element by element.
    flat = ops.reshape(x, (batch_size * num_beams, *x.shape[2:]))
    first = ops.expand_dims(ops.arange(batch_size, dtype="int32") * num_beams, axis=1)
    return ops.take(flat, first + places, axis=0)
