"""Augment the same images with kformer, Keras and keras-cv, in turn, and compare their speed.

python -m benchmarks.augmentation [--sizes 224 32] [--works flip RandAugment] [--rounds 3] [--seconds 2] [--json FILE]

kformer's operations are mapped over single images, each drawn from its own seed, and then batched. The layers of Keras
and keras-cv are mapped over batches, as their guides do; Keras' RandAugment draws once for a batch. All start from
uint8, end in float32 batches and use one thread. What is counted is processor time, so that other work on the machine
disturbs little. MixUp and CutMix get batches on all sides.
"""

import argparse
import itertools
import json
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import numpy as np

BATCH, CLASSES = 64, 10
KFORMER, KERAS, KERAS_CV = "kformer", "Keras", "keras-cv"
RANGE = (0, 255)


def main():
    arguments = parse_arguments()
    results = {}
    for size in arguments.sizes:
        known = works_of(size)
        asked = {work: known[work] for work in arguments.works or known}
        works = {work: traced(sides, size) for work, sides in asked.items()}
        rounds = [run_round(works, arguments.seconds) for _ in range(arguments.rounds)]
        results[size] = {
            work: {side: statistics.median(rates[work][side] for rates in rounds) for side in sides}
            for work, sides in works.items()
        }
        print_table(size, results[size])
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[224, 32], help="sides of the images, in pixels")
    parser.add_argument("--works", nargs="+", metavar="WORK", help="all by default")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of processor time, per work, side and round")
    parser.add_argument("--json", help="file to write all figures to")
    return parser.parse_args()


def works_of(size):
    """What is compared: work -> side -> function that makes the dataset of augmented batches."""
    import keras
    import keras_cv

    from kformer.data import image_augmentation as kf

    sides, own, cv = (size, size), keras.layers, keras_cv.layers
    moved = (kf.RandomFlip(), kf.RandomRotation(15), kf.RandomZoom((0.8, 1.25)), kf.RandomShift(0.1))
    # The same four, each with an own resampling.
    by_keras = [
        own.RandomFlip("horizontal"),
        own.RandomRotation(15 / 360),
        own.RandomZoom(0.2),
        own.RandomTranslation(0.1, 0.1),
    ]
    by_cv = [
        cv.RandomFlip("horizontal"), cv.RandomRotation(15 / 360), cv.RandomZoom(0.2), cv.RandomTranslation(0.1, 0.1),
    ]  # fmt: skip
    jitter = {"brightness_factor": 0.4, "contrast_factor": 0.4, "saturation_factor": 0.4, "hue_factor": 0.1}
    return {
        "flip": {
            KFORMER: single(kf.RandomFlip()), KERAS: batched(by_keras[0]), KERAS_CV: batched(by_cv[0]),
        },
        "rotation": {
            KFORMER: single(kf.RandomRotation(15)), KERAS: batched(by_keras[1]), KERAS_CV: batched(by_cv[1]),
        },
        "zoom": {KFORMER: single(moved[2]), KERAS: batched(by_keras[2]), KERAS_CV: batched(by_cv[2])},
        "shift": {KFORMER: single(moved[3]), KERAS: batched(by_keras[3]), KERAS_CV: batched(by_cv[3])},
        "these four": {KFORMER: single(kf.Compose(moved)), KERAS: batched(*by_keras), KERAS_CV: batched(*by_cv)},
        "random resized crop": {
            KFORMER: single(kf.RandomResizedCrop(sides)),
            KERAS_CV: batched(cv.RandomCropAndResize(sides, (0.08, 1.0), (3 / 4, 4 / 3))),
        },
        "colour jitter": {
            KFORMER: single(kf.ColorJitter(0.4, 0.4, 0.4, 0.1)),
            KERAS: batched(own.RandomColorJitter(RANGE, **jitter)),
            KERAS_CV: batched(cv.RandomColorJitter(RANGE, **jitter)),
        },
        "RandAugment": {
            KFORMER: single(kf.RandAugment(9, 2)),
            KERAS: batched(own.RandAugment(RANGE, 2, 0.9)),
            KERAS_CV: batched(cv.RandAugment(RANGE, 2, 0.9)),
        },
        "auto-contrast": {
            KFORMER: single(painting(kf.color.auto_contrast)),
            KERAS: batched(own.AutoContrast(RANGE)),
            KERAS_CV: batched(cv.AutoContrast(RANGE)),
        },
        "equalize": {
            KFORMER: single(painting(kf.color.equalize)),
            KERAS: batched(own.Equalization(RANGE)),
            KERAS_CV: batched(cv.Equalization(RANGE)),
        },
        "random erasing": {
            KFORMER: single(kf.RandomErasing(1.0)),
            KERAS: batched(own.RandomErasing(1.0, value_range=RANGE)),
            KERAS_CV: batched(cv.RandomCutout((0.15, 0.6), (0.15, 0.6), "gaussian_noise")),
        },
        "MixUp": {KFORMER: mixed(kf.MixUp(0.2)), KERAS: mixed_by(own.MixUp(0.2)), KERAS_CV: mixed_by(cv.MixUp(0.2))},
        "CutMix": {KFORMER: mixed(kf.CutMix()), KERAS: mixed_by(own.CutMix()), KERAS_CV: mixed_by(cv.CutMix())},
    }  # fmt: skip


