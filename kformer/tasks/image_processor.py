"""From images to the tensors of an image encoder: the same steps in evaluation, prediction and a SavedModel."""

import numpy as np

from kformer.data.image_augmentation import (
    AugmentationSettings,
    batch_mixing,
    evaluation_transform,
    graph_seeds,
    training_augmentation,
)
from kformer.data.images.decoding import decode_image, resize_to_fit
from kformer.data.images.memory import image_budget
from kformer.data.images.store import ImageStore

# So much larger than what the model reads are images kept: a random part of one still has all of its pixels.
_STORED_SCALE = 1.5


class ImageProcessor:
    """Decodes, frames and normalises images.

    Args:
        image_size: int, or two ints, height and width: the pixels that the model reads.
        kind: str, what the images are for, which decides how they are framed: "classification", "detection",
            "segmentation" or "faces".
        fit: str, "crop", "letterbox" or "stretch", how an image comes to that size; None is the kind's own.
        mean, std: three floats, of the channels in [0, 1]; a value x of 0 to 255 becomes (x / 255 - mean) / std.
        standardize: bool, bring each image to its own mean of 0 and deviation of 1 instead, which takes out the light
            that it was taken in.
        memory: float, the share of the machine's memory that decoded images may take.
    """

    def __init__(
        self,
        image_size=224,
        kind="classification",
        fit=None,
        mean=(0.5,) * 3,
        std=(0.5,) * 3,
        standardize=False,
        memory=0.25,
    ):
        self.image_size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
        self.kind = kind
        self.fit = fit
        self.mean = tuple(mean)
        self.std = tuple(std)
        self.standardize = standardize
        self.memory = memory
        self.evaluation = evaluation_transform(kind, self.image_size, fit)
        self._stores = {}

    @property
    def stored_size(self):
        """int, the shorter side of the images that are kept, at most."""
        return round(_STORED_SCALE * max(self.image_size))

    def store(self, examples):
        """The examples' images, decoded once where there is memory for them (`kformer.data.images.ImageStore`)."""
        key = examples.fingerprint
        if key not in self._stores:
            self._stores[key] = ImageStore(examples, "image", self.stored_size, image_budget(self.memory))
        return self._stores[key]

    def lengths(self, examples):
        """int64 (n,), 1 each: images are all of one size."""
        return np.ones(len(examples), "int64")

    def features(self, contents):
        """The backbone's inputs for encoded images, in a graph: the front of a SavedModel.

        Args:
            contents: (batch,) strings, the bytes of files.

        Returns:
            dict of `images` (batch, height, width, 3) float32.
        """
        import tensorflow as tf

        def read(content):
            return self.evaluation({"image": resize_to_fit(decode_image(content), self.stored_size)})["image"]

        images = tf.map_fn(read, contents, fn_output_signature=tf.TensorSpec((*self.image_size, 3), "float32"))
        return {"images": self.normalised(images)}

    def normalised(self, images):
        """Images in 0..255 as the model reads them: float32 of the same shape (..., 3)."""
        import tensorflow as tf

        if self.standardize:
            return tf.image.per_image_standardization(images)
        scale = 1 / (255 * np.array(self.std, "float32"))
        return tf.cast(images, "float32") * scale - np.array(self.mean, "float32") / np.array(self.std, "float32")

    def save(self, folder):
        """Writes nothing: what there is to know is in the configuration."""

    def load(self, folder):
        """Reads nothing."""

    def get_config(self):
        """The constructor's arguments, but for the memory, which is the machine's."""
        size = {"image_size": list(self.image_size), "kind": self.kind, "fit": self.fit}
        return {**size, "mean": list(self.mean), "std": list(self.std), "standardize": self.standardize}

    @classmethod
    def from_config(cls, config):
        """A processor from what `get_config` returned."""
        return cls(**config)


