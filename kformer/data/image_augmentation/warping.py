"""One resampling of an image, its boxes and its mask by one affine map."""

import numpy as np

from kformer.data.image_augmentation import affine
from kformer.data.image_augmentation.color import mean_color

# Source pixels per pixel from which a turned picture is shrunk with a filter before it is sampled at four points.
_ALIASES_FROM = 1.5
_FROM_CENTER = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]], "float32")
_TO_CENTER = np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]], "float32")
# Of a pixel: what lies nearer to the edge counts as outside, since the kernels round in other ways than this file.
_EDGE = 1e-3


def warp(example, forward, size, fill="mean", ignore_index=255, min_box_share=0.25, aligned=None):
    """Moves everything in an example by one map.

    Args:
        example: dict of `image` (height, width, 3), and `boxes` with `classes`, and `mask`, where it has them; anything
            else stays as it is.
        forward: float32 (3, 3), from pixels of the example to pixels of the result, see `affine`.
        size: height and width of the result: two ints, or int32 (2,).
        fill: what is outside the image, see `warp_image`.
        ignore_index: int, the class of mask pixels outside.
        min_box_share: float, boxes of which a smaller share of the area is left in the picture are dropped.
        aligned: as for `warp_image`.

    Returns:
        dict, a new one: `image` float32 (size, 3), `boxes` float32 (m, 4), `classes` (m,), `mask` (size), of its dtype.
    """
    moved = {**example, "image": warp_image(example["image"], forward, size, fill, aligned)}
    if "boxes" in example:
        moved["boxes"], moved["classes"] = warp_boxes(
            example["boxes"], example["classes"], forward, (0, 0), size, min_box_share
        )
    if "mask" in example:
        moved["mask"] = warp_mask(example["mask"], forward, size, ignore_index)
    return moved


def warp_image(image, forward, size, fill="mean", aligned=None):
    """Resamples an image with bilinear weights, and with a filter of the right width where it shrinks.

    A map without rotation and shear is sampled along rows and then along columns, with antialiasing, and gives what
    `tf.image.resize(antialias=True)` gives of a crop.

    Args:
        image: (height, width, 3) of any real dtype.
        forward: float32 (3, 3).
        size: two ints, or int32 (2,).
        fill: what is outside: "mean" for the mean colour, "reflect" for the image mirrored at its edges, a number
            from 0 to 255, or three.
        aligned: True where it is known that the map neither rotates nor shears, which saves a part of the graph.

    Returns:
        float32 (size, 3).
    """
    import tensorflow as tf

    static = tuple(size) if isinstance(size, tuple | list) else (None, None)
    size = tf.cast(size, tf.int32)
    image = tf.cast(image, tf.float32)
    backward = affine.inverse(forward)
    if fill == "reflect":
        return tf.ensure_shape(_sample_anywhere(image, backward, size, "REFLECT"), (*static, 3))
    if aligned:
        warped = _sample_separably(image, forward, size)
    else:
        warped = tf.cond(
            tf.reduce_all(tf.gather(tf.reshape(forward, (9,)), [1, 3]) == 0.0),
            lambda: _sample_separably(image, forward, size),
            lambda: _sample_anywhere(image, backward, size),
        )
    warped = tf.cond(
        _reaches_outside(backward, tf.shape(image), size),
        lambda: tf.where(_inside(backward, tf.shape(image), size)[..., None], warped, _fill_color(image, fill)),
        lambda: warped,
    )
    return tf.ensure_shape(warped, (*static, 3))


def warp_boxes(boxes, classes, forward, start, end, min_box_share=0.25):
    """Moves boxes, clips them and drops those of which too little is left.

    Args:
        boxes: float32 (n, 4), x0, y0, x1, y1 in pixels.
        classes: (n,).
        forward: float32 (3, 3).
        start, end: the rectangle that is seen: (top, left) and (bottom, right), numbers or scalars.
        min_box_share: float, of the area of the moved box.

    Returns:
        boxes float32 (m, 4) and classes (m,).
    """
    import tensorflow as tf

    moved = affine.map_boxes(forward, tf.cast(boxes, tf.float32))
    # Axes in the order of the boxes, which is not that of a size: `RandomCrop` of Keras mixed them up (keras#23518).
    (top, left), (bottom, right) = (tf.unstack(tf.cast(corner, tf.float32)) for corner in (start, end))
    low, high = tf.stack([left, top, left, top]), tf.stack([right, bottom, right, bottom])
    clipped = tf.clip_by_value(moved, low, high)
    area, left_over = _areas(moved), _areas(clipped)
    kept = tf.logical_and(left_over > 0, left_over >= min_box_share * area)
    return tf.boolean_mask(clipped, kept), tf.boolean_mask(classes, kept)


