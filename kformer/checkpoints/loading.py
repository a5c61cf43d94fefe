"""From a checkpoint's tensors to our variables: every variable filled, every tensor used or left out on purpose."""

import dataclasses
import re

from kformer.checkpoints.families import expand, get_family
from kformer.checkpoints.hf_folder import HFFolder, modern_name


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


def own_variables(backbone):
    """The backbone's trainable variables by their names in the tables: `stack/block_0/attention/query/kernel`."""
    return {variable.path.split("/", 1)[1]: variable for variable in backbone.trainable_variables}


def fill(variables, checkpoint):
    """Assigns a checkpoint's tensors to variables by its family's table, strictly.

    Args:
        variables: dict, name in the table -> variable. Those named `head/...` and `pooler/...` may be absent from
            the file.
        checkpoint: `HFFolder`.

    Returns:
        A `Loaded` report.

    Raises:
        ValueError: listing the variables without a tensor, the tensors without a variable, and unequal shapes.
    """
    family = get_family(checkpoint.config.get("model_type"), str(checkpoint.folder))
    names = {modern_name(name, family.prefix): name for name in checkpoint.names}
    rows = {row.ours: row for row in _rows(family, names, variables)}

    missing = [ours for ours in variables if ours not in rows or rows[ours].theirs not in names]
    new = [ours for ours in missing if ours.startswith(("head/", "pooler/"))]
    filled = [ours for ours in variables if ours not in missing]
    used = {rows[ours].theirs for ours in filled}
    ignored = [name for name in names if name not in used and _is_ignored(name, family, variables)]
    unknown = [name for name in names if name not in used and name not in ignored]
    unequal = [
        f"{ours} {tuple(variables[ours].shape)} against {names[rows[ours].theirs]} "
        f"{checkpoint.shape(names[rows[ours].theirs])}"
        for ours in filled
        if _our_shape(rows[ours], checkpoint.shape(names[rows[ours].theirs])) != tuple(variables[ours].shape)
    ]
    _refuse(checkpoint, [ours for ours in missing if ours not in new], unknown, unequal)

    for ours in filled:
        tensor = checkpoint.read(names[rows[ours].theirs])
        variables[ours].assign(tensor.T if rows[ours].transposed else tensor)
    return Loaded(tuple(filled), tuple(new), tuple(ignored))


def _rows(family, names, variables):
    """The family's table for this file: with its classification head, or with the bare backbone's pooler."""
    num_layers = 1 + max((int(m[1]) for m in map(re.compile(r"stack/block_(\d+)/").match, variables) if m), default=0)
    backbone = expand(family.backbone, num_layers)
    has_classifier = all(row.theirs in names for row in family.classifier)
    head = family.classifier if has_classifier else ()
    pooler = [row for row in family.pooler if not any(row.ours == other.ours for other in head)]
    return [*backbone, *pooler, *head]


def _is_ignored(name, family, variables):
    """Whether a tensor is left out on purpose: another task's head, or the classifier or pooler when none is wanted."""
    if any(re.match(pattern, name) for pattern in family.ignored):
        return True
    optional = {row.theirs: row.ours for row in (*family.pooler, *family.classifier)}
    return name in optional and optional[name] not in variables


def _our_shape(row, shape):
    return shape[::-1] if row.transposed else shape


def _refuse(checkpoint, missing, unknown, unequal):
    problems = []
    if missing:
        problems.append(f"{len(missing)} variables have no tensor: {', '.join(missing)}")
    if unknown:
        problems.append(f"{len(unknown)} tensors have no variable: {', '.join(unknown)}")
    if unequal:
        problems.append(f"{len(unequal)} shapes differ: {', '.join(unequal)}")
    if problems:
        raise ValueError(f"The weights in {checkpoint.folder} do not fit their configuration. {'. '.join(problems)}.")
