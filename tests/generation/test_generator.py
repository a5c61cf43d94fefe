"""Continuing prompts: greedy and sampled, alone and in batches, whole and in chunks."""

import functools

import numpy as np
import pytest

from kformer.generation import Generator, Sampling
from kformer.models import GPT2Backbone
from kformer.tasks.decoding import CausalDecoder
from tests.tiny import randomise

VOCAB_SIZE = 30
PROMPTS = [[5, 9, 3, 3, 12, 7], [4], list(range(1, 19)), [8, 8, 20]]
WARM = Sampling(temperature=1.5)


@functools.cache
def backbone():
    sizes = {"vocab_size": VOCAB_SIZE, "num_layers": 2, "d_model": 8, "num_heads": 2, "max_length": 48}
    return randomise(GPT2Backbone(**sizes))


@functools.cache
def generator(end_id=None, jit_compile=False):
    # Compiled or not, the tokens are the same: the tests below compile once, which takes seconds.
    return Generator(CausalDecoder(backbone()), end_id, jit_compile)


def next_logits(token_ids):
    """The logits of the next token, from reading everything anew."""
    padded = np.zeros((1, 48), "int32")  # behind what is read: no position sees a later one
    padded[0, : len(token_ids)] = token_ids
    outputs = backbone()({"token_ids": padded})
    return np.array(backbone().logits(outputs["sequence_output"]))[0, len(token_ids) - 1]


def greedily(prompt, count):
    """`count` greedy tokens without a cache."""
    tokens = list(prompt)
    for _ in range(count):
        tokens.append(int(next_logits(tokens).argmax()))
    return tokens[len(prompt) :]


@pytest.mark.parametrize("jit_compile", [False, True])
def test_cached_decoding_equals_reading_everything_anew(jit_compile):
    tokens = generator(None, jit_compile)(PROMPTS, max_new_tokens=12)
    assert tokens == [greedily(prompt, 12) for prompt in PROMPTS]


@pytest.mark.parametrize("sampling", [Sampling(temperature=0.0), WARM], ids=["greedy", "sampled"])
def test_prompts_of_different_lengths_give_what_each_gives_alone(sampling):
    together = generator()(PROMPTS, sampling, max_new_tokens=10, seed=3)
    assert together == [generator()([prompt], sampling, max_new_tokens=10, seed=3)[0] for prompt in PROMPTS]


def test_a_seed_repeats():
    first, again = (generator()(PROMPTS, WARM, max_new_tokens=10, seed=7) for _ in range(2))
    assert first == again


def test_another_seed_differs():
    assert generator()(PROMPTS, WARM, max_new_tokens=10, seed=7) != generator()(
        PROMPTS, WARM, max_new_tokens=10, seed=8
    )


def test_samples_of_one_prompt_differ():
    first, second = generator()([[5, 9]], WARM, max_new_tokens=10, num_samples=2)
    assert first != second


def test_samples_stand_beside_their_prompt():
    tokens = generator()(PROMPTS, WARM, max_new_tokens=4, num_samples=2)
    assert tokens[::2] == generator()(PROMPTS, WARM, max_new_tokens=4)


def test_a_row_ends_with_its_end_token():
    end_id = greedily(PROMPTS[0], 6)[5]
    tokens = generator(end_id)(PROMPTS, max_new_tokens=12)
    for prompt, row in zip(PROMPTS, tokens, strict=True):
        whole = greedily(prompt, 12)
        assert row == (whole[: whole.index(end_id) + 1] if end_id in whole else whole)


def test_the_loop_stops_when_all_rows_have_ended():
    end_id = greedily(PROMPTS[0], 1)[0]
    chunks = list(generator(end_id).stream(PROMPTS[:1], max_new_tokens=40, chunk=2))
    assert chunks == [[[end_id]]]


@pytest.mark.parametrize("sampling", [Sampling(temperature=0.0), WARM], ids=["greedy", "sampled"])
def test_chunks_put_together_are_the_whole(sampling):
    end_id = greedily(PROMPTS[0], 4)[3]
    chunks = list(generator(end_id).stream(PROMPTS, sampling, max_new_tokens=11, chunk=4))
    whole = generator(end_id)(PROMPTS, sampling, max_new_tokens=11)
    assert [sum(rows, []) for rows in zip(*chunks, strict=True)] == whole


def test_a_stream_can_be_closed():
    stream = generator().stream([[5]], max_new_tokens=40, chunk=1)
    next(stream)
    stream.close()
    assert list(stream) == []


def test_a_repetition_penalty_counts_the_prompt_and_what_was_generated():
    prompt = [5, 9]
    tokens = generator()([prompt], Sampling(temperature=0.0, repetition_penalty=1.5), max_new_tokens=12)[0]
    for i, token in enumerate(tokens):
        logits, seen = next_logits(prompt + tokens[:i]), list({*prompt, *tokens[:i]})
        logits[seen] = np.where(logits[seen] > 0, logits[seen] / 1.5, logits[seen] * 1.5)
        assert token == logits.argmax()


def test_options_and_lengths_never_retrace():
    calls = []

    class Counted(CausalDecoder):
        def logits(self, vectors, prepared):
            calls.append(1)
            return super().logits(vectors, prepared)

    counted = Generator(Counted(backbone()), jit_compile=False)
    counted(PROMPTS, max_new_tokens=3)
    counted(PROMPTS[:1], Sampling(0.7, top_k=3, top_p=0.9, repetition_penalty=1.2), max_new_tokens=5, num_samples=3)
    assert len(calls) == 1


def test_no_prompts_give_no_tokens():
    assert generator()([]) == []


def test_an_empty_prompt_is_refused():
    with pytest.raises(ValueError, match="A prompt needs at least one token.*Received: prompt 1 is empty"):
        generator()([[5], []], max_new_tokens=1)


def test_a_prompt_longer_than_the_positions_is_refused():
    with pytest.raises(
        ValueError, match="must be shorter than the model's 48 positions.*prompt 0 of 50 tokens; cut it"
    ):
        generator()([[5] * 50])


def test_more_new_tokens_than_positions_are_refused():
    with pytest.raises(
        ValueError, match="prompt 1 of 40 tokens and max_new_tokens=9; at most 8 new tokens are possible"
    ):
        generator()([[5], [5] * 40], max_new_tokens=9)


@pytest.mark.parametrize("name", ["max_new_tokens", "num_samples"])
def test_counts_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}=0."):
        generator()([[5]], **{name: 0})


def test_a_chunk_below_one_is_refused():
    with pytest.raises(ValueError, match="`chunk` must be at least 1. Received: chunk=0."):
        generator().stream([[5]], chunk=0)


def test_ids_of_another_vocabulary_are_refused():
    with pytest.raises(ValueError, match=r"must lie in \[0, 30\).*prompt 0 with ids from 3 to 30; was it tokenised"):
        generator()([[3, 30]])
