"""MixUp and CutMix: examples of a batch are mixed with each other, and so are their targets."""

import dataclasses

import numpy as np

from kformer.data.image_augmentation.checks import check_number
from kformer.data.image_augmentation.draws import named_seed, uniform
from kformer.data.image_augmentation.tracing import as_written


@dataclasses.dataclass(frozen=True)
class MixUp:
    """Blends each image and its target with those of the next in the batch (Zhang et al., arXiv 1710.09412).

        image = l image + (1 - l) next image,   target = l target + (1 - l) next target,   l ~ Beta(alpha, alpha)

    with an own l for each example. The batch's order is random already, so the next is as good as any.

    Attributes:
        alpha: float, 0 mixes nothing, 0.2 mostly a little, 1 anything alike.

    Call arguments:
        batch: dict of `images`, float (batch, height, width, 3), and `targets`, float (batch, classes): probabilities.
        seed: int32 (2,), of the batch: that of its first example, say.

    Returns:
        a new dict.

    Raises:
        ValueError: alpha is negative, the batch has masks or boxes, or the targets are no probabilities.
    """

    alpha: float = 0.2

    def __post_init__(self):
        check_number("alpha", self.alpha, 0)

    @as_written
    def __call__(self, batch, seed):
        import tensorflow as tf

        unmixable = [name for name in ("masks", "boxes") if name in batch]
        if unmixable:
            raise ValueError(
                f"MixUp blends probabilities of classes; `{unmixable[0]}` cannot be blended. Received: a batch of "
                f"{', '.join(batch)}. Use {'CutMix' if unmixable == ['masks'] else 'Mosaic'}, or leave MixUp out."
            )
        if not self.alpha:
            return batch
        batch = _as_tensors(batch)
        share = symmetric_beta(seed, type(self).__name__, self.alpha, tf.shape(batch["images"])[0])
        return {**batch, **{name: _blended(batch[name], share) for name in ("images", "targets")}}


@dataclasses.dataclass(frozen=True)
class CutMix:
    """Pastes a rectangle of the next image of the batch into each (Yun et al., arXiv 1905.04899).

    The rectangle has the share 1 - l of the area, l ~ Beta(alpha, alpha), and its middle anywhere, so that the edge of
    the image may cut it. The target's share is that of the pixels that were pasted. Masks are pasted with their images,
    unchanged (`CutMix` of Keras turned them into floats, keras#23191).

    Attributes:
        alpha: float, 0 mixes nothing, 1 gives all areas alike.

    Call arguments:
        batch: dict of `images`, float (batch, height, width, 3), with `targets`, float (batch, classes): probabilities,
            or `masks`, int (batch, height, width), or both.
        seed: int32 (2,), of the batch.

    Returns:
        a new dict.

    Raises:
        ValueError: alpha is negative, the batch has boxes, or the targets are no probabilities.
    """

    alpha: float = 1.0

    def __post_init__(self):
        check_number("alpha", self.alpha, 0)

    @as_written
    def __call__(self, batch, seed):
        import tensorflow as tf

        if "boxes" in batch:
            raise ValueError(
                f"CutMix would cut objects, and their `boxes` would not fit. Received: a batch of {', '.join(batch)}. "
                "Use Mosaic, or leave CutMix out."
            )
        if not self.alpha:
            return batch
        batch = _as_tensors(batch)
        pasted = self._rectangles(tf.shape(batch["images"]), seed)
        mixed = {"images": tf.where(pasted[..., None], _next(batch["images"]), batch["images"])}
        if "targets" in batch:
            kept = 1.0 - tf.reduce_mean(tf.cast(pasted, tf.float32), axis=(1, 2))
            mixed["targets"] = _blended(batch["targets"], kept)
        if "masks" in batch:
            mixed["masks"] = tf.where(pasted, _next(batch["masks"]), batch["masks"])
        return {**batch, **mixed}

    def _rectangles(self, shape, seed):
        """bool (batch, height, width), True where the next image shows."""
        import tensorflow as tf

        name, (count, height, width, _) = type(self).__name__, tf.unstack(shape)
        side = tf.sqrt(1.0 - symmetric_beta(seed, name, self.alpha, count))
        middles = uniform(seed, name + ".middle", (2, count))

        def covered(length, middle):
            pixels = tf.cast(length, tf.float32)
            start = tf.round(middle * pixels - side * pixels / 2)
            end = start + tf.round(side * pixels)
            places = tf.range(pixels)[None, :]
            return tf.logical_and(places >= start[:, None], places < end[:, None])

        rows, columns = covered(height, middles[0]), covered(width, middles[1])
        return tf.logical_and(rows[:, :, None], columns[:, None, :])


@dataclasses.dataclass(frozen=True)
class MixUpOrCutMix:
    """One of both for each batch, with equal probability, as in DeiT (Touvron et al., arXiv 2012.12877).

    Attributes:
        mix_up: `MixUp`.
        cut_mix: `CutMix`.
    """

    mix_up: MixUp = MixUp(0.8)
    cut_mix: CutMix = CutMix(1.0)

    @as_written
    def __call__(self, batch, seed):
        import tensorflow as tf

        mixed = {name: batch[name] for name in ("images", "targets")}
        first = uniform(seed, type(self).__name__, 1)[0] < 0.5
        mixed = tf.cond(first, lambda: self.mix_up(mixed, seed), lambda: self.cut_mix(mixed, seed))
        return {**batch, **mixed}


def symmetric_beta(seed, name, alpha, count):
    """Draws from Beta(alpha, alpha), as l = G / (G + H) of two gamma variables, by their logarithms.

    A gamma variable of small alpha is often smaller than the smallest number, and 0 / 0 would follow. That of alpha is
    distributed as that of alpha + 1 times U^(1 / alpha) with U uniform (Marsaglia and Tsang, 2000), whose logarithm is
    in range.

    Args:
        seed: int32 (2,).
        name: str, of the operation.
        alpha: float above 0.
        count: int or scalar.

    Returns:
        float32 (count,) in [0, 1].
    """
    import tensorflow as tf

    boosted = tf.random.stateless_gamma((2, count), named_seed(seed, name + ".gamma"), alpha + 1.0)
    # 1 - U, which is never 0.
    log_uniform = tf.math.log1p(-uniform(seed, name + ".uniform", (2, count)))
    logs = tf.math.log(boosted) + log_uniform / np.float32(alpha)
    return tf.sigmoid(logs[0] - logs[1])


def _as_tensors(batch):
    import tensorflow as tf

    batch = {name: tf.convert_to_tensor(value) for name, value in batch.items()}
    targets = batch.get("targets")
    if targets is not None and not (targets.dtype.is_floating and targets.shape.rank == 2):
        raise ValueError(
            f"`targets` must be probabilities, float (batch, classes), to be mixed. Received: {targets.dtype.name} "
            f"{tuple(targets.shape)}. Turn classes into them with `tf.one_hot`."
        )
    return batch


def _next(tensor):
    import tensorflow as tf

    return tf.roll(tensor, -1, axis=0)


def _blended(tensor, share):
    """share tensor + (1 - share) next tensor, with one share per example."""
    import tensorflow as tf

    share = tf.reshape(tf.cast(share, tensor.dtype), (-1, *[1] * (tensor.shape.rank - 1)))
    return share * tensor + (1 - share) * _next(tensor)
