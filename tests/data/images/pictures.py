"""Little pictures for the tests."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def picture(height=6, width=9, seed=0) -> Image.Image:
    """A smooth picture in which no two corners are alike, so that it survives JPEG and shows every turn."""
    noise = np.random.default_rng(seed).integers(0, 256, (2, 3, 3), dtype="uint8")
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BILINEAR)


def encoded(image: Image.Image, format="PNG", **options) -> bytes:
    """The bytes of a picture's file."""
    sink = io.BytesIO()
    image.save(sink, format, **options)
    return sink.getvalue()


def rotated_jpeg(orientation: int, height=48, width=64) -> bytes:
    """A JPEG whose EXIF says how the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture(height, width), "JPEG", quality=95, exif=exif)


def png_header(height: int, width: int) -> bytes:
    """A PNG that says how large it is and breaks off."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(b""))
    sizes = (struct.pack(">I", len(chunk) - 4) for chunk in chunks)
    checks = (struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(b"".join(parts) for parts in zip(sizes, chunks, checks, strict=True))


def mask(values) -> Image.Image:
    """A mask of class indices, (height, width)."""
    return Image.fromarray(np.asarray(values, "uint8"))
