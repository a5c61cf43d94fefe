"""What a detector begins with: which head, which size of the images, and where a head may be had."""

import numpy as np

from kformer.checkpoints import HFFolder, fill, find_checkpoint, own_variables
from kformer.layers.detection_head import NUM_DENSE, SetPredictionHead
from kformer.models.registry import families_serving, family_name
from kformer.tasks.loading import is_run, load_task

# Set prediction needs many images to learn from; see `choose_head`.
ENOUGH_IMAGES = 5000
SET_FAMILIES = ("yolos",)
HEADS = ("dense", "set")
# The layers of either head that tell classes apart.
_NAMING = ("class_output", f"class_{NUM_DENSE - 1}")


def choose_head(head, num_images, init="none"):
    """The head to train, and one sentence why.

    Args:
        head: "auto", "dense" or "set". "auto" is that of the weights where these are of a detector; else the dense head
            for fewer than 5,000 images.
        num_images: int, to train on.
        init: str or path, the weights to start from, or "none".

    Raises:
        ValueError: the head cannot be put on these weights.
    """
    own = head_of(init)
    if own == "set" or (head == "auto" and own is not None):
        if head not in ("auto", own):
            raise ValueError(
                f"`head` {head} cannot be put on `init` {str(init)!r}, which is a detector with a {own} head: give "
                f"`head` {own} or auto, or start from a ViT."
            )
        return own, "that of the weights it starts from"
    if str(init) != "none" and head == "set":
        raise ValueError(
            f"`head` set reads detection tokens, which `init` {str(init)!r} has none of: start from a YOLOS, from "
            "none, or give `head` dense."
        )
    if head != "auto":
        return head, "as asked for"
    if str(init) != "none":
        return "dense", "the weights it starts from have no detection tokens"
    if num_images < ENOUGH_IMAGES:
        return "dense", f"set prediction from scratch needs more than the {num_images:,} images there are"
    return "set", f"there are {num_images:,} images"


def head_of(init):
    """The head of the detector that `init` names, or None where it is no detector."""
    if str(init) == "none":
        return None
    if is_run(init):
        task = load_task(init, precision="float32")
        return getattr(task, "head_kind", None) or ("set" if family_name(task.backbone) in SET_FAMILIES else None)
    folder = find_checkpoint(init, families_serving("object-detection"))
    return "set" if HFFolder(folder).config.get("model_type") in SET_FAMILIES else None


def families_for(head):
    """The names of the families that a head can be put on."""
    families = families_serving("object-detection")
    return tuple(family for family in families if (family in SET_FAMILIES) == (head == "set"))


def proportioned(examples, longest, multiple):
    """Height and width for the usual proportions of the images, so that few pixels are border.

    Args:
        examples: `kformer.data.Examples`.
        longest: int, pixels of the longer side.
        multiple: int, which both are a multiple of.

    Returns:
        (height, width).
    """
    from kformer.data.images.columns import image_shapes

    shapes = image_shapes(examples)
    ratio = float(np.exp(np.median(np.log(shapes[:, 0] / shapes[:, 1]))))
    sides = longest * min(ratio, 1.0), longest * min(1 / ratio, 1.0)
    return tuple(max(multiple, multiple * round(side / multiple)) for side in sides)


def in_whole_patches(image_size, patch_size):
    """An image's size, (height, width), without the pixels that fill no patch: YOLOS' published sizes have some."""
    sides = (image_size, image_size) if isinstance(image_size, int) else image_size
    return tuple(max(patch_size, side // patch_size * patch_size) for side in sides)


def labels_of(checkpoint):
    """The names of the classes that a checkpoint's head knows."""
    names = checkpoint.config.get("id2label", {})
    return tuple(names[key] for key in sorted(names, key=int))


def fill_head(task, start):
    """Gives a detector the head of what it starts from, as far as that fits: with other labels all but what tells them
    apart.

    Args:
        task: `ObjectDetection`.
        start: `kformer.tasks.image_starting.ImageStart`.
    """
    head, labels = _head_of_start(task, start)
    if head is None:
        return
    theirs = own_variables(head)
    for name, variable in own_variables(task.head).items():
        if labels == task.labels or name.partition("/")[0] not in _NAMING:
            variable.assign(theirs[name])


def _head_of_start(task, start):
    """A built head of the same kind and sizes, and its labels; or None and ()."""
    if type(start.task) is type(task):
        return start.task.head, start.task.labels
    if start.checkpoint is None or task.head_kind != "set":
        return None, ()
    labels = labels_of(start.checkpoint)
    head = SetPredictionHead(task.backbone.d_model, max(len(labels), 1), name="head")
    head.build()
    variables = {**own_variables(task.backbone), **own_variables(head, "head/")}
    return (None, ()) if fill(variables, start.checkpoint).new else (head, labels)
