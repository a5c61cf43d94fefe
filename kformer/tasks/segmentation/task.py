"""Semantic segmentation: a class for each pixel of a picture."""

import functools
import io

import keras
import numpy as np
from keras import ops

from kformer.layers import Dropout, FeatureFusion, LinearMaskDecoder, MaskTransformer
from kformer.layers.feature_fusion import resize
from kformer.models.registry import families_serving
from kformer.tasks.image_processor import ImageElements
from kformer.tasks.image_starting import build_image_backbone, find_image_start
from kformer.tasks.image_task import ImageTask
from kformer.tasks.losses import cross_entropy
from kformer.tasks.precision import resolve_precision
from kformer.tasks.segmentation.class_map import ClassMap, ignored_names
from kformer.tasks.segmentation.elements import MaskElements, balanced_weights, check_pixels
from kformer.tasks.segmentation.metrics import MeanIoU, PixelAccuracy
from kformer.tasks.segmentation.processor import SegmentationProcessor
from kformer.tasks.segmentation.serving import make_serving

DECODERS = ("linear", "mask")
# Of `class_weights`: the power of the median frequency over a class's own.
BALANCES = {"none": 0.0, "root": 0.5, "balanced": 1.0}
_MOST_LOGITS = 2**26  # of a batch of answers: 256 MB


