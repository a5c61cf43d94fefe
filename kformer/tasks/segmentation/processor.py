"""From images and masks to the tensors of a segmentation, and from its outputs back to masks."""

import numpy as np

from kformer.data.images.decoding import decode_image, resize_to_fit
from kformer.data.images.memory import image_budget
from kformer.data.images.store import ImageStore
from kformer.tasks.image_processor import ImageProcessor


class SegmentationProcessor(ImageProcessor):
    """`ImageProcessor` that reads masks too; its arguments, with `kind` "segmentation"."""

    def __init__(self, image_size=224, kind="segmentation", **settings):
        super().__init__(image_size, kind, **settings)
        self._mask_stores = {}

    def mask_store(self, examples):
        """The examples' masks, decoded once where the images leave memory for them."""
        key = examples.fingerprint
        if key not in self._mask_stores:
            images = self.store(examples)
            used = images.num_bytes if images.is_in_memory else 0
            budget = max(image_budget(self.memory) - used, 0)
            self._mask_stores[key] = ImageStore(examples, "mask", self.stored_size, budget)
        return self._mask_stores[key]

    def framed(self, content):
        """An encoded image as the model reads it, before its colours are normalised, and its size, in a graph.

        Args:
            content: string (), the bytes of a file.

        Returns:
            float32 (height, width, 3) in 0..255, and int32 (2,), height and width of the original, the right way up.
        """
        import tensorflow as tf

        image = decode_image(content)
        framed = self.evaluation({"image": resize_to_fit(image, self.stored_size)})["image"]
        return framed, tf.shape(image)[:2]

    def seen_area(self, shapes):
        """How many of the model's pixels an image of each shape fills, float (n,).

        Args:
            shapes: int (n, 2), heights and widths.
        """
        unique, places = np.unique(np.asarray(shapes), axis=0, return_inverse=True)
        areas = []
        for shape in unique.astype("float32"):
            forward = np.asarray(self.evaluation.framing.place(shape)[0])
            sides = np.minimum(np.abs([forward[1, 1], forward[0, 0]]) * shape, self.image_size)
            areas.append(np.prod(sides))
        return np.array(areas)[places.reshape(-1)]
