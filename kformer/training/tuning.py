"""Fine-tuning: `compile`, `fit` and an evaluation, in the right order, with everything written down."""

import contextlib
import time

import keras

from kformer.data.examples import check_classes
from kformer.evaluation import judge
from kformer.runs import RunFolder
from kformer.tasks.precision import resolve_precision
from kformer.training.callbacks import (
    AverageWeights,
    EpochLines,
    KeepBest,
    StopOnNaN,
    Throughput,
    TimeEstimate,
    TrainingBoard,
    in_words,
    is_interactive,
)
from kformer.training.optimizer import INITIAL_LOSS_SCALE, AdamW
from kformer.training.recipe import Recipe
from kformer.training.records import tell, write_records
from kformer.training.run import Run
from kformer.training.schedules import EXPONENTIAL_FINAL_RATE
from kformer.training.stages import freeze_stages, stage_multipliers
from kformer.wording import counted

_ENOUGH_UPDATES = 8  # of an epoch


def fine_tune(task, train, validation, recipe=None, out=None, overwrite=False, callbacks=(), data_report=None):
    """Trains a task on examples and judges it; plain Keras otherwise.

    An interruption (Ctrl-C, a notebook's stop button) ends the training: what the complete epochs gave is judged and
    written as usual. Before the end of the first epoch, or a second time, it ends all and leaves nothing.

    Args:
        task: a task, such as `TextClassification.from_pretrained(...)`.
        train, validation: `kformer.data.Examples`.
        recipe: `Recipe`; its defaults when None.
        out: path of the run's folder, or None to write nothing.
        overwrite: bool, replace a run that is there, once the new one is finished.
        callbacks: further Keras callbacks.
        data_report: dict for the report, beside what is known of `train` and `validation`.

    Returns:
        `Run`.

    Raises:
        ValueError: the recipe does not fit the task, or all training labels are the same.
        FileExistsError: something is at `out` and `overwrite` is False.
        FloatingPointError: the loss became NaN; the text says what to try.
        KeyboardInterrupt: interrupted before the first epoch was complete, or once more after that.
    """
    recipe = Recipe() if recipe is None else recipe
    task.check_recipe(recipe)
    check_classes(train)
    task.check_examples(train, validation)
    folder = None if out is None else RunFolder.create(out, overwrite)
    with contextlib.nullcontext() if folder is None else folder.filling():
        started = time.perf_counter()
        plan = prepare(task, train, recipe)
        history, interrupted = _fit(task, train, validation, recipe, plan, folder, callbacks)
        task.calibrate(validation)
        judged = judge(task, validation)
        metrics = {"validation": judged.metrics(recipe.seed)}
        if folder is not None:
            write_records(folder, task, train, judged, metrics, history, recipe, data_report or {}, interrupted)
            folder.finish()
        tell(f"Trained and judged in {in_words(time.perf_counter() - started)}.")
    return Run(task, metrics, history, None if folder is None else folder.folder, interrupted, validation)


