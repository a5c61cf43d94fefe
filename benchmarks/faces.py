"""Verify the faces of people whom no training has seen: kformer beside raw pixels and eigenfaces, in folds by person.

python -m benchmarks.faces --data ../shared/data/orl_faces [--folds 5] [--epochs 120] [--json FILE]

In each fold a fifth of the people is held out. The embedding is trained from scratch on the images of the others, for
a number of epochs that is fixed before: the people held out choose neither the epoch nor anything else. All three sides
are judged on the same pairs.

- kformer: a small ViT with a convolutional stem, ArcFace, augmented faces.
- pixels: the cosine of the grey images, from which the mean of the training images is taken.
- PCA-40: the cosine of 40 eigenfaces' coordinates (Turk and Pentland, 1991) of the training images.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

METRICS = ("roc_auc", "eer", "tar_at_far_1e_2", "rank_1")
# Beside the defaults, which were chosen on these folds.
RECIPE = {
    "image_size": 64,
    "image_width": 56,
    "fit": "stretch",
    "restore_best": False,  # the best epoch would be chosen by the people held out
}
SIDES = ("kformer", "pixels", "PCA-40")


def main():
    arguments = parse_arguments()
    import kformer as kf

    examples = kf.data.load(arguments.data, required=("image", "label"), label_kind="class")
    rows = []
    for number, people in enumerate(folds(examples, arguments.folds, arguments.seed), start=1):
        if arguments.only and number not in arguments.only:
            continue
        rows.append(run_fold(examples, people, arguments))
        print_fold(number, rows[-1])
    print_table(rows)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a folder with a subfolder of images for each person")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only", type=int, nargs="+", metavar="FOLD", help="run these folds alone")
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0, help="of the folds, and of the training")
    parser.add_argument("--json", help="file to write all figures to")
    return parser.parse_args()


def folds(examples, count, seed):
    """The people who are held out in each fold."""
    names = np.random.default_rng(seed).permutation(np.unique(examples.values("label")))
    return [set(part) for part in np.array_split(names, count)]


def run_fold(examples, people, arguments):
    """The metrics of every side on the people of one fold."""
    from kformer.evaluation import verification_metrics
    from kformer.tasks.image_pairs import best_threshold

    is_held_out = np.array([name in people for name in examples.values("label")])
    train, held_out = (examples.take(np.flatnonzero(rows)) for rows in (~is_held_out, is_held_out))
    who = held_out.values("label")
    started = time.perf_counter()
    task = trained(train, held_out, arguments)
    seconds = time.perf_counter() - started
    pixels = [grey(part) for part in (train, held_out)]
    vectors = {
        "kformer": task.outputs_of(held_out),
        "pixels": of_length_1(pixels[1] - pixels[0].mean(axis=0)),
        "PCA-40": of_length_1(eigenfaces(*pixels, 40)),
    }
    scores = {side: verification_metrics(vectors[side], who, best_threshold(vectors[side], who)) for side in SIDES}
    return {"people": sorted(people), "seconds": round(seconds, 1), "scores": scores}


def trained(train, held_out, arguments):
    import kformer as kf

    recipe = kf.FaceVerificationRecipe(epochs=arguments.epochs, seed=arguments.seed, **RECIPE)
    task = kf.tasks.FaceVerification.from_recipe(train, "none", recipe)
    return kf.fine_tune(task, train, held_out, recipe).task


def grey(examples):
    """The pixels of all images, float (n, pixels)."""
    from PIL import Image

    return np.stack([np.asarray(Image.open(path).convert("L"), "float64").ravel() for path in examples.values("image")])


def eigenfaces(train, images, count):
    """The coordinates of images along the directions in which the training images differ most: float (n, count)."""
    mean = train.mean(axis=0)
    directions = np.linalg.svd(train - mean, full_matrices=False)[2][:count]
    return (images - mean) @ directions.T


def of_length_1(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def print_fold(number, row):
    areas = ", ".join(f"{side} {row['scores'][side]['roc_auc']['value']:.4f}" for side in SIDES)
    print(f"fold {number}: AUC {areas} ({row['seconds']:.0f} s)", flush=True)


def print_table(rows):
    """Means over the folds; the interval is the mean of the folds' own, which resample people."""
    print("\n" + " | ".join(["side", *METRICS, "tar_at_far_1e_2, 95 % interval", "AUC of each fold"]))
    for side in SIDES:
        scores = [row["scores"][side] for row in rows]
        means = [f"{np.mean([score[name]['value'] for score in scores]):.4f}" for name in METRICS]
        low, high = (np.mean([score["tar_at_far_1e_2"][bound] for score in scores]) for bound in ("low", "high"))
        areas = " ".join(f"{score['roc_auc']['value']:.4f}" for score in scores)
        print(" | ".join([side, *means, f"{low:.3f} to {high:.3f}", areas]))


if __name__ == "__main__":
    main()
