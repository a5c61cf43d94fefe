"""Object detection: the boxes of what an image shows, with names and scores."""

import functools

import keras
import numpy as np

from kformer.data.examples import check_labels, label_counts
from kformer.layers import DenseDetectionHead, SetPredictionHead
from kformer.models.registry import get_variant
from kformer.tasks.image_processor import ImageProcessor
from kformer.tasks.image_starting import build_image_backbone, find_image_start
from kformer.tasks.image_task import ImageTask
from kformer.tasks.object_detection.dense_prediction import DensePrediction
from kformer.tasks.object_detection.elements import BoxElements
from kformer.tasks.object_detection.serving import in_originals, make_serving
from kformer.tasks.object_detection.set_prediction import SetPrediction
from kformer.tasks.object_detection.starting import (
    HEADS,
    choose_head,
    families_for,
    fill_head,
    in_whole_patches,
    labels_of,
    proportioned,
)
from kformer.tasks.object_detection.suppression import best_boxes
from kformer.tasks.precision import resolve_precision

# Sizes of a model from scratch, by its head.
VARIANT_OF = {"dense": "vitc-mini-16", "set": "yolos-micro-16"}


@keras.saving.register_keras_serializable("kformer")
class ObjectDetection(ImageTask):
    """The boxes of what an image shows.

    Args:
        backbone: `kformer.models.ViTBackbone` for the head "dense", `kformer.models.YolosBackbone` for "set".
        processor: `ImageProcessor` of the kind "detection".
        labels: the names of the classes in the order of the outputs.
        head_kind: str, "dense": each place of a feature pyramid finds a box near it (`DenseDetectionHead`); or "set":
            each detection token does (`SetPredictionHead`).
        head_channels, head_convolutions: ints, the width of the dense head and the convolutions of each of its towers.
        score_threshold: float, the least score of a box in an answer; metrics count boxes of lower scores, too.
        nms_iou: float, the overlap from which on two boxes of a class are one, for the dense head.
        max_detections: int, boxes of an answer at most.
        seed: int or None, of the head's random weights.

    Call arguments:
        inputs: the backbone's.

    Returns:
        The head's outputs, a dict.
    """

    processor_class = ImageProcessor
    title = "object detection"
    example_command = "predict {run} picture.jpg --draw drawn"
    required = ("image", "boxes")
    serving_settings = ("score_threshold", "nms_iou", "max_detections")
    # Their boxes are drawn after each epoch.
    num_shown = 16
    # Metrics count boxes from here on.
    least_score = 0.01
    head_note = ""

    def __init__(
        self,
        backbone,
        processor,
        labels,
        head_kind="dense",
        head_channels=96,
        head_convolutions=2,
        score_threshold=0.5,
        nms_iou=0.5,
        max_detections=100,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        _check(labels, head_kind, score_threshold, nms_iou, max_detections)
        self.backbone = backbone
        self.processor = processor
        self.labels = tuple(labels)
        self.head_kind = head_kind
        self.head_channels = head_channels
        self.head_convolutions = head_convolutions
        self.score_threshold = score_threshold
        self.nms_iou = nms_iou
        self.max_detections = max_detections
        self.seed = seed
        if seed is not None:
            keras.utils.set_random_seed(seed)
        self.head, self.prediction = self._make_head()
        self.build()

    def _make_head(self):
        """The head, and how it is trained and read."""
        size, count, dtype = self.processor.image_size, len(self.labels), self.backbone.dtype_policy
        if self.head_kind == "set":
            head = SetPredictionHead(self.backbone.d_model, count, dtype="float32", name="head")
            return head, SetPrediction(size, count)
        patch_size = self.backbone.patch_size
        head = DenseDetectionHead(
            patch_size, count, self.head_channels, self.head_convolutions, dtype=dtype, name="head"
        )
        return head, DensePrediction(size, count, patch_size, head.strides)

    def build(self, input_shape=None):
        if not self.built:
            self.head.build((None, None, None, self.backbone.d_model))

    def call(self, inputs, training=False):
        outputs = self.backbone(inputs, training=training)
        if self.head_kind == "set":
            return self.head(outputs["detection_output"])
        return self.head(self.backbone.patch_vectors(outputs["sequence_output"], inputs["images"]))

    @classmethod
    def from_recipe(cls, train, init, recipe):
        _check_boxes(train)
        head, reason = choose_head(recipe.head, len(train), init)
        names = ("head_channels", "head_convolutions", *cls.serving_settings)
        settings = {
            "labels": train.labels,
            "head": head,
            "proportions_of": None if recipe.square else train,
            **{name: getattr(recipe, name) for name in names},
            **recipe.task_options(),
        }
        if init != "none":
            task = cls.from_pretrained(init, **settings)
        else:
            tokens = recipe.detection_tokens if head == "set" else None
            sizes = {"variant": recipe.variant, "patch_size": recipe.patch_size, "detection_tokens": tokens}
            task = cls.from_scratch(**sizes, **settings)
        height, width = task.processor.image_size
        task.head_note = f"head: {head} ({reason}); images are read at {width} x {height} pixels, in whole patches"
        return task

    @classmethod
    def from_pretrained(
        cls,
        init,
        labels=(),
        head="auto",
        image_size=None,
        proportions_of=None,
        fit=None,
        image_memory=0.25,
        dropout=None,
        drop_path=None,
        head_channels=96,
        head_convolutions=2,
        precision="auto",
        seed=0,
        **settings,
    ):
        """A task over pretrained weights, with their own head as far as it fits.

        Args:
            init: str or path: a variant of `kformer models`, "hf:organisation/name", a Hugging Face folder, or a run
                of kformer. A YOLOS gives the head "set", a ViT the head "dense".
            labels: names of the classes; those of the weights when ().
            head: str, "auto", "dense" or "set".
            image_size: int, pixels of the longer side of what the model reads, or two, height and width; the weights'
                own when None.
            proportions_of: `kformer.data.Examples`; with an `image_size` that is one number, what the model reads has
                the usual proportions of these images. None is a square.
            fit: str, see `ImageProcessor`.
            image_memory: float, the share of the machine's memory that decoded images may take.
            dropout, drop_path: floats, rates of dropout and of stochastic depth; the weights' own when None.
            head_channels, head_convolutions: see the class.
            precision: str, see `kformer.tasks.precision.resolve_precision`.
            seed: int, of the head and the dropout layers.
            **settings: `score_threshold`, `nms_iou` and `max_detections` of the class.
        """
        head, _ = choose_head(head, 0, init)
        start = find_image_start(init, resolve_precision(precision)[0], dropout, drop_path, families_for(head))
        backbone, own = start.backbone, start.task if isinstance(start.task, cls) else None
        size = image_size or (own.processor.image_size if own is not None else backbone.image_size)
        size = _size_of(size, backbone.patch_size, proportions_of)
        if own is not None:
            head_channels, head_convolutions = own.head_channels, own.head_convolutions
        if not labels:
            labels = own.labels if own is not None else labels_of(start.checkpoint) if start.checkpoint else ()
        processor = start.processor(size, "detection", fit, image_memory)
        task = cls(backbone, processor, labels, head, head_channels, head_convolutions, seed=seed, **settings)
        task.reseed(seed)
        fill_head(task, start)
        return task

    @classmethod
    def from_scratch(
        cls,
        labels,
        head="dense",
        variant=None,
        image_size=None,
        proportions_of=None,
        patch_size=None,
        detection_tokens=None,
        fit=None,
        image_memory=0.25,
        dropout=None,
        drop_path=None,
        precision="auto",
        seed=0,
        **settings,
    ):
        """A task with random weights.

        Args:
            labels: names of the classes.
            head: str, "dense" or "set".
            variant: str, whose sizes to take (`kformer models`); None is a small one for the head.
            patch_size: int, pixels; the variant's own when None.
            detection_tokens: int, the most boxes of an image, for the head "set"; the variant's own when None.
            image_size, proportions_of, fit, image_memory, dropout, drop_path, precision, seed: see `from_pretrained`.
            **settings: `head_channels`, `head_convolutions`, `score_threshold`, `nms_iou`, `max_detections` of the
                class.
        """
        found = get_variant(variant or VARIANT_OF[head])
        if found.family not in families_for(head):
            raise ValueError(
                f"`head` {head} needs a `variant` of the family {' or '.join(families_for(head))}. Received: "
                f"variant={found.name!r} of the family {found.family}."
            )
        patch_size = patch_size or found.sizes["patch_size"]
        size = _size_of(image_size or found.sizes["image_size"], patch_size, proportions_of)
        sizes = {"image_size": size, "patch_size": patch_size, "num_detection_tokens": detection_tokens}
        sizes |= {"dropout": dropout, "drop_path": drop_path}
        backbone = build_image_backbone(found.name, resolve_precision(precision)[0], seed, **sizes)
        processor = ImageProcessor(size, "detection", fit, memory=image_memory)
        task = cls(backbone, processor, labels, head, seed=seed, **settings)
        task.reseed(seed)
        return task

    def data_notes(self, train):
        return (*super().data_notes(train), *([self.head_note] if self.head_note else []))

    def element_source(
        self, examples, seed=None, inputs_only=False, with_step_targets=False, augment="none", **augmentation
    ):
        """The batches of `examples`.

        Args:
            examples, seed, inputs_only, with_step_targets: see `Task.element_source`.
            augment, **augmentation: fields of `kformer.data.image_augmentation.AugmentationSettings`.
        """
        labels = None if inputs_only or "boxes" not in examples.fields else self.labels
        if labels is not None:
            check_labels(examples, labels)
        augmentation = {"augment": augment, **augmentation}
        return BoxElements(self.processor, examples, labels, with_step_targets, seed, augmentation)

    def check_recipe(self, recipe):
        if recipe.label_smoothing:
            raise ValueError(
                f"`label_smoothing` {recipe.label_smoothing} has no meaning for object detection: leave it at 0."
            )

    def target_losses(self, y, y_pred, label_smoothing=0.0):
        return self.prediction.losses(y, y_pred)

    def default_metrics(self):
        return []

    def best_boxes(self, outputs, score_threshold):
        """The boxes to show, see `best_boxes`; in the graph.

        Args:
            outputs: dict, what the model returns.
            score_threshold: float, the least score.
        """
        boxes, scores = self.prediction.candidates(outputs)
        nms_iou = None if self.head_kind == "set" else self.nms_iou
        return best_boxes(boxes, scores, score_threshold, nms_iou, self.max_detections)

    def boxes_of(self, examples, batch_size=16):
        """All that is found in the images, down to `least_score`, as metrics take it.

        Args:
            examples: `kformer.data.Examples`.
            batch_size: int, images at a time.

        Returns:
            list of dicts, one per image, best boxes first: `boxes` float32 (n, 4), corners in pixels of the image the
            right way up, `scores` float32 (n,), `classes` int32 (n,).
        """
        from kformer.data.batches import make_batches

        plan = self.plan(examples, batch_size)
        batches = make_batches(plan, self.element_source(examples, inputs_only=True))
        store = self.processor.store(examples)
        found = [None] * len(examples)
        for batch, (_, rows) in zip(batches, plan.epoch(), strict=True):
            shapes = store.shapes[rows], store.original_shapes[rows]
            outputs = {name: np.asarray(value) for name, value in self._find_boxes(batch, *shapes).items()}
            for i, row in enumerate(rows):
                count = outputs["num"][i]
                found[row] = {name: outputs[name][i, :count] for name in ("boxes", "scores", "classes")}
        return found

    @functools.cached_property
    def _find_boxes(self):
        """A graph of (inputs, shapes of the stored images, those of the originals) to boxes in the originals."""
        import tensorflow as tf

        def find(inputs, stored, original):
            found = self.best_boxes(self(inputs, training=False), self.least_score)
            return {**found, "boxes": in_originals(self.processor, found["boxes"], stored, original)}

        return tf.function(find, autograph=False, reduce_retracing=True)

    def serving(self):
        return make_serving(self)

    def served(self):
        return {
            "serve": {
                "boxes": "(batch, n, 4), corners x0, y0, x1, y1 in pixels of the image the right way up, best first",
                "scores": f"(batch, n), {self.score_threshold:g} or more",
                "names": '(batch, n) strings, the classes, "" where there is no box',
                "classes": "(batch, n), their numbers",
                "num": "(batch,), how many boxes each image has: what is beyond stands for nothing",
                "labels": "(classes,) strings, the names of all classes",
            }
        }

    def answer(self, outputs, i):
        parts = zip(outputs["boxes"][i], outputs["scores"][i], outputs["classes"][i], strict=True)
        found = list(parts)[: outputs["num"][i]]
        return {"boxes": [_as_answer(self.labels[number], score, box) for box, score, number in found]}

    def arguments(self):
        names = ("head_kind", "head_channels", "head_convolutions", *self.serving_settings, "seed")
        return {"labels": list(self.labels), **{name: getattr(self, name) for name in names}}


def _check(labels, head_kind, score_threshold, nms_iou, max_detections):
    if not labels:
        raise ValueError(f"Object detection needs at least one label. Received: labels={list(labels)!r}.")
    if head_kind not in HEADS:
        raise ValueError(f"`head_kind` must be one of {', '.join(HEADS)}. Received: head_kind={head_kind!r}.")
    for name, value in (("score_threshold", score_threshold), ("nms_iou", nms_iou)):
        if not 0 <= value <= 1:
            raise ValueError(f"`{name}` must be from 0 to 1. Received: {name}={value}.")
    if max_detections < 1:
        raise ValueError(f"`max_detections` must be at least 1. Received: max_detections={max_detections}.")


def _check_boxes(train):
    """Refuses training images without any box: there would be nothing to learn."""
    if not sum(label_counts(train).values()):
        raise ValueError(
            f"{train.source} has no boxes: all {len(train)} images are without one. Give images with boxes to learn "
            "from; some of them may have none."
        )


def _size_of(image_size, patch_size, proportions_of):
    """Height and width of what the model reads, in whole patches."""
    if isinstance(image_size, int) and proportions_of is not None:
        return proportioned(proportions_of, image_size, patch_size)
    return in_whole_patches(image_size, patch_size)


def _as_answer(label, score, box):
    sides = {name: round(float(side), 1) for name, side in zip(("x0", "y0", "x1", "y1"), box, strict=True)}
    return {"label": label, "score": round(float(score), 4), **sides}
