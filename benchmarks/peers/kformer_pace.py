"""kformer's own fine-tuning, as a user starts it, with everything that it does by default."""

import tempfile
import time
from pathlib import Path

import kformer as kf
from benchmarks.peers.machine import peak_memory
from benchmarks.peers.pace import Pace, report, worker_arguments
from benchmarks.peers.pace_callback import PaceCallback


def main():
    arguments = worker_arguments(__doc__, measure=(str, "training"))
    pace = Pace(arguments.seconds, arguments.warm_up)
    recipe = kf.TextClassificationRecipe(epochs=3, batch_size=32, learning_rate=5e-5, seed=arguments.seed)
    train, validation = kf.data.load_splits(arguments.train, arguments.validation, text="sentence", label="label")
    task = kf.tasks.TextClassification.from_pretrained("minilm", labels=train.labels, max_length=recipe.max_length)
    if arguments.measure == "data":
        report(measure_data_path(task, train, recipe, pace.started))
    else:
        report(measure_training(task, train, validation, recipe, pace))


def measure_training(task, train, validation, recipe, pace):
    plan = task.plan(train, recipe.batch_size, recipe.num_buckets)
    sizes = (len(indices) for epoch in range(recipe.epochs) for _, indices in plan.epoch(recipe.seed, epoch))
    # Few rows to validate on: that comes after the measurement, and no peer is asked for it.
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        kf.fine_tune(task, train, validation.take(range(64)), recipe, out=out, callbacks=[PaceCallback(pace, sizes)])
    return pace.result(precision=task.backbone.dtype_policy.name)


def measure_data_path(task, train, recipe, started):
    """Measure the training batches alone: the first epoch from the file on, then an epoch of those that follow."""
    batches = task.batches(train, training=True, batch_size=recipe.batch_size, num_buckets=recipe.num_buckets)
    seconds = []
    for _epoch in range(4):
        for _batch in batches:
            pass
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()
    first, *others = seconds
    return {
        "per_second": round(len(train) * len(others) / sum(others), 1),
        "first_epoch_from_the_file": round(len(train) / first, 1),
        "peak_gb": round(peak_memory(), 2),
    }


if __name__ == "__main__":
    main()
