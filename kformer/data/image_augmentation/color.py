"""What can become of an image's colours: float32 (height, width, 3) in 0..255 to the same, each as Pillow does it.

Brightness, contrast, saturation and hue are affine in (red, green, blue), so that any number of them is one matrix
product over the pixels.
"""

import math

import numpy as np

_MOST = 255.0
# Luma, ITU-R 601-2, as in Pillow.
GREY = np.array([0.299, 0.587, 0.114], "float32")
# Red, green and blue to luma and two axes of colour (YIQ).
_TO_YIQ = np.array([GREY, [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], "float32")
_FROM_YIQ = np.linalg.inv(_TO_YIQ).astype("float32")


def recolor(image, brightness=None, saturation=None, contrast=None, hue=None):
    """Changes brightness, saturation and hue, then contrast.

    With x a pixel, g its grey value, m the mean grey value of the image so far:

        brightness: b x        saturation: s x + (1 - s) g        contrast: c x + (1 - c) m

    and hue turns the two axes of colour of YIQ, so that grey values stay.

    Args:
        image: float32 (height, width, 3).
        brightness, saturation, contrast: scalars of at least 0, 1 changes nothing; None leaves the step out.
        hue: scalar, in turns: 0 changes nothing, 0.5 gives complementary colours.

    Returns:
        float32 (height, width, 3), clipped to 0..255.
    """
    import tensorflow as tf

    # A pixel is a row: it is multiplied from the left.
    product = tf.eye(3)
    if brightness is not None:
        product = brightness * product
    if saturation is not None:
        to_grey = np.repeat(GREY[:, None], 3, axis=1)
        product = tf.linalg.matmul(product, saturation * np.eye(3, dtype="float32") + (1 - saturation) * to_grey)
    if hue is not None:
        cos, sin = tf.cos(2 * math.pi * hue), tf.sin(2 * math.pi * hue)
        turn = tf.reshape(tf.stack([1.0, 0.0, 0.0, 0.0, cos, sin, 0.0, -sin, cos]), (3, 3))
        product = tf.linalg.matmul(product, tf.linalg.matmul(_TO_YIQ.T, tf.linalg.matmul(turn, _FROM_YIQ.T)))
    offset = 0.0
    if contrast is not None:
        mean = tf.linalg.matvec(product, mean_color(image), transpose_a=True)
        offset = (1 - contrast) * tf.tensordot(mean, GREY, 1)
        product = contrast * product
    pixels = tf.linalg.matmul(tf.reshape(image, (-1, 3)), product) + offset
    return tf.reshape(tf.clip_by_value(pixels, 0.0, _MOST), tf.shape(image))


def auto_contrast(image):
    """Stretches each channel to 0..255; one of a single value stays."""
    import tensorflow as tf

    low, high = _extremes(image)
    scale = tf.where(high > low, _MOST / (high - low), 1.0)
    offset = tf.where(high > low, -low * scale, 0.0)
    return tf.clip_by_value(image * scale + offset, 0.0, _MOST)


def equalize(image):
    """Gives each channel about as many pixels at every value, by Pillow's lookup table; one of a single value stays.

    With h the histogram, n the number of pixels and last the number at the highest value there is, value v becomes
    floor((step / 2 + sum of h below v) / step), step = floor((n - last) / 255).
    """
    import tensorflow as tf

    values = tf.cast(tf.clip_by_value(image, 0.0, _MOST), tf.int32)
    # The three channels are counted in one go, each in its own part of the table.
    places = tf.reshape(values, (-1, 3)) + np.array([0, 256, 512], "int32")
    flat = tf.reshape(places, (-1,))
    counts = tf.reshape(tf.math.bincount(flat, minlength=768, maxlength=768), (3, 256))
    highest = tf.reduce_max(tf.where(counts > 0, np.arange(256, dtype="int32"), 0), axis=1)
    last = tf.gather(counts, highest, batch_dims=1)
    step = (tf.reduce_sum(counts, axis=1) - last)[:, None] // 255
    table = (step // 2 + tf.cumsum(counts, axis=1, exclusive=True)) // tf.maximum(step, 1)
    table = tf.where(step > 0, tf.minimum(table, 255), np.arange(256, dtype="int32"))
    looked_up = tf.gather(tf.reshape(tf.cast(table, tf.float32), (-1,)), flat)
    return tf.reshape(looked_up, tf.shape(image))


def solarize(image, threshold):
    """Inverts what is at least as bright as the threshold."""
    import tensorflow as tf

    return tf.where(image < threshold, image, _MOST - image)


def posterize(image, bits):
    """Keeps the highest `bits` of the eight bits of each value."""
    import tensorflow as tf

    step = 2.0 ** (8 - tf.cast(bits, tf.float32))
    return tf.floor(image / step) * step


def sharpen(image, factor):
    """Away from its smooth version (above 1) or towards it (below 1); the outermost pixels stay."""
    import tensorflow as tf

    inner = image[1:-1, 1:-1]
    # Pillow's kernel: ones around a five. As sums of shifted images, rows first: the convolutions are slower.
    rows = image[:-2] + image[1:-1] + image[2:]
    smooth = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:] + 4.0 * inner) / 13.0
    sharp = tf.clip_by_value(smooth + factor * (inner - smooth), 0.0, _MOST)
    middle = tf.concat([image[1:-1, :1], sharp, image[1:-1, -1:]], axis=1)
    return tf.concat([image[:1], middle, image[-1:]], axis=0)


def mean_color(image):
    """float32 (3,), the mean of an image; over long rows first, for which the kernel is faster than for pixels."""
    import tensorflow as tf

    rows = tf.reduce_mean(tf.reshape(image, (tf.shape(image)[0], -1)), axis=0)
    return tf.reduce_mean(tf.reshape(rows, (-1, 3)), axis=0)


def _extremes(image):
    import tensorflow as tf

    flat = tf.reshape(image, (tf.shape(image)[0], -1))
    return tuple(reduce(tf.reshape(reduce(flat, axis=0), (-1, 3)), axis=0) for reduce in (tf.reduce_min, tf.reduce_max))
