"""Examples whose objects are painted into their pixels, so that a test can recover them after any movement."""

import numpy as np

from kformer.data.image_augmentation import graph_seeds

SEEDS = graph_seeds(0, 0, range(200))


def picture(height=60, width=80, seed=0):
    """A smooth image, uint8 (height, width, 3)."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    waves = [
        np.sin(rows * a + columns * b + c)
        for a, b, c in random.uniform(-0.2, 0.2, (3, 3)) + [0, 0, random.uniform(0, 6)]
    ]
    return (127.5 + 120 * np.stack(waves, axis=-1)).astype("uint8")


def scene(seed=0, height=60, width=80, count=3):
    """An example with boxes of whole pixels that do not overlap, painted into the mask with their classes 1, 2, 3...

    The image is white where there is an object and black elsewhere.
    """
    random = np.random.default_rng(seed)
    boxes, mask = [], np.zeros((height, width), "int32")
    strip = width // count
    for number in range(count):
        x0, x1 = np.sort(random.choice(np.arange(1, strip - 1), 2, replace=False)) + number * strip
        y0, y1 = np.sort(random.choice(np.arange(1, height), 2, replace=False))
        mask[y0:y1, x0:x1] = number + 1
        boxes.append((x0, y0, x1, y1))
    image = np.repeat((255 * (mask > 0)).astype("uint8")[..., None], 3, axis=-1)
    return {
        "image": image,
        "boxes": np.array(boxes, "float32"),
        "classes": np.arange(1, count + 1, dtype="int32"),
        "mask": mask,
    }


def painted_box(mask, number):
    """The box of the pixels of a class: x0, y0, x1, y1, or None."""
    rows, columns = np.nonzero(mask == number)
    if not len(rows):
        return None
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


def in_numpy(example):
    return {name: np.asarray(value) for name, value in example.items()}
