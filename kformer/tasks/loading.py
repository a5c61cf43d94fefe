"""Tasks from files: a saved task opened safely, and what a new task starts from."""

import dataclasses
from importlib import import_module
from pathlib import Path

import keras

from kformer.checkpoints import HFFolder, fill, find_checkpoint, load_backbone, read_tokenizer
from kformer.models.registry import family_name
from kformer.tasks.precision import resolve_precision

MODEL_FILE = "model.keras"


def load_task(path, precision="auto"):
    """A task from a run's folder or its `model.keras`, opened without running anyone's code.

    Args:
        path: folder of a run, or a `.keras` file.
        precision: str, see `resolve_precision`; weights are float32 in the file.

    Returns:
        The task, uncompiled.

    Raises:
        FileNotFoundError, ValueError: when it is absent, damaged, or holds anything but kformer's classes.
    """
    from kformer.runs import RunFolder, load_keras

    path = Path(path)
    if path.suffix != ".keras":
        path = RunFolder.open(path).file(MODEL_FILE)
    task = load_keras(path, own_classes())
    policy, _ = resolve_precision(precision)
    return task if policy == "float32" else with_precision(task, policy)


def own_classes():
    """The Keras classes of kformer, those that a saved task may hold."""
    from kformer.models import CLASSES
    from kformer.tasks import TASKS

    for module in {*CLASSES.values(), *(module for module, _ in TASKS.values())}:
        import_module(module)  # registers its classes with Keras
    registered = keras.saving.get_custom_objects()
    return [value for name, value in registered.items() if name.startswith("kformer>")]


def with_precision(task, policy):
    """A task with the same weights that computes in another precision.

    Args:
        task: any task.
        policy: str, a dtype policy such as "mixed_bfloat16".
    """
    config = task.get_config()
    config["backbone"]["config"]["dtype"] = policy
    twin = type(task).from_config(config)
    twin.processor = task.processor
    twin.set_weights(task.get_weights())
    return twin


class Heads:
    """Where the head of a new task may be had: in the `task` or the `checkpoint` that it starts from, or nowhere."""

    checkpoint = None
    task = None

    def fill_head(self, task):
        """Gives a classifier the head of what it starts from, where that has the same labels; otherwise leaves it."""
        is_alike = type(self.task) is type(task) and self.task.labels == task.labels
        if is_alike and self.task.problem == task.problem:
            task.head.set_weights(self.task.head.get_weights())
        if self.checkpoint is not None:
            names = self.checkpoint.config.get("id2label", {})
            if task.labels and tuple(names[key] for key in sorted(names, key=int)) == task.labels:
                fill(task.variables_by_name(), self.checkpoint)


@dataclasses.dataclass
class Start(Heads):
    """What a new task on text begins with: a backbone, its tokenizer, and where the head may be had."""

    backbone: keras.Model
    tokenizer: object
    checkpoint: HFFolder | None = None
    task: keras.Model | None = None


def find_start(init, dtype, dropout=None, families=None):
    """The backbone and tokenizer that `init` names.

    Args:
        init: str or path: a run, a Hugging Face folder, "minilm", "hf:organisation/name", "preset:name" or a variant.
        dtype: str, the backbone's dtype policy.
        dropout: float, or None for the checkpoint's own.
        families: names of the families that the task can use (`kformer.models.registry.families_serving`), or None
            for all.

    Returns:
        `Start`.

    Raises:
        FileNotFoundError, ValueError: when there is no such model, its files do not fit, or it is of another family.
    """
    from kformer.data.tokenizers import TOKENIZERS

    if is_run(init):
        task = load_task(init, precision="float32")
        check_family(init, family_name(task.backbone), families)
        config = {**task.backbone.get_config(), "dtype": dtype}
        if dropout is not None:
            config |= {"dropout": dropout, "attention_dropout": dropout}
        backbone = type(task.backbone).from_config(config)
        backbone.set_weights(task.backbone.get_weights())
        return Start(backbone, task.processor.tokenizer, task=task)
    folder = find_checkpoint(init, families)
    checkpoint = HFFolder(folder)
    check_family(init, checkpoint.config.get("model_type"), families)
    kind, arguments = read_tokenizer(folder)
    tokenizer = TOKENIZERS[kind](**arguments)
    changes = {} if dropout is None else {"dropout": dropout, "attention_dropout": dropout}
    backbone, _ = load_backbone(folder, dtype=dtype, **changes)
    if tokenizer.vocab_size > backbone.vocab_size:
        raise ValueError(
            f"{folder} has a vocabulary of {tokenizer.vocab_size} tokens, but embeddings for {backbone.vocab_size}."
        )
    return Start(backbone, tokenizer, checkpoint=checkpoint)


def check_family(init, found, families):
    """Refuses a model of a family that a task cannot start from; `families` None takes all."""
    if families is not None and found not in families:
        raise ValueError(
            f"`init` {str(init)!r} holds a model of type {found!r}, which this task cannot start from. Accepted: "
            f"{', '.join(families)} (`kformer models` lists what there is of them)."
        )


def is_run(path):
    """Whether a path is a run's folder or a saved task."""
    path = Path(str(path))
    return path.suffix == ".keras" or (path / MODEL_FILE).exists()
