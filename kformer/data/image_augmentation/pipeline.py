"""From settings to what is mapped over a data set: one function for training, one for evaluation, one for batches."""

import dataclasses

from kformer.data.image_augmentation import affine
from kformer.data.image_augmentation.checks import check_choice
from kformer.data.image_augmentation.color_jitter import ColorJitter
from kformer.data.image_augmentation.composition import Compose, Operation
from kformer.data.image_augmentation.draws import uniform
from kformer.data.image_augmentation.erasing import RandomErasing
from kformer.data.image_augmentation.framing import CenterCrop, Letterbox, RandomResizedCrop, ScaleJitter, Stretch
from kformer.data.image_augmentation.mixing import CutMix, MixUp, MixUpOrCutMix
from kformer.data.image_augmentation.mosaic import Mosaic
from kformer.data.image_augmentation.moving import RandomFlip, RandomRotation, RandomShift, RandomZoom
from kformer.data.image_augmentation.rand_augment import RandAugment
from kformer.data.image_augmentation.settings import TASKS
from kformer.data.image_augmentation.tracing import as_written
from kformer.data.image_augmentation.warping import warp_mask

FITS = {"crop": CenterCrop, "letterbox": Letterbox, "stretch": Stretch}
# A label is that of the middle; boxes and masks are to be whole, and faces are not to lose chins.
_FIT_OF = {"classification": "crop", "detection": "letterbox", "segmentation": "letterbox", "faces": "letterbox"}
# Faces are brought to one contrast: the edge where a picture ends would have more of it than the face.
_FILL_OF = {"classification": "mean", "detection": "mean", "segmentation": "mean", "faces": "reflect"}


@dataclasses.dataclass(frozen=True)
class TrainingAugmentation:
    """What is done to an example of the training data: float32 images of one size.

    Attributes:
        alone: `Compose`, for one example.
        mosaic: `Mosaic`, for four, or None.
        colors: `Compose`, for what is done to the colours of a mosaic.
        mosaic_share: float, the share of pictures that are made of four.

    Call arguments:
        example: dict as for `Compose`; with a mosaic a sequence of four, the example and its `mosaic_partners`.
        seed: int32 (2,), of `graph_seeds`.

    Returns:
        dict, of one example.

    Raises:
        ValueError: a mosaic is to be made of one example.
    """

    alone: Compose
    mosaic: Mosaic | None = None
    colors: Compose = Compose(())
    mosaic_share: float = 0.0

    @as_written
    def __call__(self, example, seed):
        import tensorflow as tf

        if self.mosaic is None:
            return self.alone(example if isinstance(example, dict) else example[0], seed)
        if isinstance(example, dict):
            raise ValueError(
                f"`mosaic` {self.mosaic_share} needs four examples for each picture. Received: one. Give the example "
                "and the three of `mosaic_partners`, or set `mosaic` to 0."
            )
        # Both branches have the same entries: those of the first example.
        return tf.cond(
            uniform(seed, type(self).__name__, 1)[0] < self.mosaic_share,
            lambda: self.colors(self.mosaic(example, seed), seed),
            lambda: self.alone(example[0], seed),
        )


@dataclasses.dataclass(frozen=True)
class EvaluationTransform:
    """What is done to an example at evaluation and prediction: a float32 image of one size, nothing drawn.

    Attributes:
        framing: `CenterCrop`, `Letterbox` or `Stretch`.
        fill, ignore_index: as in `Compose`.

    Call arguments:
        example: dict as for `Compose`.

    Returns:
        a new dict.
    """

    framing: Operation
    fill: str | float | tuple = "mean"
    ignore_index: int = 255

    @as_written
    def __call__(self, example):
        return Compose((self.framing,), self.fill, self.ignore_index, min_box_share=0.0)(example, (0, 0))

    def boxes_in_image(self, boxes, image_size):
        """Boxes in the pixels of the original image: float32 (n, 4) of float32 (n, 4).

        Args:
            boxes: x0, y0, x1, y1 in pixels of the result.
            image_size: int32 (2,), height and width of the original.
        """
        import tensorflow as tf

        height, width = tf.unstack(tf.cast(image_size, tf.float32))
        original = affine.map_boxes(affine.inverse(self._forward(image_size)), tf.cast(boxes, tf.float32))
        return tf.clip_by_value(original, 0.0, tf.stack([width, height, width, height]))

    def mask_in_image(self, mask, image_size):
        """A mask at the size of the original image, `ignore_index` where the result did not show it.

        Args:
            mask: int (height, width) of the result.
            image_size: int32 (2,), height and width of the original.
        """
        return warp_mask(mask, affine.inverse(self._forward(image_size)), image_size, self.ignore_index)

    def _forward(self, image_size):
        import tensorflow as tf

        return self.framing.place(tf.cast(image_size, tf.float32))[0]


