"""The orientation in a JPEG, on the host and in the graph."""

import struct

import numpy as np
import pytest
import tensorflow as tf

from kformer.data.images.exif import exif_orientation, exif_orientation_in_graph
from tests.data.images.pictures import encoded, picture, rotated_jpeg

IN_GRAPH = tf.function(exif_orientation_in_graph, input_signature=[tf.TensorSpec((), "string")])


def tiff(order, entries, count=None):
    """A TIFF directory of (tag, type, value) in one byte order: "<" or ">"."""
    count = len(entries) if count is None else count
    header = {"<": b"II", ">": b"MM"}[order] + struct.pack(order + "HIH", 42, 8, count)
    return header + b"".join(struct.pack(order + "HHIHH", tag, kind, 1, value, 0) for tag, kind, value in entries)


def jpeg(content, before=b""):
    """The beginning of a JPEG with this content in its EXIF segment."""
    segment = b"Exif\0\0" + content
    return b"\xff\xd8" + before + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + b"\xff\xdb\0\4\0\0"


def both(content):
    """The orientation, once host and graph agree on it."""
    on_host, in_graph = exif_orientation(content), int(IN_GRAPH(content))
    assert on_host == in_graph
    return on_host


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_read_in_both_byte_orders(order, orientation):
    assert both(jpeg(tiff(order, [(0x010F, 2, 7), (0x0112, 3, orientation), (0x011A, 5, 1)]))) == orientation


def test_pillow_writes_what_is_read():
    assert [both(rotated_jpeg(orientation)) for orientation in range(1, 9)] == list(range(1, 9))


def test_segments_of_applications_and_comments_are_passed():
    before = b"\xff\xe0\0\4ab" + b"\xff\xfe\0\3c"
    assert both(jpeg(tiff("<", [(0x0112, 3, 6)]), before)) == 6


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xd8", id="only the start"),
        pytest.param(encoded(picture(), "PNG"), id="PNG"),
        pytest.param(encoded(picture(), "JPEG"), id="JPEG without EXIF"),
        pytest.param(jpeg(tiff("<", [(0x0112, 3, 6)]), before=b"\xff\xdb\0\4\0\0"), id="behind the tables"),
        pytest.param(jpeg(tiff("<", [(0x0112, 3, 9)])), id="no such orientation"),
        pytest.param(jpeg(tiff("<", [(0x0112, 4, 6)])), id="not a short"),
        pytest.param(jpeg(tiff("<", [(0x0112, 3, 6)], count=0)), id="no entries"),
        pytest.param(jpeg(b""), id="empty segment"),
        pytest.param(jpeg(b"II*\0"), id="cut off"),
        pytest.param(jpeg(b"II*\0\xff\xff\xff\xff\1\0"), id="offset beyond the end"),
        pytest.param(jpeg(b"XX" + tiff("<", [(0x0112, 3, 6)])[2:]), id="no byte order"),
        pytest.param(b"\xff\xd8\xff\xe1\0\0Exif\0\0" + tiff("<", [(0x0112, 3, 6)]), id="length 0"),
    ],
)
def test_all_else_is_upright(content):
    assert both(content) == 1


def test_more_entries_than_there_are_do_no_harm():
    assert both(jpeg(tiff(">", [(0x0112, 3, 8)], count=60_000))) == 8


def test_host_and_graph_agree_on_whatever_bytes_come():
    random = np.random.default_rng(0)
    whole = jpeg(tiff("<", [(0x010F, 2, 7), (0x0112, 3, 6)]), b"\xff\xe0\0\4ab")
    seen = set()
    for _ in range(400):
        content = np.frombuffer(whole, "uint8").copy()
        content[random.integers(2, len(content), 2)] = random.integers(0, 256, 2)
        seen.add(both(content[: random.integers(2, len(content) + 1)].tobytes()))
    assert {1, 6} <= seen
