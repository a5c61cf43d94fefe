"""From a checkpoint's tensors to our variables: every variable filled, every tensor used or left out on purpose."""

import dataclasses

from kformer.checkpoints.families import get_family
from kformer.checkpoints.hf_folder import HFFolder
from kformer.checkpoints.matching import Match


@dataclasses.dataclass(frozen=True)
class Loaded:
    """What an import did: `filled` and `new` list our variables, `ignored` their tensors.

    `new` variables are in no file of this kind (a head, a pooler that the file lacks) and keep their random values.
    """

    filled: tuple[str, ...]
    new: tuple[str, ...]
    ignored: tuple[str, ...]


def load_backbone(folder, **changes):
    """A backbone with the weights of a Hugging Face folder.

    Args:
        folder: path of the folder.
        **changes: arguments of the backbone other than the folder's own (`dropout`, `dtype`).

    Returns:
        The backbone, and a `Loaded` report.

    Raises:
        FileNotFoundError, ValueError: for an absent or damaged file, an unknown family, or weights that do not fit.
    """
    from kformer.models.registry import backbone_class

    checkpoint = HFFolder(folder)
    family = get_family(checkpoint.config.get("model_type"), f"{checkpoint.folder / 'config.json'}")
    try:
        sizes = family.sizes(checkpoint.config)
    except KeyError as error:
        raise ValueError(f"{checkpoint.folder / 'config.json'} lacks {error}, which a {family.name} needs.") from None
    backbone = backbone_class(family.name)(**{**sizes, **changes})
    return backbone, fill(own_variables(backbone), checkpoint)


def own_variables(layer, prefix=""):
    """The trainable variables by their names in the tables: `stack/block_0/attention/query/kernel`.

    Args:
        layer: a backbone, or a head.
        prefix: str, before the names: a head's own, such as "mlm/".
    """
    return {prefix + _name_within(layer, variable): variable for variable in layer.trainable_variables}


def _name_within(layer, variable):
    """A variable's path from the layer on: a head that a task has built lies under the task's name."""
    path = variable.path.split("/")
    return "/".join(path[path.index(layer.name) + 1 :])


def fill(variables, checkpoint):
    """Assigns a checkpoint's tensors to variables by its family's table, strictly.

    Args:
        variables: dict, name in the table -> variable. A file need not hold those of heads and of the pooler.
        checkpoint: `HFFolder`.

    Returns:
        A `Loaded` report.

    Raises:
        ValueError: listing the variables without a tensor, the tensors without a variable, unequal shapes, and tied
            tables that differ.
    """
    match = Match(checkpoint, variables)
    problems = match.problems()
    if problems:
        raise ValueError(f"The weights in {checkpoint.folder} do not fit their configuration. {'. '.join(problems)}.")
    for row in match.rows:
        for ours, array in zip(row.ours, match.read(row), strict=True):
            variables[ours].assign(array)
    return Loaded(tuple(match.filled), tuple(match.new), tuple(match.ignored))
