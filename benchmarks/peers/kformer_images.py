"""kformer's own training of a ViT from scratch, as a user starts it, with everything that it does by default."""

import itertools
import tempfile
from pathlib import Path

import kformer as kf
from benchmarks.peers.images import BATCH_SIZE, LEARNING_RATE, MANY_EPOCHS, WARM_UP, WEIGHT_DECAY
from benchmarks.peers.pace import Pace, report, worker_arguments
from benchmarks.peers.pace_callback import PaceCallback


def main():
    arguments = worker_arguments(__doc__, epochs=(int, 0))
    pace = Pace(arguments.seconds, arguments.warm_up)
    recipe = kf.ImageClassificationRecipe(
        epochs=arguments.epochs or MANY_EPOCHS,
        batch_size=BATCH_SIZE,
        learning_rate=LEARNING_RATE,
        weight_decay=WEIGHT_DECAY,
        warmup=WARM_UP,
        variant="vit-micro-4",
        augment="light",  # what the other sides do, too
        seed=arguments.seed,
    )
    roles = kf.tasks.ImageClassification.required
    train, validation = kf.data.load_splits(arguments.train, arguments.validation, required=roles)
    task = kf.tasks.ImageClassification.from_recipe(train, "none", recipe)
    num_batches = -(-len(train) // BATCH_SIZE)
    sizes = itertools.cycle([BATCH_SIZE] * (num_batches - 1) + [len(train) - BATCH_SIZE * (num_batches - 1)])
    held_out = validation if arguments.epochs else validation.take(range(64))
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        run = kf.fine_tune(task, train, held_out, recipe, out=out, callbacks=[PaceCallback(pace, sizes)])
    accuracy = run.metrics["validation"]["accuracy"]["value"] if arguments.epochs else None
    report(pace.result(precision=task.backbone.dtype_policy.name, accuracy=accuracy))


if __name__ == "__main__":
    main()
