"""Batches of images with their boxes."""

import numpy as np

from kformer.data.image_augmentation import mosaic_partners
from kformer.data.images.boxes import SIDES
from kformer.tasks.image_processor import ImageElements

_OF_A_MOSAIC = 4


class BoxElements(ImageElements):
    """Batches of images and their boxes, which are padded to those of the image that has most.

    Targets are a dict of `boxes` float32 (batch, boxes, 4), corners in pixels of what the model reads, and `classes`
    int32 (batch, boxes), -1 for padding, which stands behind the real ones. An image is one target: it may have no box.

    Args:
        processor, examples, with_step_targets, seed, augmentation: see `ImageElements`.
        labels: the names of the classes in the order of the outputs, or None for images alone.
    """

    def __init__(self, processor, examples, labels=None, with_step_targets=False, seed=None, augmentation=()):
        super().__init__(processor, examples, with_step_targets=with_step_targets, seed=seed, augmentation=augmentation)
        self.has_boxes = labels is not None
        self.num_examples = len(examples)
        if self.has_boxes:
            self.boxes, self.classes = padded_boxes(examples, labels)
            # Pixels of the stored image, which may be smaller than the original.
            self.boxes = self.boxes * self.store.scales[:, None, [1, 0, 1, 0]]

    @property
    def is_mosaic(self):
        """bool, whether some pictures are made of four."""
        return self.augment is not None and self.augment.mosaic is not None

    @property
    def max_boxes(self):
        """int, boxes of a picture, padding included."""
        return self.boxes.shape[1] * (_OF_A_MOSAIC if self.is_mosaic else 1)

    def element(self, indices, width, step_targets, epoch=0):
        inputs = super().element(indices, width, step_targets, epoch)
        if self.is_mosaic:
            inputs["indices"] = mosaic_partners(self.seed, epoch, indices, self.num_examples).astype("int64")
        return (inputs, self.weights[indices]) if self.has_boxes else inputs

    def signature(self):
        import tensorflow as tf

        inputs = super().signature()
        if self.is_mosaic:
            inputs["indices"] = tf.TensorSpec((None, _OF_A_MOSAIC), "int64")
        return (inputs, tf.TensorSpec((None,), "float32")) if self.has_boxes else inputs

    def transform(self, inputs, *weights):
        import tensorflow as tf

        read = tf.map_fn(
            self._read,
            (inputs["indices"], inputs["seeds"]) if self.augment else (inputs["indices"],),
            fn_output_signature=self.read_signature(),
        )
        outputs = {name: value for name, value in inputs.items() if name not in ("indices", "seeds")}
        outputs["images"] = self.processor.normalised(read["image"])
        return (outputs, {name: read[name] for name in ("boxes", "classes")}, *weights) if weights else outputs

    def raw(self, index):
        import tensorflow as tf

        return tuple(map(self._one, tf.unstack(index))) if self.is_mosaic else self._one(index)

    def _one(self, index):
        import tensorflow as tf

        example = super().raw(index)
        if not self.has_boxes:
            return example
        with tf.device("CPU"):
            boxes, classes = tf.gather(tf.constant(self.boxes), index), tf.gather(tf.constant(self.classes), index)
        is_real = classes >= 0
        return {**example, "boxes": tf.boolean_mask(boxes, is_real), "classes": tf.boolean_mask(classes, is_real)}

    def read_signature(self):
        import tensorflow as tf

        signature = super().read_signature()
        if not self.has_boxes:
            return signature
        return {
            **signature,
            "boxes": tf.TensorSpec((self.max_boxes, 4), "float32"),
            "classes": tf.TensorSpec((self.max_boxes,), "int32"),
        }

    def _read(self, index_and_seed):
        import tensorflow as tf

        index, *seed = index_and_seed
        example = self.raw(index)
        example = self.augment(example, *seed) if seed else self.processor.evaluation(example)
        if self.has_boxes:
            missing = self.max_boxes - tf.shape(example["classes"])[0]
            example["boxes"] = tf.pad(example["boxes"], [[0, missing], [0, 0]])
            example["classes"] = tf.pad(example["classes"], [[0, missing]], constant_values=-1)
        return {name: tf.ensure_shape(example[name], spec.shape) for name, spec in self.read_signature().items()}


def padded_boxes(examples, labels):
    """The boxes of all examples, in pixels of their images.

    Args:
        examples: `kformer.data.Examples`.
        labels: the names of the classes in order; all of the examples' are among them.

    Returns:
        float32 (n, boxes, 4) corners and int32 (n, boxes) classes, -1 for padding.
    """
    values = examples.values("boxes")
    number = {label: i for i, label in enumerate(labels)}
    most = max(1, *map(len, values)) if values else 1
    boxes = np.zeros((len(values), most, 4), "float32")
    classes = np.full((len(values), most), -1, "int32")
    for row, found in enumerate(values):
        for column, box in enumerate(found):
            boxes[row, column] = [box[side] for side in SIDES]
            classes[row, column] = number[box["label"]]
    return boxes, classes