def prepare(task, train, recipe):
    """Seeds, adapts, freezes and compiles a task as the recipe says; returns the plan of its batches."""
    keras.utils.set_random_seed(recipe.seed)
    task.reseed(recipe.seed)
    task.adapt(train)
    if recipe.dropout is not None:
        task.set_dropout(recipe.dropout)
    freeze_stages(task, recipe.freeze)
    plan = task.plan(train, training=True, **recipe.plan_arguments(), **recipe.batch_options())
    loss_scale = INITIAL_LOSS_SCALE if task.needs_loss_scale else 0.0
    optimizer = make_optimizer(recipe, plan.num_batches // recipe.accumulation, loss_scale)
    task.compile(optimizer, label_smoothing=recipe.label_smoothing, jit_compile=uses_xla(recipe.xla))
    optimizer.build(task.trainable_variables)
    optimizer.set_multipliers(stage_multipliers(task, recipe.layer_decay))
    return plan


def make_optimizer(recipe, updates_per_epoch, loss_scale=0.0):
    """The recipe's AdamW for a run of so many updates per epoch, with a first loss scale (0 does not scale)."""
    total = recipe.epochs * updates_per_epoch
    default_final_rate = EXPONENTIAL_FINAL_RATE if recipe.schedule == "exponential" else 0.0
    return AdamW(
        learning_rate=recipe.learning_rate,
        schedule=recipe.schedule,
        warmup=round(recipe.warmup * total),
        total=total,
        final_rate=default_final_rate if recipe.final_rate is None else recipe.final_rate,
        weight_decay_rate=recipe.weight_decay,
        clip_norm=recipe.clip_norm,
        beta_2=recipe.beta_2,
        accumulation=recipe.accumulation,
        loss_scale=loss_scale,
    )


def uses_xla(choice):
    """Whether to compile with XLA: on GPUs it pays, on CPUs training is slower with it."""
    if choice != "auto":
        return choice == "on"
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def _fit(task, train, validation, recipe, plan, folder, callbacks):
    """Runs `task.fit`; returns the logs of each epoch, and whether it was interrupted."""
    # Images are all of one size.
    padding = f" of {len(plan.boundaries)} lengths; {plan.padding_share:.1%} of the tokens are padding"
    tell(
        f"{counted(len(plan.lengths), 'training example')} in {counted(plan.num_batches, 'batch', 'batches')}"
        f"{padding if len(plan.boundaries) > 1 else ''}. Precision: {task.backbone.compute_dtype} "
        f"({resolve_precision(recipe.precision)[1]}). XLA: {'on' if uses_xla(recipe.xla) else 'off'}."
    )
    for line in (*_few_updates(plan, recipe), *task.data_notes(train)):
        tell(line)
    # The lines come last, to tell what all others put into the logs.
    lines = [] if is_interactive() else [EpochLines(recipe.epochs, tell)]
    # A list of our own, and not the one that `fit` would make: `_end_early` must reach it.
    callbacks = keras.callbacks.CallbackList(
        [*make_callbacks(task, recipe, plan, train, validation, folder), *callbacks, *lines],
        add_history=True,
        add_progbar=is_interactive(),
        model=task,
        epochs=recipe.epochs,
        steps=plan.num_batches,
        verbose=1,
    )
    interrupted = False
    try:
        task.fit(
            task.batches(
                train,
                training=True,
                seed=recipe.seed,
                **recipe.plan_arguments(),
                **recipe.batch_options(),
            ),
            validation_data=task.batches(validation, **{**recipe.plan_arguments(), "accumulation": 1}),
            epochs=recipe.epochs,
            shuffle=False,  # the plan shuffles
            callbacks=callbacks,
        )
    except KeyboardInterrupt:
        if not task.history.history:
            raise
        interrupted = True
        _end_early(task.history, callbacks, recipe)
    return _logs_of_epochs(task.history), interrupted


def _few_updates(plan, recipe):
    """A line on what to set where an epoch has fewer than `_ENOUGH_UPDATES`, as small data has; otherwise none."""
    updates = plan.num_batches // plan.micro_batches
    if updates >= _ENOUGH_UPDATES:
        return ()
    longer = plan.lengths.reshape(len(plan.lengths), -1).max(axis=1)
    name, smaller = "batch_size", max(len(longer) // _ENOUGH_UPDATES, 1)
    if recipe.plan_arguments().get("batch_tokens") is not None:
        name, smaller = "batch_tokens", max(int(longer.sum()) // _ENOUGH_UPDATES, int(longer.max()))
    now = getattr(recipe, name)
    lower = f"lower `{name}` from {now:,} to {smaller:,}, or " if smaller < now else ""
    return (
        f"An epoch has {counted(updates, 'update')} of the weights, which teaches little: {lower}raise `epochs` from "
        f"{recipe.epochs:,}.",
    )


def _end_early(history, callbacks, recipe):
    """Ends an interrupted training as its last epoch would have done: best weights restored, logs closed."""
    kept = "the best epoch so far is kept" if recipe.restore_best else "the weights are kept as they are now"
    done = f"Interrupted after epoch {len(history.epoch)} of {recipe.epochs}"
    _tell_below(f"{done}: {kept}. Interrupt again to drop the run.")
    callbacks.on_train_end()


def _tell_below(line):
    """Shows a line of progress while an epoch runs: below the progress bar, where there is one."""
    tell(f"\n{line}" if is_interactive() else line)


def _logs_of_epochs(history):
    """Keras' history as a list with a dict per epoch."""
    # Not strict: an interruption may have cut the last row off.
    rows = zip(history.epoch, *history.history.values(), strict=False)
    return [{"epoch": epoch + 1, **dict(zip(history.history, row, strict=True))} for epoch, *row in rows]


def make_callbacks(task, recipe, plan, train, validation, folder):
    """The callbacks that a recipe asks for, in the order in which they must run."""
    monitor, mode = (recipe.monitor, "auto") if recipe.monitor else task.monitor
    made = [
        StopOnNaN(),
        Throughput(len(plan.lengths), plan.num_tokens),
        TimeEstimate(recipe.epochs * plan.num_batches, _tell_below),
    ]
    if folder is not None:
        made += _boards(task, recipe, train, validation, folder.file("tensorboard"))
    if recipe.plateau:
        made.append(
            keras.callbacks.ReduceLROnPlateau(monitor, recipe.plateau_factor, recipe.plateau, mode=mode, verbose=1)
        )
    if recipe.early_stopping or recipe.restore_best:
        patience = recipe.early_stopping or recipe.epochs
        made.append(KeepBest(tell, monitor, patience=patience, mode=mode, restore_best_weights=recipe.restore_best))
    if getattr(recipe, "average", 0):
        made.append(AverageWeights(recipe.average))
    return made


def _boards(task, recipe, train, validation, folder):
    """Keras' own TensorBoard, and ours."""
    shown = task.shown(validation)
    return [
        keras.callbacks.TensorBoard(str(folder), write_graph=False),
        TrainingBoard(folder, recipe.to_yaml(), lambda: judge(task, shown), lambda: task.preview(train, recipe)),
    ]
