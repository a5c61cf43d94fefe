"""What a person gives for an image, as the bytes of a file that the graph decodes."""

from pathlib import Path

import numpy as np


def read_images(inputs):
    """The encoded form of each image.

    Args:
        inputs: list of paths, bytes of files, uint8 arrays (height, width, 3) or (height, width), or PIL images.

    Returns:
        list of bytes.

    Raises:
        FileNotFoundError, ValueError: an image is absent or cannot be decoded; it is named.
        TypeError: an input is none of these.
    """
    from kformer.data.images.checking import check_all, check_image

    sources = [_source(item, number) for number, item in enumerate(inputs)]
    contents = []
    for number, (source, checked) in enumerate(zip(sources, check_all(check_image, sources), strict=True)):
        if checked.problem:
            name = source if isinstance(source, str) else f"input {number}"
            raise ValueError(f"{name} cannot be used: {checked.problem}.")
        content = checked.content
        contents.append(content if isinstance(content, bytes) else Path(content).read_bytes())
    return contents


def read_readable(inputs, read, on_unreadable):
    """What can be read of inputs, one by one, so that one of them does not fail all.

    Args:
        inputs: list of images, or of pairs of them.
        read: function from a list of inputs, such as `read_images`.
        on_unreadable: function that takes the error of each input that cannot be read.

    Returns:
        dict from the position of an input to what `read` returns of it alone.
    """
    contents = {}
    for position, item in enumerate(inputs):
        try:
            contents[position] = read([item])
        except (OSError, ValueError) as error:
            on_unreadable(error)
    return contents


def _source(item, number):
    """A path or the bytes of a file."""
    if isinstance(item, np.ndarray):
        if item.dtype != np.uint8 or item.ndim not in (2, 3):
            raise TypeError(
                "An image as an array must be uint8, (height, width) or (height, width, 3). Received: input "
                f"{number} = {item.dtype} {item.shape}."
            )
        from PIL import Image

        from kformer.data.images.files import encode_png

        return encode_png(Image.fromarray(item))
    if hasattr(item, "getexif"):
        return _encoded(item)
    if not isinstance(item, str | bytes | Path):
        raise TypeError(
            "The model reads an image per input: a path, the bytes of a file, a uint8 array or a PIL image. Received: "
            f"input {number} = {item!r}."
        )
    source = item if isinstance(item, bytes) else str(item)
    if isinstance(source, str) and Path(source).is_dir():
        raise ValueError(f"{source} is a folder, not a picture. `kformer predict --input {source}` takes all in it.")
    if isinstance(source, str) and not Path(source).is_file():
        raise FileNotFoundError(f"There is no image {source!r}.")
    return source


def _encoded(image):
    """A `PIL.Image.Image` as the bytes of a file, the right way up."""
    from PIL import ImageOps

    from kformer.data.images.files import encode_png

    upright = ImageOps.exif_transpose(image)
    # What PNG has no form for.
    return encode_png(upright.convert("RGB") if upright.mode in ("CMYK", "YCbCr", "HSV") else upright)
