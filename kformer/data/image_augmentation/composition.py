"""Operations on an example, and their composition: all movements in one resampling, then all changes of colour."""

import dataclasses

from kformer.data.image_augmentation import affine
from kformer.data.image_augmentation.checks import check_fill, check_number
from kformer.data.image_augmentation.draws import nth_seed
from kformer.data.image_augmentation.tracing import as_written
from kformer.data.image_augmentation.warping import warp


class Operation:
    """An augmentation of one example, in the graph.

    A subclass is a frozen dataclass with one or both of

    - `place(frame, seed)`, where the picture goes: from the frame, float32 (2,) height and width, to (float32 (3, 3),
      the new frame), see `affine`. One that decides the size of the result has it as `size`, (height, width), and one
      that rotates or shears has `aligned` False;
    - `paint(image, seed)`, what becomes of its colours: float32 (height, width, 3) in 0..255 to the same.

    Both draw from the seed, int32 (2,), with `draws.uniform`: the result depends on nothing else.
    """

    aligned = True

    @as_written
    def __call__(self, example, seed):
        """The example with this operation alone, as `Compose` does it."""
        return Compose((self,))(example, seed)


@dataclasses.dataclass(frozen=True)
class Compose:
    """Several operations, in the order given, with one resampling for all that move something.

    Movements come before colours: the eye sees no difference, and nothing is resampled again and again.

    Attributes:
        operations: tuple of `Operation`.
        fill: colour of what lies outside the image: "mean" for its own mean, "reflect" for the image mirrored at its
            edges, a number from 0 to 255, or three.
        ignore_index: int, class of mask pixels outside the image.
        min_box_share: float, boxes of which a smaller share of the area stays in the picture are dropped with their
            classes.

    Call arguments:
        example: dict of `image`, uint8 or float (height, width, 3) in 0..255; `boxes` float32 (n, 4), x0, y0, x1, y1 in
            pixels, with `classes` int32 (n,), or not; `mask` int (height, width), or not. Other entries stay.
        seed: int32 (2,), of `draws.graph_seeds`.

    Returns:
        a new dict; `image` is float32 (height, width, 3) in 0..255.

    Raises:
        ValueError: an attribute is out of its range, or the example is not as described.
    """

    operations: tuple
    fill: str | float | tuple = "mean"
    ignore_index: int = 255
    min_box_share: float = 0.25

    def __post_init__(self):
        check_fill(self.fill, "reflect")
        check_number("min_box_share", self.min_box_share, 0, 1)

    @as_written
    def __call__(self, example, seed):
        import tensorflow as tf

        example = checked(example)
        seed = tf.convert_to_tensor(seed)
        if any(hasattr(operation, "place") for operation in self.operations):
            forward, frame = self.place(tf.cast(tf.shape(example["image"])[:2], tf.float32), seed)
            size = self.size or _static_size(example["image"]) or tf.cast(frame, tf.int32)
            aligned = all(operation.aligned for operation in self.operations if hasattr(operation, "place"))
            example = warp(example, forward, size, self.fill, self.ignore_index, self.min_box_share, aligned)
        image = tf.cast(example["image"], tf.float32)
        for operation, own_seed in _with_seeds(self.operations, seed):
            if hasattr(operation, "paint"):
                image = operation.paint(image, own_seed)
        return {**example, "image": tf.ensure_shape(image, example["image"].shape)}

    @property
    def size(self):
        """(height, width) of the result, or None where it is that of the example."""
        sizes = [operation.size for operation in self.operations if hasattr(operation, "size")]
        return tuple(sizes[-1]) if sizes else None

    def place(self, frame, seed):
        """The map of all movements together: float32 (3, 3), and the last frame: float32 (2,)."""
        import tensorflow as tf

        whole = None
        for operation, own_seed in _with_seeds(self.operations, seed):
            if hasattr(operation, "place"):
                forward, frame = operation.place(frame, own_seed)
                whole = forward if whole is None else tf.linalg.matmul(forward, whole)
        return affine.scaling(1.0, 1.0) if whole is None else whole, frame


def checked(example):
    """The example with an image whose number of channels is known.

    Raises:
        ValueError: the image is not (height, width, 3), or boxes come without classes.
    """
    import tensorflow as tf

    image = tf.convert_to_tensor(example["image"])
    if image.shape.rank is not None and (image.shape.rank != 3 or image.shape[-1] not in (3, None)):
        raise ValueError(
            f"`image` must be of shape (height, width, 3). Received: {tuple(image.shape)}. Augmentations take one "
            "image at a time: map them over the data set before it is batched."
        )
    if "boxes" in example and "classes" not in example:
        raise ValueError(
            f"`boxes` need `classes` beside them, so that both are dropped together. Received: {', '.join(example)}."
        )
    return {**example, "image": tf.ensure_shape(image, (None, None, 3))}


def _with_seeds(operations, seed):
    """Pairs of an operation and its seed; the second of a kind has another than the first."""
    seen = {}
    for operation in operations:
        number = seen.get(type(operation), 0)
        seen[type(operation)] = number + 1
        yield operation, nth_seed(seed, number)


def _static_size(image):
    sides = tuple(image.shape[:2])
    return None if None in sides else sides
