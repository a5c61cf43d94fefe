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
    for name, function in task.endpoints().items():
        archive.add_endpoint(name, function)
    archive.write_out(str(folder), verbose=False)
    (folder / "README.md").write_text(_readme(task), encoding="utf-8")


def _readme(task):
    arguments = ", ".join(task.input_names)
    labels = f" Labels: {', '.join(task.labels)}." if task.labels else ""
    reads_images = "image" in task.input_names
    # One decodes pictures by TensorFlow alone.
    packages, import_text, made, taken = (
        ("tensorflow", "", 'open("{}.jpg", "rb").read()', "the bytes of picture files (JPEG, PNG, GIF, BMP)")
        if reads_images
        else (
            "tensorflow tensorflow-text",
            "import tensorflow_text  # registers the tokenizer's operations; without it the model does not load\n",
            '"some {}"',
            "strings",
        )
    )
    call = ", ".join(f"tf.constant([{made.format(name)}])" for name in task.input_names)
    return f"""# A model for {task.title}, exported by kformer

`pip install {packages}` is all that it needs:

```python
import tensorflow as tf
{import_text}
model = tf.saved_model.load(".")
print(model.serve({call}))
```

`serve({arguments})` takes vectors of {taken} and returns a dict.{labels}
"""


WRITERS = {"savedmodel": write_savedmodel, "hf": write_hf}