class ImageElements:
    """Batches of images, which are read and augmented in the graph, in parallel.

    Args:
        processor: `ImageProcessor`.
        examples: `kformer.data.Examples`.
        targets: array (n, ...), or None for inputs alone.
        weights: float32 (n,), or None for 1 each.
        with_step_targets: bool, put the optimizer step's number of targets among the inputs (see `Task`).
        seed: int, of the augmentation; None augments nothing.
        augmentation: dict, the fields of `AugmentationSettings`; () for none.
        num_classes: int, of targets that are class indices: where images are mixed, targets become probabilities.
    """

    def __init__(
        self,
        processor,
        examples,
        targets=None,
        weights=None,
        with_step_targets=False,
        seed=None,
        augmentation=(),
        num_classes=None,
    ):
        self.processor = processor
        self.store = processor.store(examples)
        self.targets = targets
        self.weights = np.ones(len(examples), "float32") if weights is None else weights
        self.with_step_targets = with_step_targets
        self.seed = seed
        self.num_classes = num_classes
        self.augment = self.mix = None
        if seed is not None:
            settings = AugmentationSettings(processor.kind, **dict(augmentation))
            self.augment = training_augmentation(settings, processor.image_size, processor.fit)
            self.mix = batch_mixing(settings)

    def element(self, indices, width, step_targets, epoch=0):
        """What a batch is made from: (inputs, targets, weights), or inputs alone.

        Args:
            indices: (batch,) ints.
            width: int, of no meaning for images.
            step_targets: float, the optimizer step's targets per batch.
            epoch: int, which decides what is drawn.
        """
        inputs = {"indices": indices.astype("int64")}
        if self.augment is not None:
            inputs["seeds"] = graph_seeds(self.seed, epoch, indices)
        if self.with_step_targets:
            inputs["step_targets"] = np.full(len(indices), step_targets, "float32")
        return inputs if self.targets is None else (inputs, self.targets[indices], self.weights[indices])

    def transform(self, inputs, *targets_and_weights):
        """The batch, in the graph: images in place of indices and seeds, and mixed targets where images are mixed."""
        import tensorflow as tf

        read = tf.map_fn(
            self._read,
            (inputs["indices"], inputs["seeds"]) if self.augment else (inputs["indices"],),
            fn_output_signature=self.read_signature(),
        )
        outputs = {name: value for name, value in inputs.items() if name not in ("indices", "seeds")}
        if not targets_and_weights:
            return {**outputs, "images": self.processor.normalised(read["image"])}
        images, (targets, weights) = read["image"], targets_and_weights
        if self.mix is not None:
            targets = tf.one_hot(targets, self.num_classes) if targets.dtype.is_integer else targets
            mixed = self.mix({"images": images, "targets": targets}, inputs["seeds"][0])
            images, targets = mixed["images"], mixed["targets"]
        return {**outputs, "images": self.processor.normalised(images)}, targets, weights

    def raw(self, index):
        """An example as augmentations take it (see `kformer.data.image_augmentation.Compose`).

        Args:
            index: int (), in a graph.
        """
        return {"image": self.store.read(index)}

    def read_signature(self):
        """The `tf.TensorSpec`s of what is left of an augmented example, by name."""
        import tensorflow as tf

        return {"image": tf.TensorSpec((*self.processor.image_size, 3), "float32")}

    def _read(self, index_and_seed):
        index, *seed = index_and_seed
        example = self.raw(index)
        example = self.augment(example, *seed) if seed else self.processor.evaluation(example)
        return {name: example[name] for name in self.read_signature()}

    def count(self, indices):
        """int, the real targets of these examples: those whose weight is not 0."""
        return np.count_nonzero(self.weights[indices])

    def signature(self):
        """The `tf.TensorSpec`s of an element, before it is transformed."""
        import tensorflow as tf

        inputs = {"indices": tf.TensorSpec((None,), "int64")}
        if self.augment is not None:
            inputs["seeds"] = tf.TensorSpec((None, 2), "int32")
        if self.with_step_targets:
            inputs["step_targets"] = tf.TensorSpec((None,), "float32")
        if self.targets is None:
            return inputs
        targets = tf.TensorSpec((None, *self.targets.shape[1:]), self.targets.dtype)
        return inputs, targets, tf.TensorSpec((None,), "float32")
