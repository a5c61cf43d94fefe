"""The recipes of tasks on images."""

import dataclasses
from typing import Literal

from kformer.training.recipe import Recipe, Schedule, option

# How strongly images are changed: see `kformer.data.image_augmentation.AugmentationSettings`.
Strength = Literal["none", "light", "standard", "strong"]


@dataclasses.dataclass(frozen=True)
class ImageRecipe(Recipe):
    """What the tasks share that read images; the defaults are those for a small model from scratch.

    What each strength of `augment` does: `kformer.data.image_augmentation.AugmentationSettings`.
    """

    epochs: int = option(50, "Passes over the training images.", low=1)
    batch_size: int = option(64, "Images per batch.", low=1)
    learning_rate: float = option(1e-3, "Peak learning rate; 5e-5 from pretrained weights.", low=0.0)
    schedule: Schedule = option("cosine", "How the rate falls after the warm-up.")
    weight_decay: float = option(0.05, "Decoupled weight decay, not on biases and norms.", low=0.0)
    drop_path: float | None = option(None, "Stochastic depth of the last block; none: the model's.", low=0.0, below=1)
    image_size: int | None = option(None, "Pixels of the side that the model reads; none takes its own.", low=1)
    image_width: int | None = option(None, "Pixels of its width, where only the height is --image-size.", low=1)
    patch_size: int | None = option(None, "Pixels of a patch's side, of a ViT from scratch; none takes its own.", low=1)
    fit: Literal["crop", "letterbox", "stretch"] | None = option(
        None, "How an image comes to that size; none crops the middle to classify, else all is kept."
    )
    image_memory: float = option(0.25, "Share of the memory that decoded images may take.", low=0.0, high=1.0)
    variant: str = option("vit-micro-4", "Sizes of a model from scratch (--init none).")
    augment: Strength = option("standard", "How strongly images are changed.")
    flip: float | None = option(None, "Probability of the mirror image.", low=0.0, high=1.0)
    vertical_flip: float | None = option(None, "Probability of an image upside down.", low=0.0, high=1.0)
    rotation: float | None = option(None, "Degrees to either side.", low=0.0, high=180.0)
    shift: float | None = option(None, "Share of the sides, to either side.", low=0.0, high=1.0)
    zoom: float | None = option(None, "How many times larger or smaller.", low=1.0, high=10.0)
    crop_area: float | None = option(None, "Least share of the area of a random part.", low=0.01, high=1.0)
    scale_jitter: float | None = option(None, "How many times larger or smaller, anywhere.", low=1.0, high=10.0)
    color_jitter: float | None = option(None, "Change of brightness, contrast and saturation.", low=0.0, high=1.0)
    hue: float | None = option(None, "Change of hue, in turns.", low=0.0, high=0.5)
    rand_augment: float | None = option(None, "Magnitude of RandAugment.", low=0.0, high=10.0)
    erasing: float | None = option(None, "Probability that a rectangle is covered.", low=0.0, high=1.0)

    for_augmentation = (
        "augment", "flip", "vertical_flip", "rotation", "shift", "zoom", "crop_area", "scale_jitter", "color_jitter",
        "hue", "rand_augment", "erasing",
    )  # fmt: skip
    for_batches = for_augmentation

    @property
    def size(self):
        """int, or (height, width): what the model reads; None for its own."""
        return self.image_size if self.image_width is None else (self.image_size, self.image_width)

    def _refuse_contradictions(self):
        super()._refuse_contradictions()
        if self.image_width is not None and self.image_size is None:
            raise ValueError(
                f"`image_width` {self.image_width} and `image_size` none contradict each other: a width needs a height "
                "beside it. Give `image_size` too."
            )

    def task_options(self):
        """What the constructors of all tasks on images take of the recipe, by name."""
        names = ("fit", "image_memory", "dropout", "drop_path", "precision", "seed")
        return {"image_size": self.size, **{name: getattr(self, name) for name in names}}

    def augmentation_options(self):
        """What `kformer.data.image_augmentation.AugmentationSettings` takes of the recipe, by name."""
        return {name: getattr(self, name) for name in self.for_augmentation}


@dataclasses.dataclass(frozen=True)
class ImageClassificationRecipe(ImageRecipe):
    """How to train an image classifier.

    Papers: Touvron et al., DeiT, arXiv 2012.12877 (decay, augmentation); Hassani et al., CCT, arXiv 2104.05704 (small
    images).
    """

    class_weights: Literal["none", "balanced"] = option("none", "Balanced: every class weighs the same.")
    mixup: float | None = option(None, "Alpha of MixUp.", low=0.0)
    cutmix: float | None = option(None, "Alpha of CutMix; with MixUp each batch has one of both.", low=0.0)

    for_augmentation = (*ImageRecipe.for_augmentation, "mixup", "cutmix")
    for_batches = (*for_augmentation, "class_weights")


