"""Text generation for prompts of different lengths, on the host: padding, streaming, errors."""

import functools

import keras
import numpy as np
from keras import ops

from kformer.compiling import traced
from kformer.generation.loop import begin, decode
from kformer.generation.noise import streams
from kformer.generation.sampling import Sampling

GREEDY = Sampling(temperature=0.0)
NO_END = -1  # no token has this id
SLOTS = 16  # prompts and caches grow in such steps, so that few sizes are compiled


class Generator:
    """Continues prompts of token ids; many of them at a time, each as if it were alone.

    The loop runs in the graph over cached keys and values. It is traced once; XLA compiles it once per number of rows
    and of slots, both rounded up. Sampling options and the number of tokens are inputs of it, not parts.

    Args:
        decoder: `loop.Decoder`.
        end_id: int or None, the token after which a row ends.
        jit_compile: bool, compile the loop with XLA.

    Example:

    ```python
    generator = Generator(CausalDecoder(backbone), end_id=50256)
    generator([[15496], [464, 2068]], max_new_tokens=20)
    ```
    """

    def __init__(self, decoder, end_id=None, jit_compile=True):
        self.decoder = decoder
        self.end_id = NO_END if end_id is None else end_id
        # Prompts are read once, in large matrix products: there a plain graph is as fast, and starts at once.
        self._begin = traced(functools.partial(begin, decoder))
        self._decode = traced(functools.partial(decode, decoder), jit_compile)

    def __call__(self, prompts, sampling=GREEDY, *, max_new_tokens=128, num_samples=1, seed=0):
        """The new tokens of every prompt, the end token included where it came.

        Args:
            prompts: list of lists of int.
            sampling: `Sampling`.
            max_new_tokens: int.
            num_samples: int, continuations per prompt.
            seed: int; the same seed and prompt give the same tokens, whatever else is in the batch.

        Returns:
            list of `len(prompts) * num_samples` lists of int, the samples of a prompt side by side.

        Raises:
            ValueError: for prompts that are empty, hold unknown ids or, with `max_new_tokens`, have no room.
        """
        (tokens,) = self.stream(
            prompts, sampling, max_new_tokens=max_new_tokens, num_samples=num_samples, seed=seed, chunk=max_new_tokens
        )
        return tokens

    def stream(self, prompts, sampling=GREEDY, *, max_new_tokens=128, num_samples=1, seed=0, chunk=16):
        """Yields the new tokens in chunks, as they come; `close()` on the iterator ends the work.

        Args:
            prompts, sampling, max_new_tokens, num_samples, seed: as in a call.
            chunk: int, new tokens per row and turn.

        Returns:
            Iterator over lists as a call returns them: their rows, put together, are those of a call.

        Raises:
            ValueError: as in a call.
        """
        # Not itself a generator, so that bad arguments are refused here and not at the first `next`.
        _check_counts(max_new_tokens=max_new_tokens, num_samples=num_samples, chunk=chunk)
        self._check_prompts(prompts, max_new_tokens)
        if not len(prompts):
            return iter([[]])
        rows = [list(prompt) for prompt in prompts for _ in range(num_samples)]
        samples = np.tile(np.arange(num_samples), len(prompts))
        return self._chunks(rows, streams(seed, samples), sampling.options(), max_new_tokens, chunk)

    def _chunks(self, rows, stream, options, max_new_tokens, chunk):
        # Two rows at least: of one, XLA on a CPU copies the caches in every step, whose first axis it takes away.
        num_fillers = max(_power_of_two(len(rows)), 2) - len(rows)
        stream = np.pad(stream, (0, num_fillers))
        ended = np.arange(len(rows) + num_fillers) >= len(rows)
        token_ids, start = _pad_in_front(rows + rows[:1] * num_fillers, self.decoder.max_length)
        first_length, length = _cache_lengths(token_ids.shape[1], max_new_tokens)
        state = self._begin(token_ids, start, ended, np.int32(first_length))
        for done in range(0, max_new_tokens, chunk):
            first, was_ended = int(state.index), ops.convert_to_numpy(state.ended)
            count = min(chunk, max_new_tokens - done)
            state = self._decode_up_to(length, state, stream, options, count)
            new = ops.convert_to_numpy(state.token_ids)[: len(rows), first : int(state.index)]
            yield [[] if over else self._until_end(row) for row, over in zip(new, was_ended, strict=False)]
            if np.all(ops.convert_to_numpy(state.ended)):
                return

    def _decode_up_to(self, length, state, stream, options, count):
        """`loop.decode`, with caches that get room for `length` slots when they are full."""
        while True:
            room = state.token_ids.shape[1] - int(state.index)
            state = self._decode(state, stream, options, np.int32(self.end_id), np.int32(min(count, room)))
            count -= room
            if count <= 0:
                return state
            state = _with_room(state, length)

    def _until_end(self, row):
        """A row (n,) up to its end token, as a list."""
        (ends,) = np.nonzero(row == self.end_id)
        return row[: ends[0] + 1].tolist() if len(ends) else row.tolist()

    def _check_prompts(self, prompts, max_new_tokens):
        longest, most = self.decoder.max_length, self.decoder.vocab_size
        for i, prompt in enumerate(prompts):
            if not len(prompt):
                raise ValueError(
                    f"A prompt needs at least one token, such as a start token. Received: prompt {i} is empty."
                )
            if min(prompt) < 0 or max(prompt) >= most:
                raise ValueError(
                    f"Token ids must lie in [0, {most}), the model's vocabulary. Received: prompt {i} with ids from "
                    f"{min(prompt)} to {max(prompt)}; was it tokenised for another model?"
                )
            if len(prompt) >= longest:
                raise ValueError(
                    f"A prompt must be shorter than the model's {longest} positions, to leave room for a new token. "
                    f"Received: prompt {i} of {len(prompt)} tokens; cut it."
                )
            if len(prompt) + max_new_tokens > longest:
                raise ValueError(
                    f"Prompt and new tokens must fit into the model's {longest} positions. Received: prompt {i} of "
                    f"{len(prompt)} tokens and max_new_tokens={max_new_tokens}; at most {longest - len(prompt)} new "
                    "tokens are possible."
                )


