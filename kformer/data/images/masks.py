"""Masks: a class index for each pixel, in the 8 bits of a PNG file."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kformer.data.images.checking import MAX_PIXELS
from kformer.data.images.files import content_hash, encode_png, open_image, read_content, stand_in

NO_CLASS = 255  # where a pixel has none, as in VOC
# Pillow and TensorFlow stretch fewer bits to 0 to 255: what an index is multiplied by.
_STRETCHED = {"1": 255, "L;2": 85, "L;4": 17}


@dataclass(frozen=True)
class CheckedMask:
    """What is known of a mask once it was looked at."""

    source: str | bytes | None  # the mask as it was
    content: str | bytes | None = None  # what to decode: the mask itself, or the PNG that stands in for it
    sha256: str = ""  # of the file as it was
    height: int = 0
    width: int = 0
    pixels: tuple[int, ...] = ()  # how many pixels each class has, up to the highest class there is
    problem: str = ""  # why it cannot be used


def check_mask(source: str | bytes | None, max_pixels: int = MAX_PIXELS, is_binary: bool = False) -> CheckedMask:
    """Looks at one mask and counts the pixels of each class.

    Palettes, fewer or more than 8 bits, and colours that are equal greys are written to PNG files in the cache
    folder, and those are decoded from then on.

    Args:
        source: A path, or an encoded mask.
        max_pixels: Larger masks are refused before they are decoded.
        is_binary: Whether 255 stands for class 1.
    """
    from PIL import Image

    content, problem = read_content(source)
    if problem:
        return CheckedMask(source, problem=problem.replace("image", "mask"))
    try:
        with open_image(content) as image:
            if image.width * image.height > max_pixels:
                problem = f"its mask has {image.height:,} x {image.width:,} pixels, and `max_pixels` is {max_pixels:,}"
                return CheckedMask(source, problem=problem)
            indices, problem, is_as_stored = _indices(image)
    except Exception as error:  # noqa: BLE001 - each of Pillow's decoders raises what it likes
        reason = "it is no image" if isinstance(error, Image.UnidentifiedImageError) else str(error).strip().rstrip(".")
        return CheckedMask(source, problem=f"its mask {_name(source)}is damaged: {reason}")
    if problem:
        return CheckedMask(source, problem=f"its mask {_name(source)}{problem}")
    digest = content_hash(content)
    if is_binary:
        indices, is_as_stored = indices // 255, False
    kept = source
    if not is_as_stored:
        # The same file may be an image elsewhere.
        key = content_hash(f"mask {is_binary} {digest}".encode())
        kept = stand_in(source, key, encode_png(Image.fromarray(indices)))
    return CheckedMask(source, kept, digest, *indices.shape, tuple(np.bincount(indices.ravel()).tolist()))


def mask_problem(mask: CheckedMask, height: int, width: int, num_classes: int | None) -> str:
    """Returns why a mask does not go with its image or with the classes, or "".

    Args:
        mask: What `check_mask` returned.
        height: The image's.
        width: The image's.
        num_classes: How many classes have names; None where any number goes.
    """
    if mask.problem:
        return mask.problem
    if (mask.height, mask.width) != (height, width):
        return f"its mask {_name(mask.source)}has {mask.width} x {mask.height} pixels, the image {width} x {height}"
    if num_classes is not None:
        wrong = next((value for value in range(num_classes, len(mask.pixels)) if is_class(mask.pixels, value)), None)
        if wrong is not None:
            known = f"the {num_classes} classes are 0 to {num_classes - 1}, and {NO_CLASS} is none"
            return f"its mask {_name(mask.source)}has class {wrong}: {known}"
    return ""


def is_class(pixels: Sequence[int], value: int) -> bool:
    """Tells whether a value occurs in a mask as a class."""
    return value != NO_CLASS and value < len(pixels) and pixels[value] > 0


def _indices(image) -> tuple[np.ndarray, str, bool]:
    """Returns the class indices, what is wrong with them, and whether the file holds them as they are."""
    if image.format in ("JPEG", "MPO"):
        return np.zeros((0, 0), int), "is a JPEG, which blurs class indices: save masks as PNG", False
    # Pillow tells how a file packs its pixels in the tiles that it is about to read.
    packed = image.tile[0][3] if image.tile else image.mode
    stretched = _STRETCHED.get(packed, 1) if isinstance(packed, str) else 1
    image.load()
    values = np.asarray(image if image.mode != "1" else image.convert("L"))
    if values.ndim == 3:
        colours = values if image.mode == "RGB" else values[..., : 1 if image.mode == "LA" else 3]
        values = colours[..., 0]
        if (colours != values[..., None]).any():
            return values, f"is a picture in colour ({image.mode}): save the index of each pixel's class", False
    if values.dtype.kind not in "ui":
        return values, f"has pixels of the kind {image.mode!r}: save the index of each pixel's class in 8 bits", False
    if values.size and (values.min() < 0 or values.max() > NO_CLASS):
        wrong = values.min() if values.min() < 0 else values.max()
        return values, f"has class {wrong}: classes are 0 to {NO_CLASS}", False
    is_as_stored = image.format == "PNG" and image.mode == "L" and stretched == 1
    return values.astype("uint8") // np.uint8(stretched), "", is_as_stored


def _name(content: str | bytes | None) -> str:
    return f"{content} " if isinstance(content, str) else ""
