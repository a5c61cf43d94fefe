"""Mixing within a batch."""

import numpy as np
import pytest
import scipy.stats

from kformer.data.image_augmentation import CutMix, MixUp, MixUpOrCutMix
from kformer.data.image_augmentation.mixing import symmetric_beta
from tests.data.image_augmentation.scenes import SEEDS

COUNT = 64
# Image n has the value n everywhere: what was pasted is seen at once.
BATCH = {
    "images": np.broadcast_to(np.arange(COUNT, dtype="float32")[:, None, None, None], (COUNT, 12, 18, 3)).copy(),
    "targets": np.eye(COUNT, dtype="float32"),
    "indices": np.arange(COUNT),
}
MASKS = np.broadcast_to(np.arange(COUNT, dtype="uint8")[:, None, None], (COUNT, 12, 18)).copy()
MIXERS = [MixUp(1.0), CutMix(1.0), MixUpOrCutMix()]
FOLLOWING = np.roll(np.arange(COUNT), -1)


@pytest.mark.parametrize("alpha", [0.01, 0.2, 1.0, 5.0])
def test_shares_are_from_the_beta_distribution(alpha):
    shares = symmetric_beta(SEEDS[0], "test", alpha, 4000).numpy()
    assert np.isfinite(shares).all()
    # Tiny alphas put nearly all of it at both ends, which float32 rounds to 0 and 1: compare in between.
    for quantile in (0.1, 0.25, 0.5, 0.75, 0.9):
        expected = scipy.stats.beta(alpha, alpha).cdf(quantile)
        assert np.mean(shares <= quantile) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("mixer", MIXERS)
def test_labels_add_to_1(mixer):
    for seed in SEEDS[:10]:
        np.testing.assert_allclose(np.sum(mixer(BATCH, seed)["targets"], axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("mixer", [MixUp(1.0), CutMix(1.0)])
def test_every_example_has_its_own_share(mixer):
    shares = np.diag(mixer(BATCH, SEEDS[0])["targets"])
    assert len(np.unique(shares)) > COUNT / 2


@pytest.mark.parametrize("mixer", MIXERS)
def test_a_seed_repeats_and_another_draws_anew(mixer):
    one, same, other = (mixer(BATCH, seed)["images"] for seed in (SEEDS[0], SEEDS[0], SEEDS[1]))
    np.testing.assert_array_equal(one, same)
    assert (one != other).numpy().any()


@pytest.mark.parametrize("mixer", MIXERS)
def test_the_graph_of_a_data_set_gives_what_a_plain_call_gives(mixer):
    import tensorflow as tf

    batches = tf.data.Dataset.from_tensors((BATCH, SEEDS[3])).map(mixer)
    (batch,) = batches.as_numpy_iterator()
    alone = mixer(BATCH, SEEDS[3])
    for name in BATCH:
        np.testing.assert_allclose(batch[name], alone[name], atol=1e-4)
    assert batches.element_spec["images"].shape == (COUNT, 12, 18, 3)


@pytest.mark.parametrize("mixer", MIXERS)
def test_other_entries_pass_through(mixer):
    np.testing.assert_array_equal(mixer(BATCH, SEEDS[0])["indices"], BATCH["indices"])


@pytest.mark.parametrize("mixer", [MixUp(0), CutMix(0)])
def test_at_strength_0_nothing_is_mixed(mixer):
    np.testing.assert_array_equal(mixer(BATCH, SEEDS[0])["images"], BATCH["images"])


def test_images_and_targets_are_blended_by_one_share():
    mixed = MixUp(1.0)(BATCH, SEEDS[0])
    shares = np.diag(mixed["targets"])
    expected = shares * np.arange(COUNT) + (1 - shares) * FOLLOWING
    np.testing.assert_allclose(mixed["images"][:, 3, 4, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(mixed["targets"].numpy()[np.arange(COUNT), FOLLOWING], 1 - shares, atol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_share_of_the_label_is_that_of_the_pasted_pixels_exactly(seed):
    mixed = CutMix(1.0)(BATCH, SEEDS[seed])
    pasted = mixed["images"].numpy()[..., 0] != BATCH["images"][..., 0]
    share = pasted.mean(axis=(1, 2), dtype="float32")
    np.testing.assert_allclose(mixed["targets"].numpy()[np.arange(COUNT), FOLLOWING], share, atol=1e-7)


def test_a_rectangle_of_the_next_image_is_pasted():
    for image, following in zip(CutMix(1.0)(BATCH, SEEDS[0])["images"].numpy(), FOLLOWING, strict=True):
        rows, columns = np.nonzero(image[..., 0] == following)
        if len(rows):
            assert (image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1] == following).all()
            assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)


def test_masks_are_pasted_with_their_images_and_unchanged():
    """`CutMix` of Keras made floats of masks (keras#23191)."""
    batch = {"images": BATCH["images"], "masks": MASKS}
    mixed = CutMix(1.0)(batch, SEEDS[0])
    assert mixed["masks"].dtype == "uint8"
    np.testing.assert_array_equal(mixed["masks"], mixed["images"][..., 0])


def test_one_of_both_is_drawn_for_each_batch():
    whole = [np.isin(MixUpOrCutMix()(BATCH, seed)["images"], np.arange(COUNT)).all() for seed in SEEDS[:30]]
    assert np.mean(whole) == pytest.approx(0.5, abs=0.25)


@pytest.mark.parametrize("mixer", [MixUp, CutMix])
def test_a_negative_strength_is_refused(mixer):
    with pytest.raises(ValueError, match="`alpha` must be a number of at least 0. Received: alpha=-1"):
        mixer(-1)


@pytest.mark.parametrize("mixer", MIXERS)
@pytest.mark.parametrize("targets", [np.eye(COUNT, dtype="int32"), np.zeros(COUNT, "float32")])
def test_targets_that_are_no_probabilities_are_refused(mixer, targets):
    message = (
        r"`targets` must be probabilities, float \(batch, classes\), to be mixed. Received: .* Turn classes into them"
    )
    with pytest.raises(ValueError, match=message):
        mixer({**BATCH, "targets": targets}, SEEDS[0])


@pytest.mark.parametrize(("name", "use"), [("masks", "CutMix"), ("boxes", "Mosaic")])
def test_masks_and_boxes_are_not_blended(name, use):
    message = (
        f"MixUp blends probabilities of classes; `{name}` cannot be blended. Received: a batch of .*{name}. Use {use}"
    )
    with pytest.raises(ValueError, match=message):
        MixUp()({**BATCH, name: MASKS}, SEEDS[0])


def test_boxes_are_not_cut():
    with pytest.raises(
        ValueError, match="CutMix would cut objects, and their `boxes` would not fit. Received: .* Use Mosaic"
    ):
        CutMix()({**BATCH, "boxes": MASKS}, SEEDS[0])
