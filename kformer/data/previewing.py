"""What training makes of images: a contact sheet of some examples, as they are and augmented."""

import numpy as np

from kformer.data.examples import Examples, has_names
from kformer.data.image_augmentation import AugmentationSettings, contact_sheet, to_png, training_augmentation
from kformer.data.images.columns import image_shapes
from kformer.data.images.decoding import decode_image, decode_mask, resize_to_fit

_MOST_SIDE = 256


def preview(
    examples: Examples,
    augment: AugmentationSettings | str = "standard",
    size: tuple[int, int] | None = None,
    fit: str | None = None,
    count: int = 6,
    versions: int = 5,
    seed: int = 0,
) -> bytes:
    """Draws examples, spread over all, in rows: as they are, then as training sees them in its first epochs.

    Args:
        examples: With images.
        augment: A strength, or all settings; of a strength those for the labels, boxes or masks that there are.
        size: Height and width of what the model reads; None is the usual size of the images, at most 256.
        fit: See `training_augmentation`.
        count: How many examples.
        versions: How many augmented versions of each.
        seed: Of the run.

    Returns:
        A PNG file.

    Raises:
        ValueError: The examples have no images.
    """
    if "image" not in examples.fields:
        raise ValueError(f"{examples.source} has no images to preview. Its roles are: {', '.join(examples.fields)}.")
    settings = AugmentationSettings(kind_of(examples), augment) if isinstance(augment, str) else augment
    size = _usual_size(examples) if size is None else size
    chosen = np.unique(np.linspace(0, len(examples) - 1, count).astype(int))
    rows = [_example(examples, int(index), 2 * max(size)) for index in chosen]
    sheet = contact_sheet(
        rows,
        _augmentation(settings, size, fit, rows),
        versions,
        class_names=list(examples.labels) if has_names(examples) else None,
        seed=seed,
        indices=chosen,
    )
    return to_png(sheet)


def _augmentation(settings: AugmentationSettings, size: tuple[int, int], fit: str | None, rows: list[dict]):
    """Returns the function that augments one of the rows; a mosaic is made with those that follow it."""
    augment = training_augmentation(settings, size, fit)
    if augment.mosaic is None:
        return augment

    def with_partners(example: dict, seed) -> dict:
        place = next(number for number, row in enumerate(rows) if row is example)
        return augment([rows[(place + step) % len(rows)] for step in range(4)], seed)

    return with_partners


def kind_of(examples: Examples) -> str:
    """Returns what images are for, as `AugmentationSettings` calls it: by the boxes or masks that they have."""
    if "boxes" in examples.fields:
        return "detection"
    return "segmentation" if "mask" in examples.fields else "classification"


def _usual_size(examples: Examples) -> tuple[int, int]:
    height, width = np.median(image_shapes(examples), axis=0)
    scale = min(1.0, _MOST_SIDE / max(height, width))
    return round(height * scale), round(width * scale)


def _example(examples: Examples, index: int, most: int) -> dict:
    """Returns one example as augmentations take it; without boxes and masks scaled down, for speed."""
    row = examples[index]
    image = decode_image(_content(row["image"]))
    if "boxes" in row:
        boxes = [[box[side] for side in ("x0", "y0", "x1", "y1")] for box in row["boxes"]]
        classes = [examples.labels.index(box["label"]) for box in row["boxes"]]
        return {
            "image": image,
            "boxes": np.array(boxes, "float32").reshape(-1, 4),
            "classes": np.array(classes, "int32"),
        }
    if "mask" in row:
        return {"image": image, "mask": decode_mask(_content(row["mask"]))}
    example = {"image": resize_to_fit(image, most)}
    if "label" in row:
        label = row["label"]
        example["label"] = np.array(", ".join(label) if isinstance(label, list) else str(label))
    return example


def _content(source):
    import tensorflow as tf

    return source if isinstance(source, bytes) else tf.io.read_file(source)
