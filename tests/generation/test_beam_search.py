"""Beam search."""

import functools
import itertools

import numpy as np
import pytest
import tensorflow as tf

import kformer as kf
from kformer.generation import BeamSearch, beam_search, traced
from kformer.tasks.decoding import TargetDecoder, alignments
from tests.tiny import randomise

START, END = 1, 6  # with the weights below some sequences end early, some late and some not at all
VOCAB_SIZE = 9
SOURCE = np.array([[5, 3, 4, 8, 0], [7, 6, 0, 0, 0], [3, 3, 8, 4, 6]], "int32")


@functools.cache
def model():
    sizes = {"num_layers": 1, "d_model": 16, "num_heads": 2, "d_ff": 16, "max_length": 12}
    return randomise(kf.TransformerModel(input_vocab_size=VOCAB_SIZE, target_vocab_size=VOCAB_SIZE, **sizes), seed=5)


def search(source_ids=SOURCE, num_beams=3, max_new_tokens=6, **settings):
    decoder = TargetDecoder(model(), source_ids)
    found = BeamSearch(num_beams, max_new_tokens, END, **settings)(decoder, np.full(len(source_ids), START, "int32"))
    return np.asarray(found.token_ids), np.asarray(found.scores)


@functools.cache
def log_probabilities(row, tokens):
    """Of every token after `tokens` (a tuple), from reading everything anew."""
    target = np.zeros((1, 12), "int32")
    target[0, : len(tokens) + 1] = (START, *tokens)
    logits = np.asarray(model()({"source_ids": SOURCE[row : row + 1], "target_ids": target}))[0, len(tokens)]
    logits = logits.astype("float64")
    return logits - np.log(np.exp(logits).sum())


def by_hand(row, num_beams, max_new_tokens, length_penalty, early_stopping):
    """The finished sequences of a row as [(score, tokens)], the best first: lists, loops and no cache."""
    running, finished = [(0.0, ())], []
    for length in range(1, max_new_tokens + 1):
        candidates = [
            (score + added, (*tokens, token))
            for score, tokens in running
            for token, added in enumerate(log_probabilities(row, tokens))
        ]
        candidates = sorted(candidates, reverse=True)[: 2 * num_beams]
        ended = [tokens[-1] == END or length == max_new_tokens for _, tokens in candidates]
        new = [(score / length**length_penalty, tokens) for score, tokens in itertools.compress(candidates, ended)]
        among_the_first = [pair for pair, is_end in zip(candidates[:num_beams], ended, strict=False) if is_end]
        finished = sorted(finished + new[: len(among_the_first)], reverse=True)[:num_beams]
        running = [pair for pair, is_end in zip(candidates, ended, strict=True) if not is_end][:num_beams]
        if len(finished) == num_beams:
            horizon = max_new_tokens if early_stopping == "never" and length_penalty > 0 else length
            if early_stopping is True or not running:
                break
            if running[0][0] / horizon**length_penalty <= finished[-1][0]:
                break
    return finished


@pytest.mark.parametrize("early_stopping", [True, False, "never"])
@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 2.0])
def test_it_finds_what_lists_and_loops_find(length_penalty, early_stopping):
    token_ids, scores = search(length_penalty=length_penalty, early_stopping=early_stopping)
    for row in range(len(SOURCE)):
        expected = by_hand(row, 3, 6, length_penalty, early_stopping)
        np.testing.assert_allclose(scores[row], [score for score, _ in expected], atol=1e-5)
        assert [tuple(ids[: len(tokens)]) for ids, (_, tokens) in zip(token_ids[row], expected, strict=True)] == [
            tokens for _, tokens in expected
        ]


def test_caches_that_grow_give_the_same(monkeypatch):
    token_ids, scores = search(max_new_tokens=9)
    monkeypatch.setattr(beam_search, "FIRST_LENGTH", 2)
    grown_ids, grown_scores = search(max_new_tokens=9)
    np.testing.assert_array_equal(grown_ids, token_ids)
    np.testing.assert_allclose(grown_scores, scores, atol=1e-5)


def test_with_beams_enough_it_finds_the_best_of_all_sequences():
    token_ids, scores = search(num_beams=VOCAB_SIZE, max_new_tokens=2, length_penalty=0.0)
    others = [token for token in range(VOCAB_SIZE) if token != END]
    for row in range(len(SOURCE)):
        first = log_probabilities(row, ())
        pairs = {(a, b): first[a] + log_probabilities(row, (a,))[b] for a in others for b in range(VOCAB_SIZE)}
        best = sorted({(END, END): first[END], **pairs}.items(), key=lambda pair: -pair[1])[:VOCAB_SIZE]
        assert [tuple(ids) for ids in token_ids[row].tolist()] == [tokens for tokens, _ in best]
        np.testing.assert_allclose(scores[row], [score for _, score in best], atol=1e-5)


