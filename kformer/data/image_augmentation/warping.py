"""One resampling of an image, its boxes and its mask by one affine map."""

import numpy as np

from kformer.data.image_augmentation import affine
from kformer.data.image_augmentation.color import mean_color

# Source pixels per pixel from which a turned picture is shrunk with a filter before it is sampled at four points.
_ALIASES_FROM = 1.5
# Of a pixel: what lies nearer to the edge counts as outside, since the kernels round in other ways than this file.
_EDGE = 1e-3


def warp(example, forward, size, fill="mean", ignore_index=255, min_box_share=0.25):
    """Moves everything in an example by one map.

    Args:
        example: dict of `image` (height, width, 3), and `boxes` with `classes`, and `mask`, where it has them; anything
            else stays as it is.
        forward: float32 (3, 3), from pixels of the example to pixels of the result, see `affine`.
        size: height and width of the result: two ints, or int32 (2,).
        fill: what is outside the image: "mean" for its mean colour, a number from 0 to 255, or three.
        ignore_index: int, the class of mask pixels outside.
        min_box_share: float, boxes of which a smaller share of the area is left in the picture are dropped.

    Returns:
        dict, a new one: `image` float32 (size, 3), `boxes` float32 (m, 4), `classes` (m,), `mask` (size), of its dtype.
    """
    moved = {**example, "image": warp_image(example["image"], forward, size, fill)}
    if "boxes" in example:
        moved["boxes"], moved["classes"] = warp_boxes(
            example["boxes"], example["classes"], forward, (0, 0), size, min_box_share
        )
    if "mask" in example:
        moved["mask"] = warp_mask(example["mask"], forward, size, ignore_index)
    return moved


def warp_image(image, forward, size, fill="mean"):
    """Resamples an image with bilinear weights, and with a filter of the right width where it shrinks.

    A map without rotation and shear is sampled along rows and then along columns, with antialiasing, and gives what
    `tf.image.resize(antialias=True)` gives of a crop.

    Args:
        image: (height, width, 3) of any real dtype.
        forward: float32 (3, 3).
        size: two ints, or int32 (2,).
        fill: "mean", a number, or three.

    Returns:
        float32 (size, 3).
    """
    import tensorflow as tf

    static = tuple(size) if isinstance(size, tuple | list) else (None, None)
    size = tf.cast(size, tf.int32)
    image = tf.cast(image, tf.float32)
    aligned = tf.logical_and(forward[0, 1] == 0.0, forward[1, 0] == 0.0)
    warped = tf.cond(
        aligned, lambda: _sample_separably(image, forward, size), lambda: _sample_anywhere(image, forward, size)
    )
    backward = affine.inverse(forward)
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

    scale = tf.stack([forward[1, 1], forward[0, 0]])
    shift = tf.stack([forward[1, 2], forward[0, 2]])
    flipped = scale < 0
    # The kernel knows no negative scales: sample the mirror image of the result, then mirror.
    shift = tf.where(flipped, tf.cast(size, tf.float32) - shift, shift)
    sampled = tf.raw_ops.ScaleAndTranslate(
        images=image[None], size=size, scale=tf.abs(scale), translation=shift, kernel_type="triangle", antialias=True
    )[0]
    mirrored = tf.concat([flipped, [False]], axis=0)
    return tf.cond(tf.reduce_any(flipped), lambda: tf.raw_ops.Reverse(tensor=sampled, dims=mirrored), lambda: sampled)


def _sample_anywhere(image, forward, size):
    """For all maps: float32 (size, channels), the edge's colours outside."""
    import tensorflow as tf

    backward = affine.inverse(forward)
    # Source pixels per pixel, along the source's rows and columns.
    rates = tf.stack([tf.norm(backward[1, :2]), tf.norm(backward[0, :2])])
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    rates = tf.where(rates > _ALIASES_FROM, rates, 1.0)

    def shrink():
        shrunk = tf.maximum(tf.round(sides / rates), 1.0)
        ratio = shrunk / sides
        smaller = _sample_separably(image, affine.scaling(ratio[1], ratio[0]), tf.cast(shrunk, tf.int32))
        return smaller, tf.linalg.matmul(affine.scaling(ratio[1], ratio[0]), backward)

    source, backward = tf.cond(tf.reduce_any(rates > 1.0), shrink, lambda: (image, backward))
    return _project(source, backward, size, "BILINEAR", "NEAREST", 0.0)


def _project(image, backward, size, interpolation, fill_mode, fill_value):
    """Samples at the points that a map leads back to: (size, channels)."""
    import tensorflow as tf

    xx, xy, x, yx, yy, y = affine.numbers(backward)
    # The kernel counts from the centre of the first pixel, not from its corner.
    x, y = x + (xx + xy - 1) / 2, y + (yx + yy - 1) / 2
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=image[None],
        transforms=tf.stack([xx, xy, x, yx, yy, y, 0.0, 0.0])[None],
        output_shape=tf.cast(size, tf.int32),
        fill_value=tf.cast(fill_value, tf.float32),
        interpolation=interpolation,
        fill_mode=fill_mode,
    )[0]


def _source_points(backward, rows, columns):
    """Where pixel centres come from: x and y, each float32 (rows, columns)."""
    xx, xy, x, yx, yy, y = affine.numbers(backward)
    u, v = (columns + 0.5)[None, :], (rows + 0.5)[:, None]
    return xx * u + xy * v + x, yx * u + yy * v + y


def _inside_of(points, shape):
    import tensorflow as tf

    (x, y), sides = points, tf.cast(shape, tf.float32)
    inside_x = tf.logical_and(x >= _EDGE, x <= sides[1] - _EDGE)
    return tf.logical_and(inside_x, tf.logical_and(y >= _EDGE, y <= sides[0] - _EDGE))


def _inside(backward, shape, size):
    """bool (size): where the image is seen."""
    import tensorflow as tf

    rows, columns = (tf.range(tf.cast(side, tf.float32)) for side in tf.unstack(size))
    return _inside_of(_source_points(backward, rows, columns), shape)


def _reaches_outside(backward, shape, size):
    """bool: whether one of the outermost pixels, and so any, lies outside the image."""
    import tensorflow as tf

    height, width = tf.unstack(tf.cast(size, tf.float32))
    corners = _source_points(backward, tf.stack([0.0, height - 1]), tf.stack([0.0, width - 1]))
    return tf.logical_not(tf.reduce_all(_inside_of(corners, shape)))


def _fill_color(image, fill):
    import tensorflow as tf

    if fill == "mean":
        return mean_color(image)
    return tf.constant(np.broadcast_to(np.asarray(fill, "float32"), (3,)))


def _areas(boxes):
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
