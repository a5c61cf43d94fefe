"""Four examples in one picture."""

import numpy as np
import pytest

from kformer.data.image_augmentation import Mosaic, RandomFlip, RandomRotation, graph_seeds, mosaic_partners
from tests.data.image_augmentation.scenes import SEEDS, in_numpy, painted_box, scene

SIZE = (64, 96)


def scenes(seed=0):
    """Four examples of different sizes, whose classes are 1 to 12."""
    examples = []
    for number, (height, width) in enumerate([(60, 80), (80, 60), (40, 90), (128, 200)]):
        example = scene(4 * seed + number, height, width)
        example["classes"] = example["classes"] + 3 * number
        example["mask"] = np.where(example["mask"], example["mask"] + 3 * number, 0).astype("int32")
        examples.append(example)
    return examples


@pytest.mark.parametrize("operations", [(), (RandomFlip(0.5, 0.5),)])
@pytest.mark.parametrize("seed", range(8))
def test_boxes_move_with_their_tiles(operations, seed):
    after = in_numpy(Mosaic(SIZE, operations=operations, min_box_share=0.0)(scenes(seed), SEEDS[seed]))
    assert after["image"].shape == (*SIZE, 3) and after["mask"].shape == SIZE
    for box, number in zip(after["boxes"], after["classes"], strict=True):
        painted = painted_box(after["mask"], number)
        if painted is None:
            assert (box[2:] - box[:2]).min() < 1
        else:
            np.testing.assert_allclose(painted, box, atol=0.51)
    assert set(np.unique(after["mask"])) - {0, 255} <= set(after["classes"])


@pytest.mark.parametrize("seed", range(4))
def test_images_and_masks_move_together(seed):
    mosaic = Mosaic(SIZE, operations=(RandomRotation(20),), fill=0)
    after = in_numpy(mosaic(scenes(seed), SEEDS[seed]))
    objects = (after["mask"] > 0) & (after["mask"] < 255)
    assert np.mean((after["image"][..., 0] > 127.5) != objects) < 0.03


def test_the_quarters_meet_at_one_point_within_the_range():
    plain = [{"image": np.full((50, 50, 3), 10 * (number + 1), "uint8")} for number in range(4)]
    for seed in SEEDS[:10]:
        image = Mosaic((40, 60), scale=(3, 3), center=(0.25, 0.75))(plain, seed)["image"].numpy()[..., 0]
        top, left = int(np.sum(image[:, 0] == 10)), int(np.sum(image[0] == 10))
        assert 10 <= top <= 30 and 15 <= left <= 45
        expected = np.block([[np.full((top, left), 10), np.full((top, 60 - left), 20)],
                             [np.full((40 - top, left), 30), np.full((40 - top, 60 - left), 40)]])  # fmt: skip
        np.testing.assert_array_equal(image, expected)


def test_the_same_example_four_times_is_drawn_four_times():
    image = Mosaic(SIZE, operations=(RandomFlip(0.5, 0.5),))([scene()] * 4, SEEDS[2])["image"].numpy()
    assert len({image[:30, :40].tobytes(), image[:30, -40:].tobytes(), image[-30:, :40].tobytes()}) == 3


def test_the_graph_of_a_data_set_gives_what_a_plain_call_gives():
    import tensorflow as tf

    mosaic = Mosaic(SIZE)
    (result,) = tf.data.Dataset.from_tensors((tuple(scenes()), SEEDS[0])).map(mosaic).as_numpy_iterator()
    alone = mosaic(scenes(), SEEDS[0])
    for name in result:
        np.testing.assert_allclose(result[name], alone[name], atol=0.01)


def test_partners_depend_on_seed_epoch_and_index_alone():
    partners = mosaic_partners(0, 0, range(1000), 1000)
    assert partners.shape == (1000, 4)
    np.testing.assert_array_equal(partners[:, 0], range(1000))
    np.testing.assert_array_equal(mosaic_partners(0, 0, [7, 3], 1000), partners[[7, 3]])
    assert (mosaic_partners(0, 1, range(1000), 1000) != partners).any()
    np.testing.assert_allclose(np.histogram(partners[:, 1:], 10, (0, 1000))[0], 300, atol=80)


def test_it_takes_four_examples():
    with pytest.raises(ValueError, match="A mosaic is made of 4 examples. Received: 3."):
        Mosaic(SIZE)(scenes()[:3], graph_seeds(0, 0, [0])[0])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": (0, 1)}, r"`size` must be two positive integers \(height, width\). Received: size=\(0, 1\)"),
        ({"scale": (0, 1)}, r"`scale` must be two numbers \(least, most\), above 0. Received: scale=\(0, 1\)"),
        (
            {"center": (0.5, 2)},
            r"`center` must be two numbers \(least, most\), above 0 and at most 1. Received: center=",
        ),
        ({"fill": "snow"}, "`fill` must be 'mean', a number .* Received: fill='snow'"),
        ({"min_box_share": 2}, "`min_box_share` must be a number from 0 to 1. Received: min_box_share=2"),
    ],
)
def test_wrong_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Mosaic(**{"size": SIZE, **settings})
