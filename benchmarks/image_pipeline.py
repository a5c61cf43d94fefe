"""Measure each stage between JPEG files and a training: decoding, augmentation, both, and what a training consumes.

python -m benchmarks.image_pipeline --photos ../shared/data/bccd/JPEGImages [--variant deit-tiny] [--seconds 10]

The photos are cut to JPEG files of 224 x 224 pixels. Batches of 32 come from `task.batches`, as a training reads them,
on all cores: from files anew in each epoch, and from the decoded images that are kept in memory. The training takes
one batch again and again, so that it waits for nothing.
"""

import argparse
import itertools
import json
import os
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

SIZE, BATCH, NUM_IMAGES = 224, 32, 512
STRENGTHS = ("none", "light", "standard", "strong")


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(sorted(arguments.photos.glob("*.jp*g")), Path(folder))
        paces = measure(folder, arguments.variant, arguments.seconds)
    training = paces["training"]
    print(f"{'':40} {'images/s':>9} {'of the training':>16}")
    for stage, pace in paces.items():
        print(f"{stage:40} {pace:9.1f} {pace / training:15.1f}x")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(paces, indent=2) + "\n", encoding="utf-8")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True, help="folder of JPEG files of 224 x 224 pixels or more")
    parser.add_argument("--variant", default="deit-tiny", help="the model that is trained, the smallest of its kind")
    parser.add_argument("--seconds", type=float, default=10, help="per stage")
    parser.add_argument("--json", help="file to write all figures to")
    return parser.parse_args()


def write_pictures(photos, folder):
    """Cuts squares out of photos, in turn and at random places, into two folders."""
    from PIL import Image

    random = np.random.default_rng(0)
    for number in range(NUM_IMAGES):
        target = folder / "ab"[number % 2] / f"{number}.jpg"
        target.parent.mkdir(exist_ok=True)
        with Image.open(photos[number % len(photos)]) as photo:
            left, top = (int(random.integers(0, side - SIZE + 1)) for side in photo.size)
            photo.crop((left, top, left + SIZE, top + SIZE)).save(target, quality=90)


def measure(folder, variant, seconds):
    """Images per second of each stage, by its name."""
    import kformer as kf

    examples = kf.data.load(folder)
    paces = {}
    for memory, source in ((0.0, "from files"), (0.25, "from memory")):
        settings = {"labels": examples.labels, "variant": variant, "image_memory": memory}
        task = kf.tasks.ImageClassification.from_scratch(**settings)
        for augment in STRENGTHS:
            batches = task.batches(examples, training=True, batch_size=BATCH, augment=augment, seed=0)
            paces[f"{source}, augmentation {augment}"] = pace_of(batches.repeat(), seconds)
    task.compile()
    batch = next(iter(task.batches(examples, training=True, batch_size=BATCH, augment="none", seed=0)))
    paces["training"] = pace_of((task.train_on_batch(*batch) for _ in itertools.count()), seconds)
    return paces


def pace_of(batches, seconds):
    """Images per second of an endless iterable of batches, its first two left out."""
    iterator = iter(batches)
    for _ in range(2):
        next(iterator)
    count, start = 0, time.perf_counter()
    while time.perf_counter() < start + seconds:
        next(iterator)
        count += BATCH
    return count / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
