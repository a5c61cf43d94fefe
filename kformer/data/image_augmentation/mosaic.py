"""Mosaic: four examples in one picture, for detection."""

import dataclasses

import numpy as np

from kformer.data.image_augmentation import affine
from kformer.data.image_augmentation.checks import check_fill, check_number, check_pair, check_size
from kformer.data.image_augmentation.composition import Compose, checked
from kformer.data.image_augmentation.draws import nth_seed, uniform
from kformer.data.image_augmentation.tracing import as_written
from kformer.data.image_augmentation.warping import warp_boxes, warp_image, warp_mask
from kformer.data.seeds import example_seeds
from kformer.data.seeds import uniform as uniform_on_host


@dataclasses.dataclass(frozen=True)
class Mosaic:
    """Puts four examples into the quarters about a random point (Bochkovskiy et al., YOLOv4, arXiv 2004.10934).

    Each is scaled at random and lies with a corner on that point; what reaches over its quarter is cut off, with its
    boxes. Every tile is resampled once, whatever moves it.

    Attributes:
        size: (height, width) of the result.
        scale: (least, most) size of a tile's image, 1 is as large as fits into the whole result.
        center: (least, most) share of each side at which the quarters meet.
        operations: tuple of `Operation` with `place`, which move each example by itself beforehand: flips, say.
        fill, ignore_index, min_box_share: as in `Compose`.

    Call arguments:
        examples: four dicts of `image`, `boxes` and `classes`, and `mask`, or not, as for `Compose`.
        seed: int32 (2,), of the first example.

    Returns:
        dict of `image` float32 (size, 3) and the boxes, classes and mask of all four; other entries are the first's.

    Raises:
        ValueError: an attribute is out of its range, or there are not four examples.
    """

    size: tuple[int, int]
    scale: tuple[float, float] = (0.4, 1.0)
    center: tuple[float, float] = (0.3, 0.7)
    operations: tuple = ()
    fill: str | float | tuple = "mean"
    ignore_index: int = 255
    min_box_share: float = 0.25

    def __post_init__(self):
        check_size("size", self.size)
        check_pair("scale", self.scale, 0)
        check_pair("center", self.center, 0, 1)
        check_fill(self.fill)
        check_number("min_box_share", self.min_box_share, 0, 1)

    @as_written
    def __call__(self, examples, seed):
        import tensorflow as tf

        if len(examples) != 4:
            raise ValueError(f"A mosaic is made of 4 examples. Received: {len(examples)}.")
        examples = [checked(example) for example in examples]
        least, most = self.center
        drawn = uniform(seed, type(self).__name__, 6)
        size = tf.constant(self.size, tf.float32)
        middle = tf.round(size * (least + (most - least) * drawn[:2]))
        tiles = [
            self._tile(example, number, size, middle, drawn[2 + number], nth_seed(seed, number))
            for number, example in enumerate(examples)
        ]
        whole = {**examples[0], "image": self._joined([tile["image"] for tile in tiles])}
        if "mask" in whole:
            whole["mask"] = self._joined([tile["mask"] for tile in tiles])
        for name in ("boxes", "classes"):
            if name in whole:
                whole[name] = tf.concat([tile[name] for tile in tiles], axis=0)
        return whole

    def _tile(self, example, number, size, middle, for_scale, seed):
        """A quarter, by rows: its image and mask, and its boxes in pixels of the whole."""
        import tensorflow as tf

        frame = tf.cast(tf.shape(example["image"])[:2], tf.float32)
        before, frame = Compose(self.operations).place(frame, seed)
        scale = tf.reduce_min(size / frame) * (self.scale[0] + (self.scale[1] - self.scale[0]) * for_scale)
        # The corner of the image that lies on the middle is its last for tiles before it, its first for those behind.
        behind = np.array(divmod(number, 2), "bool")
        corner = middle - tf.where(behind, 0.0, tf.round(scale * frame))
        forward = tf.linalg.matmul(affine.scaling(scale, scale, corner[1], corner[0]), before)
        start, end = tf.where(behind, middle, 0.0), tf.where(behind, size, middle)
        to_tile = tf.linalg.matmul(affine.scaling(1.0, 1.0, -start[1], -start[0]), forward)
        tile_size = tf.cast(end - start, tf.int32)
        aligned = all(operation.aligned for operation in self.operations)
        tile = {"image": warp_image(example["image"], to_tile, tile_size, self.fill, aligned)}
        if "mask" in example:
            tile["mask"] = warp_mask(example["mask"], to_tile, tile_size, self.ignore_index)
        if "boxes" in example:
            tile["boxes"], tile["classes"] = warp_boxes(
                example["boxes"], example["classes"], forward, start, end, self.min_box_share
            )
        return tile

    def _joined(self, quarters):
        import tensorflow as tf

        rows = [tf.concat(quarters[start : start + 2], axis=1) for start in (0, 2)]
        whole = tf.concat(rows, axis=0)
        return tf.ensure_shape(whole, (*self.size, *whole.shape[2:]))


def mosaic_partners(seed, epoch, indices, count):
    """The examples that join each in its mosaic, chosen on the host.

    Args:
        seed: int, of the run.
        epoch: int.
        indices: ints (n,), the examples' places in their data set.
        count: int, examples in the data set.

    Returns:
        int (n, 4): each example, then three others drawn from all.
    """
    # Another stream than the one that the examples' own augmentations use.
    seeds = example_seeds(seed + 1, epoch, indices)
    partners = (uniform_on_host(seeds, 3) * count).astype(int)
    return np.concatenate([np.asarray(indices, int)[:, None], partners], axis=1)