def test_one_beam_is_greedy():
    token_ids, _ = search(num_beams=1, length_penalty=0.0)
    for row in range(len(SOURCE)):
        tokens = ()
        while len(tokens) < 6 and END not in tokens:
            tokens = (*tokens, int(log_probabilities(row, tokens).argmax()))
        assert tuple(token_ids[row, 0, : len(tokens)]) == tokens


def test_a_row_alone_gives_what_it_gives_among_others():
    token_ids, scores = search()
    for row in range(len(SOURCE)):
        real = SOURCE[row : row + 1, : (SOURCE[row] != 0).sum()]
        alone_ids, alone_scores = search(real)
        np.testing.assert_array_equal(alone_ids[0], token_ids[row])
        np.testing.assert_allclose(alone_scores[0], scores[row], atol=1e-5)


def test_what_follows_the_end_is_the_end():
    token_ids, _ = search(length_penalty=-1.0)  # short sequences win
    ended = np.cumsum(token_ids == END, axis=-1) > 0
    assert ended[..., :-1].any()
    assert np.all(token_ids[ended] == END)


def test_suppressed_tokens_never_come():
    usual = int(search()[0][0, 0, 0])
    token_ids, _ = search(suppressed_ids=[usual])
    assert usual not in token_ids


def test_suppressed_tokens_keep_their_probability():
    usual = int(search()[0][0, 0, 0])
    token_ids, scores = search(num_beams=1, suppressed_ids=[usual], length_penalty=0.0)
    tokens = tuple(token_ids[0, 0].tolist())
    tokens = tokens[: tokens.index(END) + 1] if END in tokens else tokens
    expected = sum(log_probabilities(0, tokens[:i])[token] for i, token in enumerate(tokens))
    assert scores[0, 0] == pytest.approx(expected, abs=1e-5)


def test_a_forced_end_costs_nothing():
    token_ids, scores = search(num_beams=1, max_new_tokens=2, suppressed_ids=[END], length_penalty=0.0)
    forced_ids, forced_scores = search(num_beams=1, max_new_tokens=3, force_end=True, length_penalty=0.0)
    longest = ~np.any(forced_ids[:, 0, :2] == END, axis=-1)
    assert longest.any()
    assert np.all(forced_ids[longest, 0, 2] == END)
    np.testing.assert_allclose(forced_scores[longest], scores[longest], atol=1e-5)
    np.testing.assert_array_equal(forced_ids[longest, 0, :2], token_ids[longest, 0])


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_graph_of_any_size_gives_the_same(jit_compile):
    def run(source_ids):
        start_ids = tf.fill([tf.shape(source_ids)[0]], START)
        return BeamSearch(3, 6, END)(TargetDecoder(model(), source_ids), start_ids)

    graph = traced(run, jit_compile)
    for source_ids in (SOURCE, SOURCE[1:2, :2]):
        token_ids, scores = search(source_ids)
        np.testing.assert_array_equal(graph(source_ids).token_ids, token_ids)
        np.testing.assert_allclose(graph(source_ids).scores, scores, atol=1e-5)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_it_works_in_a_saved_model(jit_compile, tmp_path):
    module = tf.Module()
    module.model = model()

    @tf.function(autograph=False, jit_compile=jit_compile)
    def run(source_ids):
        start_ids = tf.fill([tf.shape(source_ids)[0]], START)
        return BeamSearch(3, 6, END)(TargetDecoder(module.model, source_ids), start_ids).token_ids

    module.serve = tf.function(run, input_signature=[tf.TensorSpec([None, None], "int32")], autograph=False)
    tf.saved_model.save(module, str(tmp_path))
    loaded = tf.saved_model.load(str(tmp_path))
    np.testing.assert_array_equal(loaded.serve(tf.constant(SOURCE)), search()[0])


def test_alignments_are_shares_of_the_source():
    token_ids, _ = search()
    target_ids = np.concatenate([np.full((3, 1), START), token_ids[:, 0, :-1]], axis=1).astype("int32")
    shares = np.asarray(alignments(model(), SOURCE, target_ids))
    assert shares.shape == (3, 6, 5)
    np.testing.assert_allclose(shares.sum(-1), 1.0, atol=1e-5)
    assert np.all(shares[1, :, 2:] < 1e-6)  # padding


@pytest.mark.parametrize("name", ["num_beams", "max_new_tokens"])
def test_counts_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"`{name}` must be at least 1. Received: {name}=0."):
        search(**{name: 0})


def test_an_unknown_rule_to_stop_is_refused():
    with pytest.raises(ValueError, match="`early_stopping` must be True, False or 'never'. Received.*'always'"):
        search(early_stopping="always")


def test_more_tokens_than_positions_are_refused():
    with pytest.raises(ValueError, match="at most 12, the model's positions. Received: max_new_tokens=13."):
        search(max_new_tokens=13)
