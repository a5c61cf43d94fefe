"""Image classification: one label, several labels or a number for an image."""

import keras
from keras import ops

from kformer.models.registry import families_serving
from kformer.tasks.classification import PROBLEMS, Classification
from kformer.tasks.image_processor import ImageElements, ImageProcessor
from kformer.tasks.image_starting import build_image_backbone, find_image_start
from kformer.tasks.image_task import ImageTask
from kformer.tasks.losses import soft_cross_entropy
from kformer.tasks.metrics import TokenAccuracy
from kformer.tasks.precision import resolve_precision


@keras.saving.register_keras_serializable("kformer")
class ImageClassification(ImageTask, Classification):
    """A label, several labels, or a number for an image.

    Args:
        backbone: an image encoder such as `kformer.models.ViTBackbone`.
        processor: `ImageProcessor`.
        labels: the label names in the order of the outputs; () for a regression.
        problem: "single_label", "multi_label" or "regression".
        dropout: float, rate before the head.
        seed: int or None, of the head's random weights.

    Call arguments:
        inputs: the backbone's.

    Returns:
        Logits (batch, labels); for a regression values (batch,).
    """

    processor_class = ImageProcessor
    title = "image classification"
    example_command = "predict {run} picture.jpg"
    required = ("image", "label")

    @classmethod
    def settings(cls, train, recipe):
        return {"labels": train.labels, "problem": PROBLEMS[train.label_kind]}

    @classmethod
    def from_pretrained(
        cls,
        init,
        labels=(),
        problem="single_label",
        image_size=None,
        fit=None,
        image_memory=0.25,
        dropout=None,
        drop_path=None,
        precision="auto",
        seed=0,
    ):
        """A task over pretrained weights, with a new head unless the checkpoint's has the same labels.

        Args:
            init: str or path: a variant of `kformer models`, "hf:organisation/name", a Hugging Face folder, or a run
                of kformer.
            labels, problem: see the class.
            image_size: int, pixels of the side of what the model reads, or two, height and width; the checkpoint's own
                when None. At another size its positions are stretched.
            fit: str, see `ImageProcessor`.
            image_memory: float, the share of the machine's memory that decoded images may take.
            dropout, drop_path: floats, rates of dropout and of stochastic depth; the checkpoint's own when None.
            precision: str, see `kformer.tasks.precision.resolve_precision`.
            seed: int, of the head and the dropout layers.
        """
        families = families_serving("image-classification")
        start = find_image_start(init, resolve_precision(precision)[0], dropout, drop_path, families)
        processor = start.processor(image_size, "classification", fit, image_memory)
        task = cls(start.backbone, processor, labels, problem, start.backbone.dropout, seed)
        task.reseed(seed)
        start.fill_head(task)
        return task

    @classmethod
    def from_scratch(
        cls,
        labels=(),
        problem="single_label",
        variant="vit-micro-4",
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
            labels, problem, fit, image_memory, dropout, drop_path, precision, seed: see `from_pretrained`.
        """
        sizes = {"image_size": image_size, "patch_size": patch_size, "dropout": dropout, "drop_path": drop_path}
        backbone = build_image_backbone(variant, resolve_precision(precision)[0], seed, **sizes)
        processor = ImageProcessor(backbone.image_size, "classification", fit, memory=image_memory)
        task = cls(backbone, processor, labels, problem, backbone.dropout, seed)
        task.reseed(seed)
        return task

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
            class_weights: see `target_weights`.
            augment, **augmentation: fields of `kformer.data.image_augmentation.AugmentationSettings`.
        """
        augmentation = {"augment": augment, **augmentation}
        shared = {"with_step_targets": with_step_targets, "seed": seed, "augmentation": augmentation}
        if inputs_only or "label" not in examples.fields:
            return ImageElements(self.processor, examples, **shared)
        targets = examples.targets(self.labels or None)
        weights = self.target_weights(targets, class_weights)
        return ImageElements(self.processor, examples, targets, weights, num_classes=len(self.labels), **shared)

    def check_recipe(self, recipe):
        super().check_recipe(recipe)
        mixing = [name for name in ("mixup", "cutmix") if getattr(recipe, name, None)]
        if mixing and self.problem == "regression":
            raise ValueError(f"`{mixing[0]}` mixes the shares of labels, which a regression has none of: leave it out.")

    def target_losses(self, y, y_pred, label_smoothing=0.0):
        # Mixed images have shares of several labels.
        if self.problem == "single_label" and len(y.shape) == 2:
            return soft_cross_entropy(y, y_pred, label_smoothing)
        return super().target_losses(y, y_pred, label_smoothing)

    def default_metrics(self):
        return [MixedAccuracy()] if self.problem == "single_label" else super().default_metrics()


@keras.saving.register_keras_serializable("kformer")
class MixedAccuracy(TokenAccuracy):
    """The share of images whose logit is the largest at their label; of mixed images at that of the larger share."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.argmax(y_true, axis=-1) if len(y_true.shape) == 2 else y_true
        return super().update_state(y_true, y_pred, sample_weight)