def training_augmentation(settings, size, fit=None, fill=None, ignore_index=255):
    """What is done to the examples of the training data.

    Args:
        settings: `AugmentationSettings`.
        size: (height, width) of the images of a batch.
        fit: "crop", "letterbox" or "stretch": how an image comes to the size where nothing is drawn for it; None takes
            that of evaluation.
        fill: colour outside the image, see `Compose`; None is "reflect" for faces, and where images to classify are
            moved in a frame that they fill, and "mean" for the others.
        ignore_index: int, class of mask pixels outside.

    Returns:
        `TrainingAugmentation`.

    Raises:
        ValueError: an argument is not as described.
    """
    numbers = settings.numbers()
    moves = _moves(numbers)
    colors = _colors(numbers, settings.task)
    if fill is None:
        fill = _fill_of(settings.task, fit, moves)
    shared = {"fill": fill, "ignore_index": ignore_index}
    # RandAugment moves and paints: it stands once, between the two.
    alone = Compose((_framing(numbers, settings.task, size, fit), *moves, *colors), **shared)
    if not numbers["mosaic"]:
        return TrainingAugmentation(alone)
    tiles = tuple(operation for operation in (*moves, *colors) if hasattr(operation, "place"))
    painted = tuple(Painting(operation) for operation in colors)
    mosaic = Mosaic(tuple(size), operations=tiles, **shared)
    return TrainingAugmentation(alone, mosaic, Compose(painted), numbers["mosaic"])


def batch_mixing(settings):
    """What is done to the batches of the training data, after `training_augmentation`.

    Args:
        settings: `AugmentationSettings`.

    Returns:
        `MixUp`, `CutMix`, `MixUpOrCutMix`, or None where nothing is mixed.
    """
    numbers = settings.numbers()
    mix_up, cut_mix = MixUp(numbers["mixup"]), CutMix(numbers["cutmix"])
    if mix_up.alpha and cut_mix.alpha:
        return MixUpOrCutMix(mix_up, cut_mix)
    return mix_up if mix_up.alpha else cut_mix if cut_mix.alpha else None


def evaluation_transform(task, size, fit=None, fill=None, ignore_index=255):
    """What is done to examples at evaluation and prediction.

    Args:
        task: "classification", "detection", "segmentation" or "faces".
        size: (height, width) of the images of a batch.
        fit: "crop" for the part in the middle, "letterbox" for the whole with a border, "stretch" for the whole in
            other proportions; None is "crop" for classification and "letterbox" for the others.
        fill, ignore_index: as in `training_augmentation`.

    Returns:
        `EvaluationTransform`.

    Raises:
        ValueError: an argument is not as described.
    """
    check_choice("task", task, TASKS)
    fill = _FILL_OF[task] if fill is None else fill
    return EvaluationTransform(_fixed_framing(task, size, fit), fill, ignore_index)


@dataclasses.dataclass(frozen=True)
class Painting(Operation):
    """An operation's change of colours without its movement.

    Attributes:
        operation: `Operation` with `paint`.
    """

    operation: Operation

    def paint(self, image, seed):
        return self.operation.paint(image, seed)


def _framing(numbers, task, size, fit):
    if numbers["crop_area"] < 1:
        return RandomResizedCrop(tuple(size), (numbers["crop_area"], 1.0))
    if numbers["scale_jitter"] > 1:
        return ScaleJitter(tuple(size), (1 / numbers["scale_jitter"], numbers["scale_jitter"]))
    return _fixed_framing(task, size, fit)


def _fixed_framing(task, size, fit):
    fit = fit or _FIT_OF[task]
    check_choice("fit", fit, FITS)
    return FITS[fit](tuple(size))


def _fill_of(task, fit, moves):
    # A mirrored edge looks like more of the picture, which an even one does not. A letterbox has even ones at
    # evaluation, too; and boxes or masks of what is mirrored there would be missing.
    leave_the_frame = any(not isinstance(move, RandomFlip) for move in moves)
    is_filled = (fit or _FIT_OF[task]) != "letterbox"
    return "reflect" if task == "classification" and is_filled and leave_the_frame else _FILL_OF[task]


def _moves(numbers):
    moves = []
    if numbers["flip"] or numbers["vertical_flip"]:
        moves.append(RandomFlip(numbers["flip"], numbers["vertical_flip"]))
    if numbers["rotation"]:
        moves.append(RandomRotation(numbers["rotation"]))
    if numbers["zoom"] > 1:
        moves.append(RandomZoom((1 / numbers["zoom"], numbers["zoom"])))
    if numbers["shift"]:
        moves.append(RandomShift(numbers["shift"]))
    return moves


def _colors(numbers, task):
    colors = []
    if numbers["rand_augment"]:
        colors.append(RandAugment(numbers["rand_augment"], numbers["rand_augment_ops"]))
    if numbers["color_jitter"] or numbers["hue"]:
        colors.append(ColorJitter(*[numbers["color_jitter"]] * 3, numbers["hue"]))
    if numbers["erasing"]:
        # Faces are brought to one contrast, of which noise would be most. In grey pictures a colour would tell at once
        # that something is covered.
        colors.append(RandomErasing(numbers["erasing"], fill="grey" if task == "faces" else "noise"))
    return colors
