"""The bytes of an image, which a column holds or names, and PNG files that stand in for what TensorFlow cannot read."""

import contextlib
import hashlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kformer.data.cache import cache_folder

_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF")


def read_content(source: str | bytes | None) -> tuple[bytes, str]:
    """Returns (the bytes of an image, "") or (b"", why there are none).

    Args:
        source: A path, or the bytes themselves.
    """
    if source is None or source == "":
        return b"", "it has no image"
    if isinstance(source, str):
        try:
            content = Path(source).read_bytes()
        except FileNotFoundError:
            return b"", "there is no such file"
        except OSError as error:
            return b"", f"the file cannot be read ({error.strerror})"
    else:
        content = source
    return content, "" if content else "the file is empty"


def open_image(content: bytes):
    """Returns the `PIL.Image.Image` of some bytes, its pixels not yet decoded.

    Raises:
        PIL.UnidentifiedImageError: They are in none of the formats that are read here. Pillow knows others, and for
            some it starts other programs.
    """
    from PIL import Image

    return Image.open(io.BytesIO(content), formats=_FORMATS)


@contextlib.contextmanager
def quiet_pillow() -> Iterator[None]:
    """Leaves the bound on pixels to `check_image`, which knows the user's; Pillow's own warns at half of it."""
    from PIL import Image

    most, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # broken metadata, which nobody asked about
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = most


def in_8_bits(image):
    """Returns the first frame of a `PIL.Image.Image` in grey or in colour, the right way up."""
    from PIL import Image, ImageOps

    image.seek(0)
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16"):  # Pillow's own conversion would make nearly all of it white
        return Image.fromarray((np.asarray(image) >> 8).astype("uint8"))
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def content_hash(content: bytes) -> str:
    """Returns the sha256 of some bytes."""
    return hashlib.sha256(content).hexdigest()


def encode_png(image) -> bytes:
    """Returns the PNG file of a `PIL.Image.Image`."""
    sink = io.BytesIO()
    image.save(sink, "PNG", compress_level=1)
    return sink.getvalue()


def stand_in(source: str | bytes, digest: str, png: bytes) -> str | bytes:
    """Returns what a column holds in place of an image that was converted: bytes for bytes, or a path in the cache.

    Args:
        source: What the column held.
        digest: A hash that changes whenever the file would; the file keeps the name of what it stands in for.
        png: The file's content.

    Raises:
        OSError: The cache folder cannot be written.
    """
    if isinstance(source, bytes):
        return png
    path = cache_folder() / "images" / digest[:32] / f"{Path(source).stem}.png"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside and renamed: a kill leaves a whole file or none.
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_bytes(png)
        os.replace(beside, path)
    return str(path)
