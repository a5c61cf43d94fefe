import numpy as np

from kformer.data.image_augmentation import graph_seeds
from kformer.data.image_augmentation.draws import nth_seed, uniform
from kformer.data.seeds import example_seeds


def test_the_seeds_are_those_of_the_examples():
    seeds = graph_seeds(3, 1, [5, 9])
    assert seeds.dtype == np.int32 and seeds.shape == (2, 2)
    np.testing.assert_array_equal(seeds[:, 0].view("uint32"), example_seeds(3, 1, [5, 9]))


def test_numbers_repeat_for_a_seed_and_a_name():
    seed = graph_seeds(0, 0, [1])[0]
    np.testing.assert_array_equal(uniform(seed, "flip", 3), uniform(seed, "flip", (3,)))


def test_other_names_seeds_and_places_draw_other_numbers():
    one, other = graph_seeds(0, 0, [1, 2])
    draws = [
        uniform(one, "flip", 4),
        uniform(one, "turn", 4),
        uniform(other, "flip", 4),
        uniform(nth_seed(one, 1), "flip", 4),
    ]
    assert len(np.unique(draws)) == 16


def test_numbers_of_neighbouring_examples_are_uniform_and_unlike():
    numbers = np.array([uniform(seed, "flip", 1)[0] for seed in graph_seeds(0, 0, range(1000))])
    np.testing.assert_allclose(np.histogram(numbers, 10, (0, 1))[0], 100, atol=35)
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 0.1