def painting(function):
    """A bare function of colours as an augmentation of an example."""
    import tensorflow as tf

    return lambda example, seed: {"image": function(tf.cast(example["image"], tf.float32))}


def single(operation):
    """kformer's way: each image by itself, then batched."""
    from kformer.data.image_augmentation import graph_seeds

    def make(images):
        import tensorflow as tf

        seeds = itertools.count()

        def draw():
            for epoch in seeds:
                yield from graph_seeds(0, epoch, range(BATCH))

        drawn = tf.data.Dataset.from_tensor_slices(np.stack(list(itertools.islice(draw(), 64 * BATCH)))).repeat()
        examples = tf.data.Dataset.from_tensor_slices({"image": images}).repeat()
        augmented = tf.data.Dataset.zip(examples, drawn).map(operation, num_parallel_calls=1, deterministic=True)
        return augmented.batch(BATCH, drop_remainder=True)

    return make


def batched(*layers):
    """Keras' way: layers on batches."""

    def make(images):
        import tensorflow as tf

        def augment(batch):
            for layer in layers:
                batch = layer(batch, training=True)
            return batch

        batches = tf.data.Dataset.from_tensor_slices(images).repeat().batch(BATCH, drop_remainder=True)
        return batches.map(lambda batch: augment(tf.cast(batch, tf.float32)), num_parallel_calls=1)

    return make


def mixed(operation):
    """Batches, mixed by kformer."""
    return lambda images: labelled(images).map(lambda batch: operation(batch, (1, 2)), num_parallel_calls=1)


def mixed_by(layer):
    """Batches, mixed by a layer."""

    def make(images):
        renamed = labelled(images).map(lambda batch: {"images": batch["images"], "labels": batch["targets"]})
        return renamed.map(lambda batch: layer(batch, training=True), num_parallel_calls=1)

    return make


def labelled(images):
    import tensorflow as tf

    targets = np.eye(CLASSES, dtype="float32")[np.arange(len(images)) % CLASSES]
    examples = tf.data.Dataset.from_tensor_slices({"images": images, "targets": targets}).repeat()
    batches = examples.batch(BATCH, drop_remainder=True)
    return batches.map(lambda batch: {**batch, "images": tf.cast(batch["images"], tf.float32)})


def traced(sides, size):
    """Side -> iterator over batches; a side that does not run on this stack is told and left out."""
    import tensorflow as tf

    options = tf.data.Options()
    options.threading.private_threadpool_size = 1
    options.threading.max_intra_op_parallelism = 1
    images = photographs(size)
    iterators = {}
    for side, make in sides.items():
        try:
            iterators[side] = iter(make(images).with_options(options))
            next(iterators[side])
        except Exception as error:  # noqa: BLE001, whatever a peer raises is its result
            print(f"{side} fails: {type(error).__name__}: {str(error).splitlines()[0][:100]}")
            del iterators[side]
    return iterators


def photographs(size):
    """uint8 (64, size, size, 3) with the smooth shapes of photographs."""
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:size, :size] * (6 / size)
    images = [
        np.stack([np.sin(rows * a + columns * b + c) for a, b, c in random.normal(0, 1.5, (3, 3))], axis=-1)
        for _ in range(BATCH)
    ]
    return (127.5 + 100 * np.array(images) + random.normal(0, 5, (BATCH, size, size, 3))).clip(0, 255).astype("uint8")


def run_round(works, seconds):
    return {work: {side: rate(batches, seconds) for side, batches in sides.items()} for work, sides in works.items()}


def rate(batches, seconds):
    """Images per second of processor time."""
    count, start = 0, time.process_time()
    while (spent := time.process_time() - start) < seconds:
        next(batches)
        count += BATCH
    return count / spent


def print_table(size, rates):
    print(f"\n{size} x {size}, images per second of one core")
    print(f"{'':22}{KFORMER:>10}{KERAS:>10}{KERAS_CV:>10}{'x Keras':>10}{'x keras-cv':>12}")
    for work, sides in rates.items():
        numbers = "".join(
            f"{sides[side]:>10,.0f}" if side in sides else f"{'-':>10}" for side in (KFORMER, KERAS, KERAS_CV)
        )
        ratios = (f"{sides[KFORMER] / sides[side]:.1f}" if side in sides else "-" for side in (KERAS, KERAS_CV))
        print(f"{work:22}{numbers}{next(ratios):>10}{next(ratios):>12}", flush=True)


if __name__ == "__main__":
    main()