def warp_mask(mask, forward, size, ignore_index=255):
    """Takes the nearest pixel, so that no class and no dtype comes in that was not there (keras#23191).

    Args:
        mask: int (height, width).
        forward: float32 (3, 3).
        size: two ints, or int32 (2,).
        ignore_index: int, outside the mask.

    Returns:
        (size) of the mask's dtype.
    """
    import tensorflow as tf

    static = tuple(size) if isinstance(size, tuple | list) else (None, None)
    dtype = mask.dtype
    warped = _project(
        tf.cast(mask, tf.int32)[..., None], affine.inverse(forward), size, "NEAREST", "CONSTANT", ignore_index
    )
    return tf.ensure_shape(tf.cast(warped[..., 0], dtype), static)


def _sample_separably(image, forward, size):
    """For maps without rotation and shear: float32 (size, channels), 0 outside."""
    import tensorflow as tf

    scale, shift = tf.unstack(tf.gather(tf.reshape(forward, (9,)), [[4, 0], [5, 2]]))
    flipped = scale < 0
    # The kernel knows no negative scales: sample the mirror image of the result, then mirror.
    shift = tf.where(flipped, tf.cast(size, tf.float32) - shift, shift)
    sampled = tf.raw_ops.ScaleAndTranslate(
        images=image[None], size=size, scale=tf.abs(scale), translation=shift, kernel_type="triangle", antialias=True
    )[0]
    mirrored = tf.concat([flipped, [False]], axis=0)
    return tf.cond(tf.reduce_any(flipped), lambda: tf.raw_ops.Reverse(tensor=sampled, dims=mirrored), lambda: sampled)


def _sample_anywhere(image, backward, size, outside="NEAREST"):
    """For all maps, by their inverse: float32 (size, channels), outside the edge's colours, or mirrored ones."""
    import tensorflow as tf

    # Source pixels per pixel, along the source's rows and columns.
    rates = tf.reverse(tf.norm(backward[:2, :2], axis=1), [0])
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    rates = tf.where(rates > _ALIASES_FROM, rates, 1.0)

    def shrink():
        shrunk = tf.maximum(tf.round(sides / rates), 1.0)
        ratio = shrunk / sides
        smaller = _sample_separably(image, affine.scaling(ratio[1], ratio[0]), tf.cast(shrunk, tf.int32))
        return smaller, tf.linalg.matmul(affine.scaling(ratio[1], ratio[0]), backward)

    source, backward = tf.cond(tf.reduce_any(rates > 1.0), shrink, lambda: (image, backward))
    return _project(source, backward, size, "BILINEAR", outside, 0.0)


def _project(image, backward, size, interpolation, fill_mode, fill_value):
    """Samples at the points that a map leads back to: (size, channels)."""
    import tensorflow as tf

    # The kernel counts from the centre of the first pixel, not from its corner.
    numbers = tf.reshape(tf.linalg.matmul(_TO_CENTER, tf.linalg.matmul(backward, _FROM_CENTER)), (9,))
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=image[None],
        transforms=numbers[None, :8],
        output_shape=tf.cast(size, tf.int32),
        fill_value=tf.cast(fill_value, tf.float32),
        interpolation=interpolation,
        fill_mode=fill_mode,
    )[0]


def _inside(backward, shape, size):
    """bool (size): where the image is seen."""
    import tensorflow as tf

    xx, xy, x, yx, yy, y = affine.numbers(backward)
    rows, columns = (tf.range(tf.cast(side, tf.float32)) + 0.5 for side in tf.unstack(size))
    u, v, sides = columns[None, :], rows[:, None], tf.cast(shape, tf.float32)
    source_x, source_y = xx * u + xy * v + x, yx * u + yy * v + y
    inside_x = tf.logical_and(source_x >= _EDGE, source_x <= sides[1] - _EDGE)
    return tf.logical_and(inside_x, tf.logical_and(source_y >= _EDGE, source_y <= sides[0] - _EDGE))


def _reaches_outside(backward, shape, size):
    """bool: whether the centre of one of the outermost pixels, and so any, lies outside the image."""
    import tensorflow as tf

    sides = tf.reverse(tf.cast(size, tf.float32), [0])
    # The centres in the corners, each a column (x, y, 1).
    corners = tf.concat([[[0, 1, 0, 1], [0, 0, 1, 1]] * (sides - 1)[:, None] + 0.5, np.ones((1, 4), "float32")], axis=0)
    source = tf.linalg.matmul(backward, corners)[:2]
    most = tf.cast(tf.reverse(shape[:2], [0]), tf.float32)[:, None] - _EDGE
    return tf.reduce_any(tf.logical_or(source < _EDGE, source > most))


def _fill_color(image, fill):
    import tensorflow as tf

    if fill == "mean":
        return mean_color(image)
    return tf.constant(np.broadcast_to(np.asarray(fill, "float32"), (3,)))


def _areas(boxes):
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
