"""What there is to know of a family of checkpoints."""

import dataclasses
from collections.abc import Callable

from kformer.checkpoints.families.rows import Row


@dataclasses.dataclass(frozen=True)
class Head:
    """What a class of theirs adds to a backbone.

    Attributes:
        architecture: str, the class named in config.json.
        rows: of its variables; a file that lacks one of their tensors has no such head.
        aliases: pairs of a tensor's second name and the name in the tables. Their files may hold a tied table twice:
            the second is left out when it is equal, taken when it stands alone, and refused when it differs.
    """

    architecture: str
    rows: tuple[Row, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class Family:
    """How one family's checkpoints are written.

    Attributes:
        name: str, `model_type` in config.json.
        prefix: str, before the backbone's names in files that also hold a head.
        backbone: rows of the backbone without its pooler; those count whose variables the model has.
        heads: dict, our name of a head -> `Head`.
        bare: `Head` of the class that has none.
        sizes: from config.json to the backbone's arguments.
        config: from the backbone's arguments to config.json.
        pooler: rows of the pooler in files whose head has none of its own.
        ignored: regular expressions of tensors that are left out on purpose.
        fixed: dict, name of a tensor that is computed here -> function of the backbone's arguments that computes it.
    """

    name: str
    prefix: str
    backbone: tuple[Row, ...]
    heads: dict[str, Head]
    bare: Head
    sizes: Callable[[dict], dict]
    config: Callable[[dict], dict]
    pooler: tuple[Row, ...] = ()
    ignored: tuple[str, ...] = ()
    fixed: dict[str, Callable[[dict], object]] = dataclasses.field(default_factory=dict)

    @property
    def optional(self):
        """The rows whose tensors a file may lack: the heads' and the pooler's."""
        return (*self.pooler, *(row for head in self.heads.values() for row in head.rows))