@keras.saving.register_keras_serializable("kformer")
class Segmentation(ImageTask):
    """A class for each pixel: Segmenter's decoders over an image encoder.

    Over a ViT they read the vectors of its patches. Over a `ConvolutionalViT` these are first joined with the finer
    maps of its stem, by `FeatureFusion`. What comes out is brought to the size of the image with bilinear weights.

    Paper: Strudel et al., "Segmenter: Transformer for Semantic Segmentation", arXiv 2105.05633.

    Args:
        backbone: an image encoder with `patch_vectors`, such as `kformer.models.ViTBackbone`.
        processor: `SegmentationProcessor`.
        names: names of the classes by their index in masks.
        ignored: those of the names that are neither learned nor predicted.
        decoder: str, "linear" or "mask".
        decoder_layers: int, blocks of the decoder "mask".
        pixel_block: int, pixels of the side of the block that a vector decides, of the decoder "linear".
        dropout: float, rate before the decoder and in it.
        seed: int or None, of the dropout.

    Call arguments:
        inputs: the backbone's.

    Returns:
        Logits (batch, height, width, labels), float32, of the images' size.
    """

    processor_class = SegmentationProcessor
    title = "segmentation"
    example_command = "predict {run} picture.jpg --masks masks"
    required = ("image", "mask")
    monitor = ("val_mean_iou", "max")
    num_shown = 24

    def __init__(
        self,
        backbone,
        processor,
        names,
        ignored=(),
        decoder="linear",
        decoder_layers=2,
        pixel_block=1,
        dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.backbone = backbone
        self.processor = processor
        self.class_map = ClassMap(tuple(names), tuple(ignored))
        self.labels = self.class_map.labels
        self.decoder_kind = decoder
        self.decoder_layers = decoder_layers
        self.pixel_block = pixel_block
        self.dropout = dropout
        self.seed = seed
        self._check()
        dtype = backbone.dtype_policy
        widths = getattr(backbone, "feature_widths", ())
        self.fusion = FeatureFusion(widths, dtype=dtype, name="fusion") if widths else None
        self.decoder_dropout = Dropout(dropout, seed=seed, dtype=dtype, name="decoder_dropout")
        self.decoder = self._make_decoder(dtype)
        self.build()

    def _check(self):
        if self.decoder_kind not in DECODERS:
            known = ", ".join(DECODERS)
            raise ValueError(f"`decoder` must be one of {known}. Received: decoder={self.decoder_kind!r}.")
        size, patch = self.processor.image_size, self.backbone.patch_size
        if any(side % patch for side in size):
            height, width = (max(round(side / patch), 1) * patch for side in size)
            raise ValueError(
                f"The image's sides must be multiples of the patch size, {patch}. Received: {size[0]} x {size[1]}; "
                f"the nearest is `image_size` {height}, `image_width` {width}."
            )

    def _make_decoder(self, dtype):
        if self.decoder_kind == "linear":
            return LinearMaskDecoder(len(self.labels), self.pixel_block, dtype=dtype, name="decoder")
        backbone = self.backbone
        return MaskTransformer(
            len(self.labels),
            self.decoder_layers,
            backbone.num_heads,
            backbone.d_model,
            backbone.d_ff,
            self.dropout,
            dtype=dtype,
            name="decoder",
        )

    def build(self, input_shape=None):
        if self.built:
            return
        patches = pixels = (None, None, None, self.backbone.d_model)
        if self.fusion is not None:
            maps = [(None, None, None, width) for width in self.backbone.feature_widths]
            self.fusion.build([*maps, patches])
            pixels = maps[0]
        self.decoder_dropout.build(pixels)
        if self.decoder_kind == "linear":
            self.decoder.build(pixels)
        else:
            self.decoder.build(patches, None if self.fusion is None else pixels)

    @classmethod
    def settings(cls, train, recipe):
        return {
            "names": train.labels,
            "ignored": ignored_names(train.labels, recipe.ignore_label),
            **{name: getattr(recipe, name) for name in ("decoder", "decoder_layers", "pixel_block")},
        }

    @classmethod
    def from_pretrained(
        cls,
        init,
        names=(),
        ignored=(),
        decoder="linear",
        decoder_layers=2,
        pixel_block=1,
        image_size=None,
        fit=None,
        image_memory=0.25,
        dropout=None,
        drop_path=None,
        precision="auto",
        seed=0,
    ):
        """A task over pretrained weights, with a new decoder unless a run's has the same classes.

        Args:
            init: str or path: a variant of `kformer models`, "hf:organisation/name", a Hugging Face folder, or a run
                of kformer.
            names, ignored, decoder, decoder_layers, pixel_block: see the class.
            image_size: int, or two ints, height and width: pixels of what the model reads; the checkpoint's own when
                None. At another size its positions are stretched.
            fit: str, see `ImageProcessor`.
            image_memory: float, the share of the machine's memory that decoded images may take.
            dropout, drop_path: floats, rates of dropout and of stochastic depth; the checkpoint's own when None.
            precision: str, see `kformer.tasks.precision.resolve_precision`.
            seed: int, of the decoder and the dropout layers.
        """
        families = families_serving("segmentation")
        start = find_image_start(init, resolve_precision(precision)[0], dropout, drop_path, families)
        like = start.processor(image_size, "segmentation", fit, image_memory)
        processor = SegmentationProcessor(like.image_size, fit=fit, mean=like.mean, std=like.std, memory=image_memory)
        keras.utils.set_random_seed(seed)
        rate = start.backbone.dropout
        task = cls(start.backbone, processor, names, ignored, decoder, decoder_layers, pixel_block, rate, seed)
        task.reseed(seed)
        task._take_decoder(start.task)
        return task

    def _take_decoder(self, other):
        """Takes over the decoder of another task that has the same classes and sizes."""
        if type(other) is type(self) and other.labels == self.labels:
            for own, theirs in ((self.fusion, other.fusion), (self.decoder, other.decoder)):
                if own is not None and [w.shape for w in own.weights] == [w.shape for w in theirs.weights]:
                    own.set_weights(theirs.get_weights())

    @classmethod
    def from_scratch(
        cls,
        names=(),
        ignored=(),
        decoder="linear",
        decoder_layers=2,
        pixel_block=1,
        variant="vitc-micro-16",
        image_size=None,
        patch_size=None,
        fit=None,
        image_memory=0.25,
        dropout=None,
        drop_path=None,
        precision="auto",
        seed=0,
    ):
        """A task with random weights.

        Args:
            variant: str, whose sizes to take (`kformer models`).
            image_size: int, or two ints, height and width, pixels; the variant's own when None.
            patch_size: int, pixels; the variant's own when None.
            names, ignored, decoder, decoder_layers, pixel_block, fit, image_memory, dropout, drop_path, precision,
                seed: see `from_pretrained`.
        """
        sizes = {"image_size": image_size, "patch_size": patch_size, "dropout": dropout, "drop_path": drop_path}
        backbone = build_image_backbone(variant, resolve_precision(precision)[0], seed, **sizes)
        processor = SegmentationProcessor(backbone.image_size, fit=fit, memory=image_memory)
        task = cls(backbone, processor, names, ignored, decoder, decoder_layers, pixel_block, backbone.dropout, seed)
        task.reseed(seed)
        return task

    def call(self, inputs, training=False):
        images = inputs["images"]
        outputs = self.backbone(inputs, training=training)
        patches = self.backbone.patch_vectors(outputs["sequence_output"], images)
        pixels = None if self.fusion is None else self.fusion([*outputs["features"], patches])
        if self.decoder_kind == "linear":
            vectors = self.decoder_dropout(patches if pixels is None else pixels, training=training)
            logits = self.decoder(vectors)
        else:
            patches = self.decoder_dropout(patches, training=training)
            logits = self.decoder(patches, pixels, training=training)
        return resize(ops.cast(logits, "float32"), ops.shape(images)[1:3])

    def target_losses(self, y, y_pred, label_smoothing=0.0):
        return cross_entropy(y, y_pred, label_smoothing)

    def default_metrics(self):
        return [MeanIoU(len(self.labels)), PixelAccuracy()]

    def check_recipe(self, recipe):
        super().check_recipe(recipe)
        block = self.pixel_block
        if self.decoder_kind == "linear" and block > self._pixels_of_a_vector:
            raise ValueError(
                f"`pixel_block` {block} is more than the {self._pixels_of_a_vector} pixels that a vector stands for: "
                "lower it."
            )

    @property
    def _pixels_of_a_vector(self):
        """int, pixels of a side for each vector that the decoder reads."""
        return self.backbone.patch_size if self.fusion is None else 2

    def data_notes(self, train):
        return (*super().data_notes(train), *self.class_map.notes, self.processor.mask_store(train).note)

    def element_source(
        self,
        examples,
        seed=None,
        inputs_only=False,
        with_step_targets=False,
        class_weights="none",
        augment="none",
        **augmentation,
    ):
        """The batches of `examples`.

        Args:
            examples, seed, inputs_only, with_step_targets: see `Task.element_source`.
            class_weights: "none"; "balanced", the loss of a pixel is multiplied by median frequency / frequency of its
                class; or "root", by the square root of that.
            augment, **augmentation: fields of `kformer.data.image_augmentation.AugmentationSettings`.
        """
        if class_weights not in BALANCES:
            known = ", ".join(BALANCES)
            raise ValueError(f"`class_weights` must be one of {known}. Received: class_weights={class_weights!r}.")
        augmentation = {"augment": augment, **augmentation}
        shared = {"with_step_targets": with_step_targets, "seed": seed, "augmentation": augmentation}
        if inputs_only or "mask" not in examples.fields:
            return ImageElements(self.processor, examples, **shared)
        outputs = self.class_map.outputs_of(examples)
        check_pixels(examples, outputs)
        weights = None
        if BALANCES[class_weights]:
            weights = balanced_weights(examples, outputs, len(self.labels), BALANCES[class_weights])
        return MaskElements(self.processor, examples, outputs, weights, **shared)

    def masks_of(self, examples, batch_size=16):
        """The predicted masks of examples, each of its image's own size.

        Args:
            examples: `kformer.data.Examples`.
            batch_size: int, images at a time.

        Yields:
            int, the position of an example, and uint8 (height, width), indices as masks have them; `NO_CLASS` where the
            model does not see the image. Each example comes once, in the order of the plan.
        """
        from kformer.data.batches import make_batches
        from kformer.data.images.columns import image_shapes

        plan, shapes = self.plan(examples, batch_size), image_shapes(examples)
        batches = make_batches(plan, self.element_source(examples, inputs_only=True))
        for (_, indices), inputs in zip(plan.epoch(), batches, strict=True):
            masks = self.class_map.indices[np.asarray(self._classes_of_batch(inputs))]
            for index, mask in zip(indices, masks, strict=True):
                yield int(index), np.asarray(self.processor.evaluation.mask_in_image(mask, shapes[index]))

    @functools.cached_property
    def _classes_of_batch(self):
        """A function from inputs to the largest logit's place at each pixel; a graph on TensorFlow."""

        def largest(inputs):
            return ops.argmax(self(inputs, training=False), axis=-1)

        if keras.backend.backend() != "tensorflow":
            return largest
        import tensorflow as tf

        return tf.function(largest, autograph=False, reduce_retracing=True)

    def serving(self):
        return make_serving(self)

    def served(self):
        return {
            "serve": {
                "mask": "(batch,) strings, each a PNG file of the image's size with a class's number in every pixel "
                "(`tf.io.decode_png` reads it)",
                "shares": "(batch, labels), the share of the pixels of each class",
                "labels": "(labels,) strings, their names",
            }
        }

    def answer(self, outputs, i):
        from PIL import Image

        shares = {label: float(share) for label, share in zip(self.labels, outputs["shares"][i], strict=True)}
        return {"mask": np.asarray(Image.open(io.BytesIO(outputs["mask"][i]))), "shares": shares}

    def answers(self, columns, batch_size=64):
        height, width = self.processor.image_size
        return super().answers(columns, max(min(batch_size, _MOST_LOGITS // (height * width * len(self.labels))), 1))

    def stages(self):
        """The layers in groups from input to output: what layer-wise rates and freezing count by."""
        return [*self.backbone.stages(), [layer for layer in (self.fusion, self.decoder) if layer is not None]]

    def arguments(self):
        return {
            "names": list(self.class_map.names),
            "ignored": list(self.class_map.ignored),
            "decoder": self.decoder_kind,
            **{name: getattr(self, name) for name in ("decoder_layers", "pixel_block", "dropout", "seed")},
        }
