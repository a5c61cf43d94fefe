"""Affine maps of the plane, as float32 (3, 3) matrices from (x, y, 1) to (x, y, 1) in pixels.

Pixel (row, column) covers [column, column + 1) x [row, row + 1), as boxes do: its centre is at (column + 0.5,
row + 0.5). A frame is a float32 (2,) tensor, the height and width of the picture that a map leads to.
"""


def matrix(xx, xy, x, yx, yy, y):
    """The map (u, v) -> (xx u + xy v + x, yx u + yy v + y): float32 (3, 3) of six numbers or scalars."""
    import tensorflow as tf

    rows = [tf.cast(number, tf.float32) for number in (xx, xy, x, yx, yy, y)] + [0.0, 0.0, 1.0]
    return tf.reshape(tf.stack(rows), (3, 3))


def scaling(x_scale, y_scale, x=0.0, y=0.0):
    """The map (u, v) -> (x_scale u + x, y_scale v + y): float32 (3, 3)."""
    return matrix(x_scale, 0.0, x, 0.0, y_scale, y)


def about_center(linear, frame, shift=(0.0, 0.0)):
    """A linear map that leaves the middle of the frame where it is, then a shift.

    Args:
        linear: four scalars xx, xy, yx, yy.
        frame: float32 (2,), height and width.
        shift: two scalars x, y.

    Returns:
        float32 (3, 3).
    """
    (xx, xy, yx, yy), (shift_x, shift_y) = linear, shift
    x, y = frame[1] / 2, frame[0] / 2
    # In this order the identity comes out exact, so that what is not moved is not resampled either.
    return matrix(xx, xy, x - xx * x - xy * y + shift_x, yx, yy, y - yx * x - yy * y + shift_y)


def inverse(forward):
    """The inverse of an affine map, exact for flips and the identity: float32 (3, 3)."""
    import tensorflow as tf

    return tf.linalg.inv(forward)


def numbers(forward):
    """The six scalars xx, xy, x, yx, yy, y of a map."""
    import tensorflow as tf

    return tf.unstack(tf.reshape(forward, (9,)))[:6]


def map_boxes(forward, boxes):
    """The axis-aligned boxes of the mapped corners: float32 (n, 4) of float32 (n, 4), both x0, y0, x1, y1."""
    import tensorflow as tf

    xx, xy, x, yx, yy, y = numbers(forward)
    x0, y0, x1, y1 = tf.unstack(boxes, axis=1)
    # An affine map takes its extremes at corners, each term by itself: cheaper than four corners, and exact for flips.
    u0, u1, v0, v1 = xx * x0, xx * x1, xy * y0, xy * y1
    p0, p1, q0, q1 = yx * x0, yx * x1, yy * y0, yy * y1
    return tf.stack(
        [
            tf.minimum(u0, u1) + tf.minimum(v0, v1) + x,
            tf.minimum(p0, p1) + tf.minimum(q0, q1) + y,
            tf.maximum(u0, u1) + tf.maximum(v0, v1) + x,
            tf.maximum(p0, p1) + tf.maximum(q0, q1) + y,
        ],
        axis=1,
    )
