"""What a task on images starts from: a run of kformer, or a checkpoint."""

import dataclasses

import keras

from kformer.checkpoints import HFFolder, ImageSettings, find_checkpoint, load_backbone, read_image_settings
from kformer.models.registry import build, family_name
from kformer.tasks.image_processor import ImageProcessor
from kformer.tasks.loading import Heads, check_family, is_run, load_task


@dataclasses.dataclass
class ImageStart(Heads):
    """What a new task begins with: a backbone, how its images were prepared, and where the head may be had.

    Attributes:
        backbone: `keras.Model`.
        settings: `ImageSettings` of a checkpoint, or None with a task.
    """

    backbone: keras.Model
    settings: ImageSettings | None = None
    checkpoint: HFFolder | None = None
    task: keras.Model | None = None

    def processor(self, image_size, kind, fit, memory):
        """The `ImageProcessor` of a new task, with the colours that the backbone knows.

        Args:
            image_size: int, or None for the backbone's own.
            kind, fit, memory: see `ImageProcessor`.
        """
        colours = self.settings if self.task is None else self.task.processor
        size = self.backbone.image_size if image_size is None else image_size
        own = getattr(colours, "standardize", False)
        return ImageProcessor(size, kind, fit, colours.mean, colours.std, standardize=own, memory=memory)


def find_image_start(init, dtype, dropout=None, drop_path=None, families=None):
    """The backbone that `init` names.

    Args:
        init: str or path: a run, a Hugging Face folder, "hf:organisation/name" or a variant.
        dtype: str, the backbone's dtype policy.
        dropout, drop_path: floats, or None for the checkpoint's own.
        families: names of the families that the task can use.

    Returns:
        `ImageStart`.

    Raises:
        FileNotFoundError, ValueError: when there is no such model, its files do not fit, or it is of another family.
    """
    changes = {} if dropout is None else {"dropout": dropout, "attention_dropout": dropout}
    changes |= {} if drop_path is None else {"drop_path": drop_path}
    if is_run(init):
        task = load_task(init, precision="float32")
        check_family(init, family_name(task.backbone), families)
        backbone = type(task.backbone).from_config({**task.backbone.get_config(), **changes, "dtype": dtype})
        for variable, own in zip(backbone.trainable_variables, task.backbone.trainable_variables, strict=True):
            variable.assign(own)
        return ImageStart(backbone, task=task)
    folder = find_checkpoint(init, families)
    checkpoint = HFFolder(folder)
    check_family(init, checkpoint.config.get("model_type"), families)
    backbone, _ = load_backbone(folder, dtype=dtype, **changes)
    return ImageStart(backbone, read_image_settings(folder), checkpoint)


def build_image_backbone(variant, dtype, seed, **sizes):
    """A backbone with random weights.

    Args:
        variant: str, whose sizes to take (`kformer models`).
        dtype: str, the backbone's dtype policy.
        seed: int, of the weights.
        **sizes: arguments of the backbone; None leaves the variant's own.
    """
    keras.utils.set_random_seed(seed)
    return build(variant, dtype=dtype, **{name: value for name, value in sizes.items() if value is not None})
