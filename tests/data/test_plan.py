"""Which examples make which batch."""

import itertools

import numpy as np
import pytest

from kformer.data.plan import bucket_boundaries, make_plan

LENGTHS = np.random.default_rng(0).integers(3, 40, 203)


def padded_tokens(lengths, boundaries):
    return sum(min(boundary for boundary in boundaries if boundary >= length) for length in lengths)


@pytest.mark.parametrize("num_buckets", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(4))
def test_no_other_boundaries_give_less_padding(num_buckets, seed):
    lengths = np.random.default_rng(seed).integers(1, 9, 15)
    distinct = sorted(set(lengths.tolist()))
    others = (
        (*choice, distinct[-1])
        for count in range(num_buckets)
        for choice in itertools.combinations(distinct[:-1], count)
    )
    least = min(padded_tokens(lengths, boundaries) for boundaries in others)
    assert padded_tokens(lengths, bucket_boundaries(lengths, num_buckets)) == least


def test_boundaries_ascend_to_the_longest():
    boundaries = bucket_boundaries(LENGTHS, 8)
    assert len(boundaries) == 8
    assert boundaries[-1] == LENGTHS.max()
    assert (np.diff(boundaries) > 0).all()


def test_there_are_no_more_buckets_than_lengths():
    assert bucket_boundaries(np.array([5, 5, 9]), 8).tolist() == [5, 9]
    assert bucket_boundaries(np.array([5, 5]), 8).tolist() == [5]


@pytest.mark.parametrize("seed", [None, 0])
def test_every_example_comes_once_an_epoch(seed):
    entries = make_plan(LENGTHS).epoch(seed, 3)
    assert sorted(np.concatenate([indices for _, indices in entries])) == list(range(len(LENGTHS)))


def test_an_example_fits_its_bucket():
    plan = make_plan(LENGTHS)
    for bucket, indices in plan.epoch(0):
        assert LENGTHS[indices].max() <= plan.boundaries[bucket]
        assert bucket == 0 or LENGTHS[indices].min() > plan.boundaries[bucket - 1]


def test_batches_hold_about_equal_numbers_of_tokens():
    plan = make_plan(LENGTHS, batch_size=8)
    for bucket, indices in plan.epoch(0):
        assert len(indices) <= plan.rows[bucket]
        assert plan.rows[bucket] * plan.boundaries[bucket] == pytest.approx(
            8 * LENGTHS.mean(), abs=plan.boundaries[bucket]
        )


def test_the_mean_batch_is_about_the_size_asked_for():
    lengths = np.random.default_rng(1).integers(3, 60, 5000)
    assert len(lengths) / make_plan(lengths, batch_size=32).num_batches == pytest.approx(32, rel=0.15)


def order(plan, *arguments):
    return [tuple(indices) for _, indices in plan.epoch(*arguments)]


def test_seed_and_epoch_determine_the_order():
    assert order(make_plan(LENGTHS), 5, 2) == order(make_plan(LENGTHS), 5, 2)


@pytest.mark.parametrize("other", [(6, 2), (5, 3)])
def test_another_seed_or_epoch_gives_another_order(other):
    assert order(make_plan(LENGTHS), 5, 2) != order(make_plan(LENGTHS), *other)


def test_without_a_seed_the_order_is_the_data_s():
    plan = make_plan(LENGTHS)
    assert order(plan) == order(plan, None, 7)
    assert all((np.diff(indices) > 0).all() for _, indices in plan.epoch())


@pytest.mark.parametrize("micro_batches", [1, 3, 4])
def test_the_number_of_batches_is_the_same_in_every_epoch_and_a_multiple(micro_batches):
    plan = make_plan(LENGTHS, batch_size=8, micro_batches=micro_batches)
    numbers = {len(plan.epoch(seed, epoch)) for seed in (0, 1) for epoch in range(5)}
    assert numbers == {plan.num_batches}
    assert plan.num_batches % micro_batches == 0


def test_a_multiple_that_cannot_be_reached_is_refused():
    with pytest.raises(ValueError, match="2 batches of one example cannot be spread over optimizer steps of 4: lower"):
        make_plan([3, 9], batch_size=1, micro_batches=4).epoch()


def test_a_plan_of_no_examples_is_refused():
    with pytest.raises(ValueError, match="There are no examples to make batches of. Received: 0 lengths. Give one or"):
        make_plan([])


def test_the_share_of_padding_is_counted():
    plan = make_plan([2, 4, 4], num_buckets=1)
    assert plan.num_tokens == 10
    assert plan.padding_share == pytest.approx(2 / 12)


def test_with_a_bucket_per_length_there_is_no_padding():
    assert make_plan(LENGTHS, num_buckets=40).padding_share == 0


def cost(pairs, boxes):
    return sum(min(sum(box) for box in boxes if (box >= pair).all()) for pair in pairs)


@pytest.mark.parametrize("num_buckets", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_no_other_growing_pairs_of_widths_give_less_padding(num_buckets, seed):
    pairs = np.random.default_rng(seed).integers(1, 6, (12, 2))
    corners = [np.array(corner) for corner in itertools.product(*map(np.unique, pairs.T))]
    chains = (
        (*chain, pairs.max(axis=0))
        for chain in itertools.combinations(corners, num_buckets - 1)
        if all((before <= after).all() for before, after in itertools.pairwise(chain))
    )
    least = min(cost(pairs, chain) for chain in chains)
    plan = make_plan(pairs, num_buckets=num_buckets)
    padded = sum(len(indices) * sum(widths) for widths, indices in zip(plan.boundaries, plan.buckets, strict=True))
    assert padded <= least


PAIRS = np.stack([LENGTHS, np.maximum(1, LENGTHS + np.random.default_rng(1).integers(-3, 6, len(LENGTHS)))], axis=1)


def test_a_pair_fits_its_bucket_on_both_sides():
    plan = make_plan(PAIRS)
    for bucket, indices in plan.epoch(0):
        assert (PAIRS[indices].max(axis=0) <= plan.boundaries[bucket]).all()


def test_every_pair_comes_once_an_epoch():
    plan = make_plan(PAIRS)
    assert len(plan.buckets) <= 8
    assert sorted(np.concatenate([indices for _, indices in plan.epoch(0)])) == list(range(len(PAIRS)))


def test_of_two_sides_the_longer_one_is_counted():
    assert make_plan([(3, 10), (10, 2)], num_buckets=1, batch_tokens=30).rows == (3,)


@pytest.mark.parametrize("lengths", [LENGTHS, PAIRS])
def test_no_batch_has_more_tokens_than_were_asked_for(lengths):
    plan = make_plan(lengths, batch_tokens=200)
    sizes = [len(indices) * np.max(plan.boundaries[bucket]) for bucket, indices in plan.epoch(0)]
    assert 150 < max(sizes) <= 200


def test_an_example_longer_than_a_batch_is_refused():
    message = "A batch of 20 tokens cannot hold the longest example, which has 39 tokens. Raise `batch_tokens` to 39"
    with pytest.raises(ValueError, match=message):
        make_plan(LENGTHS, batch_tokens=20)


def test_the_share_of_padding_is_that_of_both_sides():
    plan = make_plan([(2, 4), (4, 4)], num_buckets=1)
    assert plan.num_tokens == 14
    assert plan.padding_share == pytest.approx(2 / 16)
