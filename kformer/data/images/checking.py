"""A look at each image when it is loaded: what cannot be used is known before training, and by name."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from kformer.data.images.exif import exif_orientation
from kformer.data.images.files import (
    content_hash,
    encode_png,
    in_8_bits,
    open_image,
    quiet_pillow,
    read_content,
    stand_in,
)

MAX_PIXELS = 178_000_000  # where Pillow, too, suspects a file that unpacks to fill the memory
_ORIENTATION = 0x0112
# What TensorFlow decodes to the pixels that Pillow sees; of 16 bits both take the higher 8.
_READABLE = {
    "JPEG": ("L", "RGB", "CMYK"),
    "MPO": ("L", "RGB"),  # a JPEG with more pictures behind it, as some telephones write them
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "BMP": ("RGB",),  # palettes come out as their indices
}


@dataclass(frozen=True)
class CheckedImage:
    """What is known of an image once it was looked at."""

    content: str | bytes | None  # what to decode: the image itself, or the PNG that stands in for it
    sha256: str = ""  # of the file as it was
    height: int = 0  # the right way up
    width: int = 0
    problem: str = ""  # why it cannot be used


def check_image(source: str | bytes | None, max_pixels: int = MAX_PIXELS) -> CheckedImage:
    """Looks at one image: its header first, then whether it decodes to its end.

    TIFF, WebP, GIF, palettes in BMP, and pictures that other files than JPEG say to turn are written to PNG files in
    the cache folder, the right way up, and those are decoded from then on.

    Args:
        source: A path, or an encoded image.
        max_pixels: Larger images are refused before they are decoded.
    """
    from PIL import Image

    content, problem = read_content(source)
    if problem:
        return CheckedImage(source, problem=problem)
    try:
        with open_image(content) as image:
            if image.width * image.height > max_pixels:
                problem = f"it has {image.height:,} x {image.width:,} pixels, and `max_pixels` is {max_pixels:,}"
                return CheckedImage(source, problem=problem)
            return _look(source, content, image)
    except Image.UnidentifiedImageError:
        return CheckedImage(source, problem="it is no image, whatever its name says")
    except Exception as error:  # noqa: BLE001 - each of Pillow's decoders raises what it likes
        reason = str(error).strip().rstrip(".") or type(error).__name__
        return CheckedImage(source, problem=f"the image is damaged: {reason}")


def check_all(check: Callable, sources: Sequence[str | bytes | None]) -> list:
    """Returns `check(source)` of every source, in threads; equal sources are looked at once."""
    distinct = list(dict.fromkeys(sources))
    with quiet_pillow(), ThreadPoolExecutor() as threads:
        checked = dict(zip(distinct, threads.map(check, distinct), strict=True))
    return [checked[source] for source in sources]


def _look(source: str | bytes, content: bytes, image) -> CheckedImage:
    digest = content_hash(content)
    is_jpeg = image.format in ("JPEG", "MPO")
    orientation = exif_orientation(content) if is_jpeg else image.getexif().get(_ORIENTATION, 1)
    height, width = image.height, image.width
    if is_jpeg and orientation >= 5:
        height, width = width, height
    if image.mode in _READABLE.get(image.format, ()) and (is_jpeg or orientation == 1):
        # An eighth of the size is enough to find out whether all of a JPEG is there, and several times faster.
        image.draft(image.mode, (max(image.width // 8, 1), max(image.height // 8, 1)))
        image.load()
        return CheckedImage(source, digest, height, width)
    if image.mode in ("I", "F"):
        return CheckedImage(source, problem="its pixels are numbers of 32 bits: save it with 8 or 16 bits a channel")
    upright = in_8_bits(image)
    return CheckedImage(stand_in(source, digest, encode_png(upright)), digest, upright.height, upright.width)
