"""From encoded bytes to pixels, in a TensorFlow graph: in `tf.data`, and inside a SavedModel."""

from kformer.data.images.exif import exif_orientation_in_graph


def decode_image(contents):
    """Pixels of an encoded image, the right way up.

    Alpha is dropped, grey becomes three equal channels, 16 bits become 8, of an animation the first frame is taken.

    Args:
        contents: string (), the bytes of a JPEG, PNG, BMP, GIF or (where TensorFlow reads it) WebP file.

    Returns:
        uint8 (height, width, 3).
    """
    import tensorflow as tf

    image = tf.io.decode_image(contents, channels=3, expand_animations=False)
    return turn_upright(tf.ensure_shape(image, (None, None, 3)), exif_orientation_in_graph(contents))


def decode_mask(contents):
    """Class indices of an encoded mask.

    Args:
        contents: string (), the bytes of a PNG file with one channel of 8 bits. `check_mask` makes such a file of
            others: TensorFlow would put colours or shades in place of the indices.

    Returns:
        int32 (height, width).
    """
    import tensorflow as tf

    return tf.cast(tf.io.decode_png(contents, channels=1)[..., 0], "int32")


def turn_upright(image, orientation):
    """The pixels as the camera was held.

    Args:
        image: (height, width, channels).
        orientation: int32 (), of EXIF. With the stored picture's first row and column lying at: 1 top, left; 2 top,
            right; 3 bottom, right; 4 bottom, left; 5 left, top; 6 right, top; 7 right, bottom; 8 left, bottom.

    Returns:
        (height, width, channels), or (width, height, channels) from 5 on.
    """
    import tensorflow as tf

    def turn():
        turned = tf.cond(orientation >= 5, lambda: tf.transpose(image, (1, 0, 2)), lambda: image)
        is_mirrored = tf.reduce_any(tf.equal(orientation, (2, 3, 6, 7)))
        turned = tf.cond(is_mirrored, lambda: turned[:, ::-1], lambda: turned)
        is_upside_down = tf.reduce_any(tf.equal(orientation, (3, 4, 7, 8)))
        return tf.cond(is_upside_down, lambda: turned[::-1], lambda: turned)

    turned = tf.cond(tf.equal(orientation, 1), lambda: image, turn)
    return tf.ensure_shape(turned, (None, None, image.shape[-1]))


def fitted_shapes(shapes, size):
    """The shapes of images whose shorter side is at most `size`: in proportion, rounded, and never larger.

    Args:
        shapes: ints (..., 2), heights and widths.
        size: int, or None for no bound.

    Returns:
        int32 (..., 2).
    """
    import tensorflow as tf

    shapes = tf.cast(shapes, "int64")
    if size is not None:
        shorter = tf.reduce_min(shapes, axis=-1, keepdims=True)
        shapes = (shapes * tf.minimum(shorter, size) + shorter // 2) // shorter
    return tf.cast(shapes, "int32")


def resize_to_fit(image, size):
    """An image scaled down until its shorter side has `size` pixels, without aliasing; a smaller one as it is.

    Args:
        image: uint8 (height, width, channels).
        size: int, or None for no bound.

    Returns:
        uint8 (height, width, channels).
    """
    import tensorflow as tf

    if size is None:
        return image
    shape = tf.shape(image)[:2]

    def shrink():
        resized = tf.image.resize(image, fitted_shapes(shape, size), antialias=True)
        return tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), "uint8")

    resized = tf.cond(tf.reduce_min(shape) > size, shrink, lambda: image)
    return tf.ensure_shape(resized, (None, None, image.shape[-1]))


def resize_mask_to_fit(mask, size):
    """A mask scaled down as `resize_to_fit` does its image; each pixel is one of the mask's own.

    Args:
        mask: int32 (height, width).
        size: int, or None for no bound.

    Returns:
        int32 (height, width).
    """
    import tensorflow as tf

    if size is None:
        return mask
    resized = tf.image.resize(mask[..., None], fitted_shapes(tf.shape(mask), size), method="nearest")
    return tf.ensure_shape(resized[..., 0], (None, None))
