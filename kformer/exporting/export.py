"""A trained task in a form that others can serve."""

from pathlib import Path

from kformer.errors import suggest
from kformer.exporting.hugging_face import write_hf
from kformer.exporting.predictor import Predictor


def export(predictor, path, to="savedmodel"):
    """Writes a predictor (or a task) as a SavedModel or a Hugging Face folder, whole or not at all.

    Args:
        predictor: `Predictor`, or a task.
        path: folder to write or to replace.
        to: str, "savedmodel": strings or the bytes of images in, answers out, in any process with tensorflow (and for
            texts tensorflow_text); or "hf": a folder that `transformers` loads.

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
    endpoints = task.endpoints()
    for name, function in endpoints.items():
        archive.add_endpoint(name, function)
    archive.write_out(str(folder), verbose=False)
    (folder / "README.md").write_text(_readme(task, endpoints), encoding="utf-8")


def _readme(task, endpoints):
    labels = f" Labels: {', '.join(task.labels)}." if task.labels else ""
    if "image" in task.input_names:
        packages, imports, what = "tensorflow", "", "the bytes of JPEG, PNG, BMP or GIF files"
        call = ", ".join(f'tf.constant([tf.io.read_file("{name}.jpg").numpy()])' for name in task.input_names)
    else:
        packages, what = "tensorflow tensorflow-text", "strings"
        imports = "\nimport tensorflow_text  # registers the tokenizer's operations; without it the model does not load"
        call = ", ".join(f'tf.constant(["some {name}"])' for name in task.input_names)
    return f"""# A model for {task.title}, exported by kformer

`pip install {packages}` is all that it needs:

```python
import tensorflow as tf{imports}

model = tf.saved_model.load(".")
print(model.serve({call}))
```

Each function takes vectors of {what} and returns a dict.{labels}
{"".join(_function(name, function, task.served()[name]) for name, function in endpoints.items())}"""


def _function(name, function, outputs):
    """A paragraph on an endpoint: its arguments, and what each of its outputs is."""
    arguments = ", ".join(spec.name for spec in function.input_signature)
    lines = "\n".join(f"- `{output}`: {meaning}" for output, meaning in outputs.items())
    return f"\n`{name}({arguments})`:\n\n{lines}\n"


WRITERS = {"savedmodel": write_savedmodel, "hf": write_hf}
