"""Caches that grow while texts are generated."""

import numpy as np

from kformer.generation import Generator, Sampling
from kformer.generation.generator import _cache_lengths
from kformer.models import GPT2Backbone
from kformer.tasks.decoding import CausalDecoder
from tests.tiny import randomise

PROMPTS = [[5, 7, 9], [3], list(range(20))]


def test_many_tokens_begin_with_room_for_half_of_them():
    assert _cache_lengths(16, 128) == (80, 144)
    assert _cache_lengths(16, 32) == (48, 48)


def test_tokens_do_not_depend_on_how_often_caches_grow():
    model = randomise(GPT2Backbone(60, 1, 8, 2, max_length=128, dropout=0.0))
    generator, sampling = Generator(CausalDecoder(model), jit_compile=False), Sampling(temperature=0.8)
    grown = generator(PROMPTS, sampling, max_new_tokens=70, seed=4)
    # Few at a time, from prompts that hold what came before: caches of one length.
    pieces = [list(prompt) for prompt in PROMPTS]
    for _ in range(7):
        added = generator(pieces, sampling, max_new_tokens=10, seed=4)
        pieces = [piece + more for piece, more in zip(pieces, added, strict=True)]
    assert grown == [piece[len(prompt) :] for piece, prompt in zip(pieces, PROMPTS, strict=True)]


def test_chunks_across_a_growth_are_whole():
    model = randomise(GPT2Backbone(60, 1, 8, 2, max_length=128, dropout=0.0))
    generator = Generator(CausalDecoder(model), jit_compile=False)
    chunks = list(generator.stream(PROMPTS, max_new_tokens=70, chunk=15))
    assert [len(chunk[0]) for chunk in chunks] == [15, 15, 15, 15, 10]
    whole = generator(PROMPTS, max_new_tokens=70)
    assert [sum(parts, []) for parts in zip(*chunks, strict=True)] == whole


def test_one_row_and_two_give_the_same_tokens():
    model = randomise(GPT2Backbone(60, 1, 8, 2, max_length=128, dropout=0.0))
    generator = Generator(CausalDecoder(model), jit_compile=False)
    np.testing.assert_array_equal(
        generator(PROMPTS[:1], max_new_tokens=9)[0], generator(PROMPTS[:2], max_new_tokens=9)[0]
    )
