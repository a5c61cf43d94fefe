"""Augmentation of images, boxes and masks, in the graph; what is drawn depends on (seed, epoch, index) alone."""

from kformer.data.image_augmentation.color_jitter import ColorJitter
from kformer.data.image_augmentation.composition import Compose
from kformer.data.image_augmentation.draws import graph_seeds
from kformer.data.image_augmentation.erasing import RandomErasing
from kformer.data.image_augmentation.framing import CenterCrop, Letterbox, RandomResizedCrop, ScaleJitter, Stretch
from kformer.data.image_augmentation.mixing import CutMix, MixUp, MixUpOrCutMix
from kformer.data.image_augmentation.mosaic import Mosaic, mosaic_partners
from kformer.data.image_augmentation.moving import RandomFlip, RandomRotation, RandomShift, RandomZoom
from kformer.data.image_augmentation.pipeline import (
    EvaluationTransform,
    TrainingAugmentation,
    batch_mixing,
    evaluation_transform,
    training_augmentation,
)
from kformer.data.image_augmentation.preview import contact_sheet, to_png
from kformer.data.image_augmentation.rand_augment import RandAugment
from kformer.data.image_augmentation.settings import AugmentationSettings

__all__ = [
    "AugmentationSettings",
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "CutMix",
    "EvaluationTransform",
    "Letterbox",
    "MixUp",
    "MixUpOrCutMix",
    "Mosaic",
    "RandAugment",
    "RandomErasing",
    "RandomFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomShift",
    "RandomZoom",
    "ScaleJitter",
    "Stretch",
    "TrainingAugmentation",
    "batch_mixing",
    "contact_sheet",
    "evaluation_transform",
    "graph_seeds",
    "mosaic_partners",
    "to_png",
    "training_augmentation",
]
