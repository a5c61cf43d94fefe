"""The loop of decoding: one token per row and turn, all in the graph."""

from typing import Any, NamedTuple, Protocol

from keras import ops

from kformer.generation.sampling import choose


class Decoder(Protocol):
    """What generation asks of a model that reads from left to right."""

    vocab_size: int
    max_length: int  # number of positions

    def empty_caches(self, batch_size, length):
        """Keys and values for `length` slots: a nest of tensors (batch, heads, length, d_head)."""

    def prepare(self):
        """What all steps of a loop read beside the caches, computed once before it: a nest of tensors."""

    def step(self, token_ids, positions, attention_mask, caches, cache_index):
        """Reads tokens; returns their vectors and the caches with their keys and values.

        Args:
            token_ids: (batch, n) int32.
            positions: (batch or 1, n) int32.
            attention_mask: (batch, n or 1, length) bool, the slots of the caches that each token may see; it sees no
                slot after its own in any case.
            caches: of `empty_caches`, or the last step.
            cache_index: scalar int32, the slot of the first token; the others follow.
        """

    def logits(self, vectors, prepared):
        """Logits (batch, n, vocab_size) of the token that follows each vector (batch, n, d_model).

        Args:
            vectors: of `step`.
            prepared: of `prepare`.
        """


class State(NamedTuple):
    """Where the decoding of a batch stands.

    Rows begin at different slots, behind padding, so that all of them write to one slot at a time. The newest token of
    each row stands in `token_ids`, but not yet in the caches.
    """

    token_ids: Any  # (batch, length) int32
    index: Any  # scalar int32, the slot of the next token
    start: Any  # (batch,) int32, the slot of each row's first token
    ended: Any  # (batch,) bool
    seen: Any  # (batch, vocab_size) bool, the tokens that a row has
    caches: Any
    prepared: Any  # of the decoder, the same in all steps


def begin(decoder, prompts, start, ended, length):
    """Reads prompts in one call.

    Args:
        decoder: `Decoder`.
        prompts: (batch, width) int32, padded in front; every row has a last token.
        start: (batch,) int32, the slot of each row's first token.
        ended: (batch,) bool, rows that are there to fill the batch.
        length: int or scalar tensor, the slots that prompts and new tokens need together.

    Returns:
        `State`.
    """
    batch_size, width = ops.shape(prompts)[:2]
    token_ids = ops.pad(prompts, ((0, 0), (0, length - width)))
    slots = ops.expand_dims(ops.arange(width, dtype="int32"), axis=0)
    first = ops.expand_dims(start, axis=1)
    # Padding stands for the row's last token, which marks it as seen once more.
    real = ops.where(slots >= first, prompts, prompts[:, -1:])
    caches = decoder.empty_caches(batch_size, length)
    if prompts.shape[1] != 1:
        _, caches = decoder.step(
            prompts[:, :-1], ops.maximum(slots - first, 0)[:, :-1], visible(start, length), caches, 0
        )
    seen = mark_prompts(real, decoder.vocab_size)
    return State(token_ids, ops.cast(width, "int32"), start, ended, seen, caches, decoder.prepare())


def decode(decoder, state, stream, options, end_id, count):
    """Adds up to `count` tokens to every row; ends early when all rows have ended.

    Args:
        decoder: `Decoder`.
        state: `State`.
        stream: (batch,) uint32, of `noise.streams`.
        options: `sampling.Options`.
        end_id: scalar int32, the token that ends a row, which then repeats it; -1 for none.
        count: scalar int32.

    Returns:
        `State`.
    """
    last = state.index + count
    mask = visible(state.start, ops.shape(state.token_ids)[1])

    def unfinished(*values):
        now = State(*values)
        return ops.logical_and(now.index < last, ops.logical_not(ops.all(now.ended)))

    def turn(*values):
        return tuple(advance(decoder, State(*values), mask, stream, options, end_id))

    return State(*ops.while_loop(unfinished, turn, tuple(state)))


def advance(decoder, state, mask, stream, options, end_id):
    """The `State` with one more token in every row."""
    newest = ops.slice(state.token_ids, (0, state.index - 1), (ops.shape(state.token_ids)[0], 1))
    positions = state.index - 1 - state.start
    vectors, caches = decoder.step(newest, ops.expand_dims(positions, axis=1), mask, state.caches, state.index - 1)
    # The graph does not know the sizes of what it was handed, and the vocabulary's is needed.
    logits = ops.reshape(decoder.logits(vectors, state.prepared), (-1, decoder.vocab_size))
    logits = ops.cast(logits, "float32")
    chosen = choose(logits, state.seen, stream, positions + 1, options)
    chosen = ops.where(state.ended, end_id, chosen)
    column = ops.expand_dims(chosen, axis=1)
    return State(
        token_ids=ops.slice_update(state.token_ids, (0, state.index), column),
        index=state.index + 1,
        start=state.start,
        ended=ops.logical_or(state.ended, ops.equal(chosen, end_id)),
        seen=ops.logical_or(state.seen, ops.equal(column, ops.arange(decoder.vocab_size, dtype="int32"))),
        caches=caches,
        prepared=state.prepared,
    )


def visible(start, length):
    """(batch, 1, length) bool: the slots that are not padding."""
    return ops.expand_dims(ops.arange(length, dtype="int32"), axis=(0, 1)) >= ops.expand_dims(start, axis=(1, 2))


def mark_prompts(token_ids, vocab_size):
    """(batch, vocab_size) bool, True at the tokens of each row (batch, width)."""
    batch_size, width = ops.shape(token_ids)[:2]
    rows = ops.repeat(ops.arange(batch_size, dtype="int32"), width)
    places = ops.stack([rows, ops.reshape(token_ids, (-1,))], axis=1)
    nowhere = ops.zeros((batch_size, vocab_size), "bool")
    return ops.scatter_update(nowhere, places, ops.ones_like(rows, dtype="bool"))
