"""Batches of images and masks."""

import numpy as np

from kformer.data.examples import mask_pixels
from kformer.data.images.masks import NO_CLASS
from kformer.tasks.image_processor import ImageElements


class MaskElements(ImageElements):
    """Batches of images with a class and a weight for each pixel: 0 where there is none to learn.

    Args:
        processor: `SegmentationProcessor`.
        examples: `kformer.data.Examples` with masks.
        outputs: uint8 (256,), the model's output for each index in the masks, or `NO_CLASS`.
        class_weights: float (outputs,), the weight of a pixel of each class; None for 1 each.
        with_step_targets, seed, augmentation: see `ImageElements`.
    """

    def __init__(
        self, processor, examples, outputs, class_weights=None, with_step_targets=False, seed=None, augmentation=()
    ):
        super().__init__(processor, examples, with_step_targets=with_step_targets, seed=seed, augmentation=augmentation)
        self.masks = processor.mask_store(examples)
        weights = np.ones(NO_CLASS + 1, "float32") if class_weights is None else np.asarray(class_weights, "float32")
        # By index in the masks: 0 for what is no class of the model's.
        is_learned = outputs != NO_CLASS
        self.target_of = np.where(is_learned, outputs, 0).astype("int32")
        self.weight_of = np.where(is_learned, weights[self.target_of], 0).astype("float32")
        self.expected = expected_pixels(processor, examples, is_learned)

    def raw(self, index):
        return {**super().raw(index), "mask": self.masks.read(index)}

    def read_signature(self):
        import tensorflow as tf

        return {**super().read_signature(), "mask": tf.TensorSpec(self.processor.image_size, "int32")}

    def transform(self, inputs):
        """The batch, in the graph: images and masks in place of indices and seeds, mixed where images are mixed."""
        import tensorflow as tf

        read = tf.map_fn(
            self._read,
            (inputs["indices"], inputs["seeds"]) if self.augment else (inputs["indices"],),
            fn_output_signature=self.read_signature(),
        )
        batch = {"images": read["image"], "masks": read["mask"]}
        if self.mix is not None:
            batch = self.mix(batch, inputs["seeds"][0])
        outputs = {name: value for name, value in inputs.items() if name not in ("indices", "seeds")}
        outputs["images"] = self.processor.normalised(batch["images"])
        targets, weights = tf.gather(self.target_of, batch["masks"]), tf.gather(self.weight_of, batch["masks"])
        return outputs, targets, weights

    def count(self, indices):
        """float, the real targets of these examples: pixels with a class, of the images as evaluation shows them.

        How many augmentation leaves in the picture is known in the graph alone, when it is too late for the other
        batches of an optimizer step. What divides them all is the same number, so they still add up to one batch.
        """
        return float(self.expected[indices].sum())


def expected_pixels(processor, examples, is_learned):
    """How many pixels with a class each example has once it is framed, float (n,).

    Args:
        processor: `SegmentationProcessor`.
        examples: `kformer.data.Examples` with masks.
        is_learned: bool (256,), by index in the masks.
    """
    from kformer.data.images.columns import image_shapes

    shapes = image_shapes(examples)
    counted = [
        sum(count for index, count in enumerate(pixels) if is_learned[index])
        for pixels in examples.table["mask.pixels"].to_pylist()
    ]
    return np.array(counted) / np.prod(shapes.astype(float), axis=1) * processor.seen_area(shapes)


def balanced_weights(examples, outputs, num_classes, power=1.0):
    """The weight of a pixel of each class: (median frequency / the class's frequency)^power, float32 (num_classes,).

    A class's frequency is its share of the pixels of the images in which it occurs. A class that never occurs weighs 1.
    Paper: Eigen and Fergus, arXiv 1411.4734, section 6.3.2 (power 1).

    Args:
        examples: `kformer.data.Examples` with masks.
        outputs: uint8 (256,), the model's output for each index in the masks, or `NO_CLASS`.
        num_classes: int.
        power: float; 0.5 lies half-way to no weights.
    """
    pixels, areas = np.zeros(num_classes), np.zeros(num_classes)
    known = np.flatnonzero(outputs != NO_CLASS)
    for counts in examples.table["mask.pixels"].to_pylist():
        counts = np.pad(np.array(counts, float), (0, NO_CLASS + 1 - len(counts)))[known]
        own = np.bincount(outputs[known], counts, num_classes)
        pixels += own
        areas += np.where(own > 0, own.sum(), 0)
    occurs = pixels > 0
    frequency = pixels[occurs] / areas[occurs]
    weights = np.ones(num_classes, "float32")
    weights[occurs] = (np.median(frequency) / frequency) ** power
    return weights


def check_pixels(examples, outputs):
    """Refuses masks without one pixel to learn from.

    Raises:
        ValueError: all pixels are ignored.
    """
    if not mask_pixels(examples)[outputs != NO_CLASS].any():
        raise ValueError(
            f"{examples.source} has no pixel with a class that is to be learned: all are ignored. Look at its masks "
            "and at `ignore_label`."
        )
