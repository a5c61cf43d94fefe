"""A trained task in a form that others can serve."""

from pathlib import Path

from kformer.errors import suggest
from kformer.exporting.predictor import Predictor


def export(predictor, path, to="savedmodel"):
    """Writes a predictor (or a task) as a SavedModel or a Hugging Face folder, whole or not at all.

    Args:
        predictor: `Predictor`, or a task.
        path: folder to write or to replace.
        to: str, "savedmodel": strings in, label names and scores out, in any process with tensorflow and
            tensorflow_text; or "hf": a folder that `transformers` loads.

    Returns:
        Path of the folder.

    Raises:
        ValueError: another `to`, or a task that the form cannot hold.
    """
    from kformer.runs import atomic_folder

    if to not in WRITERS:
        raise ValueError(f"`to` must be one of {', '.join(WRITERS)}. Received: to={to!r}.{suggest(str(to), WRITERS)}")
    task = predictor.task if isinstance(predictor, Predictor) else predictor
    with atomic_folder(path) as folder:
        WRITERS[to](task, folder)
    return Path(path)


def write_savedmodel(task, folder):
    """A SavedModel in float32, and a readme on how to load it."""
    import keras

    from kformer.tasks.loading import with_precision

    # A copy: the file is for any machine, and tracking it for export must not change the task.
    task = with_precision(task, "float32")
    archive = keras.export.ExportArchive()
    archive.track(task)
    archive.add_endpoint("serve", task.serving())
    archive.write_out(str(folder), verbose=False)
    (folder / "README.md").write_text(_readme(task), encoding="utf-8")


def _readme(task):
    arguments = "text, text_pair" if task.processor.pair else "text"
    call = ", ".join(f'tf.constant(["some {name}"])' for name in arguments.split(", "))
    return f"""# A text classifier, exported by kformer

`pip install tensorflow tensorflow-text` is all that it needs:

```python
import tensorflow as tf
import tensorflow_text  # registers the tokenizer's operations; without it the model does not load

model = tf.saved_model.load(".")
print(model.serve({call}))
```

`serve({arguments})` takes vectors of strings and returns a dict. Labels: {", ".join(task.labels) or "none, a number"}.
"""


def write_hf(task, folder):
    """A Hugging Face folder: config.json, model.safetensors and the tokenizer's files."""
    import numpy as np

    from kformer.checkpoints import save_hf

    if task.pooling != "first":
        raise ValueError(
            f"A Hugging Face classifier reads the first position, but this task has `pooling` {task.pooling}: export "
            "it as a SavedModel."
        )
    if task.processor.html:
        raise ValueError(
            "A Hugging Face tokenizer does not remove HTML, but this task does: export it as a SavedModel."
        )
    arrays = {name: np.asarray(variable) for name, variable in task.variables_by_name().items()}
    if task.problem == "regression":
        # Their head has no mean and scale of its own: ours become part of it.
        scale, mean = float(task.target_scale), float(task.target_mean)
        arrays["head/kernel"] = arrays["head/kernel"] * scale
        arrays["head/bias"] = arrays["head/bias"] * scale + mean
    save_hf(folder, task.backbone.get_config(), arrays, task.processor.tokenizer, task.labels, task.problem)


WRITERS = {"savedmodel": write_savedmodel, "hf": write_hf}
