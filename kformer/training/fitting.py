"""From a source to a trained, judged and exported run, in one call: what `kformer fit` does."""

import re
from pathlib import Path

from kformer.data import clean, load_splits
from kformer.exporting import export
from kformer.models import get_variant
from kformer.runs import RunFolder
from kformer.tasks import get_task
from kformer.training.recipes import recipe_for
from kformer.training.records import tell
from kformer.training.tuning import fine_tune


def fit(
    task_name,
    data,
    validation=None,
    init=None,
    recipe=None,
    out=None,
    overwrite=False,
    callbacks=(),
    **load_arguments,
):
    """Loads, cleans, trains, judges, reports and exports.

    Args:
        task_name: str, a name of `kformer.tasks.TASKS`, such as "text-classification".
        data: source to train on (see `kformer.data.load`).
        validation: source to validate on, or None to hold a part of `data` out.
        init: str or path: "minilm", a variant, "hf:organisation/name", a Hugging Face folder, a run, or "none" for
            random weights and a vocabulary learned from the data; the task's `default_init` when None, which is
            "minilm" for text classification and "none" for all others.
        recipe: the task's recipe (`kformer.training.recipes`) or a plain `Recipe`; the defaults when None.
        out: path of the run's folder; `saved_models/<name of the source>` when None.
        overwrite: bool, replace a run that is there, once the new one is finished.
        callbacks: further Keras callbacks.
        **load_arguments: of `kformer.data.load`: names of columns and the like.

    Returns:
        `Run`, in whose folder `export/` is a SavedModel.
    """
    task_class = get_task(task_name)
    recipe = recipe_for(task_name, recipe)
    out = Path("saved_models") / _name_of(data) if out is None else Path(out)
    # Refused before the data is read, which may take long.
    RunFolder.check(out, overwrite)
    if getattr(recipe, "variant", None) is not None:
        get_variant(recipe.variant, task_name)
    if task_class.label_kind is not None:
        load_arguments = {"label_kind": task_class.label_kind, **load_arguments}
    train, held_out = load_splits(
        data,
        validation,
        validation_fraction=recipe.validation_fraction,
        seed=recipe.seed,
        required=task_class.required,
        apart=task_class.apart,
        **load_arguments,
    )
    train, held_out, cleaned = clean(train, held_out, task_class.cleaning(recipe))
    # Both parts of one source have its problems.
    problems = dict.fromkeys((*train.problems, *held_out.problems))
    for line in (*train.notes, *problems, *cleaned.lines()):
        tell(line)
    task = task_class.from_recipe(train, task_class.default_init if init is None else init, recipe)
    _tell_truncation(task, train)
    found = {"cleaning": cleaned.to_dict(), "findings": cleaned.lines()[1:]}
    run = fine_tune(task, train, held_out, recipe, out, overwrite, callbacks, found)
    export(run.task, run.folder / "export")
    return run


def _tell_truncation(task, train):
    about = task.data_report(train)
    if about.get("truncated"):
        tell(
            f"{about['truncated']:,} of {len(train):,} training texts are longer than {about['max_length']} tokens and "
            "are cut."
        )


def _name_of(source):
    """A folder's name from a source: "reviews" from "data/reviews.csv", "glue-sst2" from "tfds:glue/sst2"."""
    name = str(source).rstrip("/").removeprefix("tfds:")
    stem = Path(name).stem if not str(source).startswith("tfds:") else name
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-.") or "run"