@dataclasses.dataclass(frozen=True)
class ObjectDetectionRecipe(ImageRecipe):
    """How to train a detector; the defaults are those for a small model from scratch on hundreds of images.

    Papers: Tian et al., FCOS, arXiv 1904.01355 (dense); Fang et al., YOLOS, arXiv 2106.00666 (set); Bochkovskiy et al.,
    YOLOv4, arXiv 2004.10934 (mosaic).
    """

    epochs: int = option(100, "Passes over the training images.", low=1)
    batch_size: int = option(8, "Images per batch.", low=1)
    warmup: float = option(0.05, "Share of the steps in which the rate rises from 0.", low=0.0, below=1.0)
    # The loss of what is found in new images rises long before fewer boxes are right.
    restore_best: bool = option(False, "End with the weights of the best epoch.")
    image_size: int | None = option(320, "Pixels of the longer side, or of the height; none takes its own.", low=1)
    square: bool = option(False, "Read squares; else images in their usual proportions.")
    variant: str | None = option(None, "Sizes of a model from scratch (--init none); none takes small ones.")
    head: Literal["auto", "dense", "set"] = option(
        "auto", "What finds boxes: places of maps, or a set of tokens; auto is dense below 5,000 images."
    )
    head_channels: int = option(96, "Width of the dense head.", low=1)
    head_convolutions: int = option(2, "Convolutions of each of its towers.", low=0)
    detection_tokens: int | None = option(None, "Most boxes of an image, of a set; none: the model's own.", low=1)
    score_threshold: float = option(0.5, "Least score of a box in an answer; metrics count lower.", low=0.0, high=1)
    nms_iou: float = option(0.5, "Overlap from which on two boxes of the dense head are one.", low=0.0, high=1.0)
    max_detections: int = option(100, "Boxes of an answer at most.", low=1)
    mosaic: float | None = option(None, "Share of the pictures that are made of four.", low=0.0, high=1.0)

    for_augmentation = (*ImageRecipe.for_augmentation, "mosaic")
    for_batches = for_augmentation


@dataclasses.dataclass(frozen=True)
class SegmentationRecipe(ImageRecipe):
    """How to train a segmentation; the defaults are those for a small model from scratch.

    Papers: Strudel et al., Segmenter, arXiv 2105.05633 (decoders); Chen et al., DeepLab, arXiv 1706.05587 (scales);
    Eigen and Fergus, arXiv 1411.4734 (balanced classes).
    """

    batch_size: int = option(8, "Images per batch.", low=1)
    variant: str = option("vitc-micro-16", "Sizes of a model from scratch (--init none); vit-... is Segmenter's own.")
    decoder: Literal["linear", "mask"] = option("linear", "One dense layer, or blocks that classes and patches share.")
    decoder_layers: int = option(2, "Blocks of the decoder mask.", low=1)
    pixel_block: int = option(1, "Pixels of the side of the block that a vector decides, of the decoder linear.", low=1)
    ignore_label: str | None = option(None, "Class that never counts: its name or index; several with commas.")
    class_weights: Literal["none", "root", "balanced"] = option(
        "none", "Weight of a class by median frequency / frequency: not, its root, or all of it."
    )
    cutmix: float | None = option(None, "Alpha of CutMix, which pastes parts with their masks.", low=0.0)

    for_augmentation = (*ImageRecipe.for_augmentation, "cutmix")
    for_batches = (*for_augmentation, "class_weights")


@dataclasses.dataclass(frozen=True)
class FaceVerificationRecipe(ImageRecipe):
    """How to train embeddings that tell people apart.

    The defaults are for hundreds of images of dozens of people; with thousands of people ArcFace's own scale of 64 and
    margin of 0.5 keep them further apart. Paper: Deng et al., ArcFace, arXiv 1801.07698.
    """

    batch_size: int = option(48, "Images per batch.", low=1)
    epochs: int = option(120, "Passes over the training images.", low=1)
    learning_rate: float = option(3e-3, "Peak learning rate; 5e-5 from pretrained weights.", low=0.0)
    clip_norm: float = option(0.0, "Largest global norm of the gradients; 0 does not clip.", low=0.0)
    augment: Strength = option("strong", "How strongly images are changed.")
    variant: str = option("vitc-face-8", "Sizes of a model from scratch (--init none).")
    image_size: int | None = option(64, "Pixels of the side that the model reads; none takes its own.", low=1)
    validation_fraction: float = option(0.2, "Share of the images held out, by person.", low=0.0, below=1.0)
    pooling: Literal["backbone", "tokens"] | None = option(
        None,
        "What images are compared by: tokens, all their parts in place, for faces that are cut out alike; backbone, "
        "one vector, where things lie anywhere. None is tokens from scratch.",
    )
    embedding_size: int = option(128, "Numbers of an embedding.", low=2)
    embedding_dropout: float = option(0.0, "Rate of dropout before the embedding.", low=0.0, below=1.0)
    margin: float = option(0.2, "Angle, in radians, by which ArcFace keeps people apart.", low=0.0, high=1.5)
    scale: float = option(16.0, "Factor on ArcFace's cosines.", low=1.0)
    num_centers: int = option(1, "ArcFace's centers of a person; 2 or 3 where names may be wrong.", low=1)
    mirror: bool = option(True, "Embed an image and its mirror image together, outside training.")
    far: float | None = option(
        None, "False accept rate for which the threshold is chosen; none is where both errors are equal.", low=0.0
    )