def _cache_lengths(width, max_new_tokens):
    """The slots that the caches of prompts have at first, and in the end.

    Every step reads all of them: with room for half of the new tokens at first, a quarter less is read. That is one
    size more to compile, and not worth it for few tokens.
    """
    length = _round_up(width + max_new_tokens, SLOTS)
    return (length if max_new_tokens < 4 * SLOTS else _round_up(width + max_new_tokens // 2, SLOTS)), length


def _with_room(state, length):
    """The `State` with `length` slots."""
    more = length - state.token_ids.shape[1]
    return state._replace(
        token_ids=ops.pad(state.token_ids, ((0, 0), (0, more))),
        caches=keras.tree.map_structure(lambda x: ops.pad(x, ((0, 0), (0, 0), (0, more), (0, 0))), state.caches),
    )


def _check_counts(**counts):
    for name, value in counts.items():
        if value < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={value}.")


def _pad_in_front(rows, max_length):
    """Rows as (batch, width) int32 with zeros in front, and the place of each row's first token, (batch,) int32.

    All rows then write to one slot of the caches at a time. The widths are few: powers of two.
    """
    longest = max(len(row) for row in rows)
    width = min(max(_power_of_two(longest), SLOTS), max_length)
    token_ids = np.zeros((len(rows), width), "int32")
    for i, row in enumerate(rows):
        token_ids[i, width - len(row) :] = row
    return token_ids, np.array([width - len(row) for row in rows], "int32")


def _power_of_two(n):
    """The smallest power of two that is at least n."""
    return 1 << (n - 1).bit_length()


def _round_up(n, step):
    return -(-n // step) * step
