"""Decoded images, scaled down and kept in memory, or decoded anew where there is no room for them."""

import numpy as np

from kformer.data.examples import Examples
from kformer.data.images.columns import image_shapes
from kformer.data.images.decoding import (
    decode_image,
    decode_mask,
    fitted_shapes,
    resize_mask_to_fit,
    resize_to_fit,
)
from kformer.data.threads import one_thread_each

_ALIGNMENT = 64  # bytes: TensorFlow's vectors


class ImageStore:
    """The images or masks of some examples, read in a graph by their position.

    All of them lie one after the other in one buffer of bytes if they fit into the budget; otherwise each is decoded
    whenever it is read. What is read is the same.

    Args:
        examples: `Examples` with images.
        role: "image" or "mask".
        size: int, the most pixels of the shorter side; None keeps images as they are.
        budget: int, bytes that may be used; None is no bound.

    Raises:
        ValueError: An image cannot be decoded, or was changed since it was loaded.
    """

    def __init__(self, examples: Examples, role: str = "image", size: int | None = None, budget: int | None = None):
        self._is_mask = role == "mask"
        self._size = size
        self._sources = examples.values(role)
        self.original_shapes = image_shapes(examples)  # int32 (examples, 2)
        self.shapes = fitted_shapes(self.original_shapes, size).numpy()  # int32 (examples, 2)
        self._budget = budget
        areas = self.shapes.astype("int64").prod(axis=1)
        self._offsets = np.concatenate([[0], np.cumsum(areas * self._channels)])
        self._read = self._decoding_reader()
        if self.is_in_memory:
            self._read = self._memory_reader(self._filled())
            self._sources = ()  # encoded images need not stay beside the decoded ones

    def __len__(self) -> int:
        return len(self.shapes)

    @property
    def scales(self) -> np.ndarray:
        """float32 (examples, 2): stored pixels per pixel of the original, in height and in width; for boxes."""
        return (self.shapes / self.original_shapes).astype("float32")

    @property
    def num_bytes(self) -> int:
        """How many bytes all images need once they are decoded and scaled down."""
        return int(self._offsets[-1])

    @property
    def is_in_memory(self) -> bool:
        """Whether images are decoded once, and not at every access."""
        return self._budget is None or self.num_bytes <= self._budget

    @property
    def note(self) -> str:
        """One line that says where decoded images are, and why."""
        what = "masks" if self._is_mask else "images"
        needed = _in_units(self.num_bytes)
        if self.is_in_memory:
            return f"decoded {what}: {needed} in memory"
        return (
            f"decoded {what}: decoded anew in each epoch, since they need {needed} of a budget of "
            f"{_in_units(self._budget)} (`image_memory`)"
        )

    def read(self, index):
        """One image, or mask, in a graph.

        Args:
            index: int (), its position among the examples.

        Returns:
            uint8 (height, width, 3), or int32 (height, width) of a mask.
        """
        return self._read(index)

    @property
    def _channels(self) -> int:
        return 1 if self._is_mask else 3

    def _decoding_reader(self):
        import tensorflow as tf

        with tf.device("CPU"):
            sources = tf.constant(self._sources, "string", shape=[len(self)])
        are_paths = not any(isinstance(source, bytes) for source in self._sources)

        def read(index):
            source = tf.gather(sources, index)
            contents = tf.io.read_file(source) if are_paths else source
            if self._is_mask:
                return resize_mask_to_fit(decode_mask(contents), self._size)
            return resize_to_fit(decode_image(contents), self._size)

        return read

    def _memory_reader(self, buffer):
        import tensorflow as tf

        with tf.device("CPU"):
            # A variable: as a constant the buffer would be copied into every dataset that reads from it.
            pixels = tf.Variable(tf.experimental.dlpack.from_dlpack(buffer.__dlpack__()), trainable=False)
            offsets, shapes = tf.constant(self._offsets), tf.constant(self.shapes)

        def read(index):
            start = tf.gather(offsets, index)
            flat = tf.slice(pixels.value(), [start], [tf.gather(offsets, index + 1) - start])
            shape = tf.gather(shapes, index)
            if self._is_mask:
                return tf.ensure_shape(tf.cast(tf.reshape(flat, shape), "int32"), (None, None))
            return tf.ensure_shape(tf.reshape(flat, tf.concat([shape, [3]], axis=0)), (None, None, 3))

        return read

    def _filled(self) -> np.ndarray:
        """uint8 (num_bytes,): all images, one after the other, decoded in parallel."""
        import tensorflow as tf

        buffer = _aligned(self.num_bytes)
        dataset = tf.data.Dataset.range(len(self)).map(self._decoded_flat, tf.data.AUTOTUNE, deterministic=True)
        images = one_thread_each(dataset.prefetch(tf.data.AUTOTUNE)).as_numpy_iterator()
        for index in range(len(self)):
            start, end = self._offsets[index : index + 2]
            try:
                flat = next(images)
            except tf.errors.OpError as error:
                reason = error.message.partition("\n")[0].rpartition(": ")[2]
                raise ValueError(f"{self._name(index)} cannot be decoded ({reason}). Take it out.") from error
            if len(flat) != end - start:
                raise ValueError(f"{self._name(index)} was changed since it was loaded. Load the examples again.")
            buffer[start:end] = flat
        return buffer

    def _decoded_flat(self, index):
        import tensorflow as tf

        return tf.cast(tf.reshape(self._read(index), [-1]), "uint8")

    def _name(self, index: int) -> str:
        source = self._sources[index]
        return (
            source if isinstance(source, str) else f"the {'mask' if self._is_mask else 'image'} of example {index + 1}"
        )


def _aligned(num_bytes: int) -> np.ndarray:
    """uint8 (num_bytes,) at an address that TensorFlow takes as it is, without a copy."""
    raw = np.empty(num_bytes + _ALIGNMENT, "uint8")
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + num_bytes]


def _in_units(num_bytes: float) -> str:
    """Returns "850 kB", "12.3 MB" or "1.2 GB"."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if num_bytes >= size:
            return f"{num_bytes / size:.1f} {unit}"
    return f"{num_bytes / 1e3:.0f} kB"
