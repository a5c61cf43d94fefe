"""The orientation that a camera notes in a JPEG: the picture is stored as the sensor saw it.

A JPEG is a chain of segments (marker, length, content). The one called "Exif" holds a little TIFF file, whose first
directory has entries of 12 bytes (tag, type, count, value); tag 0x0112 is the orientation, from 1 to 8. Numbers are
in either byte order. What does not follow these rules counts as upright.
"""

import struct

_UPRIGHT = 1
_TAG, _SHORT = 0x0112, 3
_ENTRY = 12  # bytes
_EXIF = b"Exif\0\0"
_HEADER = 10  # bytes: marker, length, "Exif\0\0"


def exif_orientation(content: bytes) -> int:
    """Returns the orientation of an encoded image, from 1 (upright) to 8; 1 for all that is no JPEG with EXIF."""
    tiff = _exif_segment(content)
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return _UPRIGHT
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    if start + 2 > len(tiff):
        return _UPRIGHT
    (count,) = struct.unpack_from(order + "H", tiff, start)
    last = min(start + 2 + _ENTRY * count, len(tiff) - _ENTRY + 1)
    for position in range(start + 2, last, _ENTRY):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, position)
        if (tag, kind) == (_TAG, _SHORT):
            return value if 1 <= value <= 8 else _UPRIGHT
    return _UPRIGHT


def _exif_segment(content: bytes) -> bytes:
    position = 2
    while content[:2] == b"\xff\xd8" and position + _HEADER <= len(content):
        marker, kind, size = struct.unpack_from(">BBH", content, position)
        end = position + 2 + size
        if marker == 0xFF and kind == 0xE1 and content[position + 4 : position + _HEADER] == _EXIF:
            return content[position + _HEADER : end]
        # Applications' segments and comments come before those of the picture.
        if marker != 0xFF or not (0xE0 <= kind <= 0xEF or kind == 0xFE) or size < 2:
            break
        position = end
    return b""


def exif_orientation_in_graph(contents):
    """The same in a TensorFlow graph.

    Args:
        contents: string (), an encoded image.

    Returns:
        int32 ().
    """
    import tensorflow as tf

    start, end = _exif_bounds(contents)
    return tf.cond(
        start > 0,
        lambda: _tiff_orientation(_bytes(tf.strings.substr(contents, start, tf.maximum(end - start, 0)))),
        lambda: _UPRIGHT,
    )


def _bytes(contents):
    import tensorflow as tf

    return tf.cast(tf.io.decode_raw(contents, "uint8"), "int32")


def _exif_bounds(contents):
    """int32 (), int32 (): where the TIFF file inside begins and ends; (0, 0) where there is none."""
    import tensorflow as tf

    length = tf.strings.length(contents)

    def is_segment_left(position, start, end, is_going):
        return is_going & (position + _HEADER <= length)

    def read_segment(position, start, end, is_going):
        header = _bytes(tf.strings.substr(contents, position, _HEADER))
        kind, size = header[1], 256 * header[2] + header[3]
        following = position + 2 + size
        is_marker = tf.equal(header[0], 0xFF)
        is_exif = is_marker & tf.equal(kind, 0xE1) & tf.reduce_all(tf.equal(header[4:], list(_EXIF)))
        is_passed = is_marker & (((kind >= 0xE0) & (kind <= 0xEF)) | tf.equal(kind, 0xFE)) & (size >= 2)
        start, end = tf.where(is_exif, position + _HEADER, 0), tf.where(is_exif, following, 0)
        return following, start, end, is_passed & ~is_exif

    is_jpeg = tf.equal(tf.strings.substr(contents, 0, 2), b"\xff\xd8")
    _, start, end, _ = tf.while_loop(is_segment_left, read_segment, (2, 0, 0, is_jpeg))
    return start, end


def _tiff_orientation(tiff):
    """int32 (): the orientation in the bytes of a TIFF file, int32 (length,)."""
    import tensorflow as tf

    length = tf.size(tiff)
    # Whatever follows may look beyond the end.
    tiff = tf.concat([tiff, tf.zeros([8], "int32")], axis=0)
    is_little = tf.reduce_all(tf.equal(tiff[:2], list(b"II")))
    is_tiff = (is_little | tf.reduce_all(tf.equal(tiff[:2], list(b"MM")))) & (length >= 8)

    def number(two):
        return tf.where(is_little, two[..., 0] + 256 * two[..., 1], 256 * two[..., 0] + two[..., 1])

    halves = number(tf.reshape(tiff[4:8], [2, 2]))
    # A segment has 65,533 bytes at most: an offset with a higher half is beyond it.
    low, high = tf.where(is_little, halves[0], halves[1]), tf.where(is_little, halves[1], halves[0])
    is_tiff &= tf.equal(high, 0) & (low + 2 <= length)
    start = tf.where(is_tiff, low, 0)
    count = tf.minimum(number(tiff[start : start + 2]), tf.maximum(length - start - 2, 0) // _ENTRY)
    entries = tf.reshape(tiff[start + 2 : start + 2 + _ENTRY * count], [-1, _ENTRY])
    is_it = tf.equal(number(entries[:, :2]), _TAG) & tf.equal(number(entries[:, 2:4]), _SHORT)
    values = tf.boolean_mask(number(entries[:, 8:10]), is_it)
    value = tf.concat([values, [_UPRIGHT]], axis=0)[0]
    return tf.where(is_tiff & (value >= 1) & (value <= 8), value, _UPRIGHT)
