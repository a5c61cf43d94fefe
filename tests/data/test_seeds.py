import numpy as np

from kformer.data.seeds import example_seeds, uniform


def test_an_example_s_seed_depends_on_nothing_beside_it():
    whole = example_seeds(3, 1, range(1000))
    np.testing.assert_array_equal(example_seeds(3, 1, [7, 500, 7]), whole[[7, 500, 7]])


def test_seeds_differ_between_runs_epochs_and_examples():
    seeds = [example_seeds(seed, epoch, range(1000)) for seed in range(5) for epoch in range(5)]
    assert len(np.unique(np.concatenate(seeds))) == 25_000


def test_neighbouring_examples_have_unlike_seeds():
    seeds = example_seeds(0, 0, range(20_000)).astype("float64") / 2**32
    assert abs(seeds.mean() - 0.5) < 0.01
    assert abs(np.corrcoef(seeds[1:], seeds[:-1])[0, 1]) < 0.02


def test_the_numbers_of_positions_are_uniform_and_differ():
    numbers = uniform(example_seeds(0, 0, range(100)), 100)
    assert len(np.unique(numbers)) == 10_000
    assert numbers.min() >= 0 and numbers.max() < 1
    np.testing.assert_allclose(np.histogram(numbers, 10, (0, 1))[0], 1000, atol=120)


def test_a_position_s_number_does_not_depend_on_the_width():
    seeds = example_seeds(1, 2, [3, 4])
    np.testing.assert_array_equal(uniform(seeds, 9)[:, :4], uniform(seeds, 4))
