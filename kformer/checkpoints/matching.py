"""Which tensor of a checkpoint fills which variable of a model, what is left on either side, and what does not fit."""

import re

import numpy as np

from kformer.checkpoints.families import expand, get_family
from kformer.checkpoints.hf_folder import modern_name


class Match:
    """A checkpoint's tensors beside a model's variables, by the name table of the checkpoint's family.

    Args:
        checkpoint: `HFFolder`.
        variables: dict, name in the table -> variable.

    Attributes:
        rows: the rows of the table that fill variables from this file.
        filled, new: our names, of the variables that they fill, and of those that a file need not hold and this one
            does not.
        ignored: their names of the tensors left out on purpose.
    """

    def __init__(self, checkpoint, variables):
        self.checkpoint = checkpoint
        self.variables = variables
        self.family = get_family(checkpoint.config.get("model_type"), str(checkpoint.folder))
        self._names = {modern_name(name, self.family.prefix): name for name in checkpoint.names}
        self._doubles = self._find_doubles()
        self.rows = self._find_rows()
        self.filled = [ours for row in self.rows for ours in row.ours]
        missing = [ours for ours in variables if ours not in self.filled]
        self.new = [ours for ours in missing if ours in _ours(self.family.optional)]
        self._missing = [ours for ours in missing if ours not in self.new]
        used = {row.theirs for row in self.rows}
        unused = [name for name in self._names if name not in used]
        self.ignored = [name for name in unused if self._is_ignored(name, missing)]
        self._unknown = [name for name in unused if name not in self.ignored]

    def read(self, row):
        """The values of a row's variables, a tuple of arrays."""
        return row.form.read(self.checkpoint.read(self._names[row.theirs]))

    def problems(self):
        """What does not fit, a list of phrases."""
        kinds = {
            "variables have no tensor": self._missing,
            "tensors have no variable": self._unknown,
            "shapes differ": list(self._unequal()),
            "tensors differ from what the model has in their place": [*self._untied(), *self._miscomputed()],
        }
        return [f"{len(names)} {kind}: {', '.join(names)}" for kind, names in kinds.items() if names]

    def _find_doubles(self):
        """The second names of tied tables, name -> the table's own. One that stands alone is given the table's own."""
        in_model = [row for row in (*self.family.backbone, *self.family.optional) if self._has(row)]
        tables = {row.theirs for row in in_model}
        doubles = {
            alias: own
            for head in self.family.heads.values()
            for alias, own in head.aliases
            if all(map(self._has, head.rows)) and alias in self._names and alias not in tables and own in tables
        }
        for alias, own in list(doubles.items()):
            if own not in self._names:
                self._names[own] = self._names.pop(alias)
                del doubles[alias]
        return doubles

    def _find_rows(self):
        """The backbone's rows, those of the heads that the file has whole, and of the pooler if no head has its own."""
        heads = [
            row
            for head in self.family.heads.values()
            for row in head.rows
            if all(row.theirs in self._names for row in head.rows)
        ]
        pooler = [row for row in self.family.pooler if not set(row.ours) & _ours(heads)]
        rows = (*expand(self.family.backbone, count_layers(self.variables)), *pooler, *heads)
        return [row for row in rows if row.theirs in self._names and self._has(row)]

    def _has(self, row):
        """Whether the model has a row's variables, those of the first layer for a row of every layer."""
        return all(ours in self.variables for ours in row.numbered(0).ours)

    def _is_ignored(self, name, missing):
        """Whether a tensor is left out on purpose: a double, a computed one, or one that no variable waits for."""
        if name in self._doubles or name in self.family.fixed:
            return True
        optional = {row.theirs: row.ours for row in self.family.optional}
        if name in optional:
            return not set(optional[name]) & set(missing)
        return any(re.match(pattern, name) for pattern in self.family.ignored)

    def _unequal(self):
        """The rows whose tensors have other shapes than the variables."""
        for row in self.rows:
            wanted = row.shape([tuple(self.variables[ours].shape) for ours in row.ours])
            name = self._names[row.theirs]
            if (shape := self.checkpoint.shape(name)) != wanted:
                yield f"{', '.join(row.ours)} {wanted} against {name} {shape}"

    def _untied(self):
        """The doubles whose values are not those of the table."""
        for alias, own in self._doubles.items():
            alias, own = self._names[alias], self._names[own]
            if not np.array_equal(self.checkpoint.read(alias), self.checkpoint.read(own)):
                yield f"{alias} from {own}"

    def _miscomputed(self):
        """The stored tensors that are not what is computed here; a file in half precision holds them rounded."""
        stored = [name for name in self.family.fixed if name in self._names]
        for name in stored:
            ours = self.family.fixed[name](self.family.sizes(self.checkpoint.config))
            theirs = self.checkpoint.read(self._names[name])
            if ours.shape != theirs.shape or not np.allclose(ours, theirs, atol=1e-3):
                yield f"{self._names[name]} from its formula"


def count_layers(variables):
    """How many layers the deepest stack has, from the variables' names."""
    numbers = (re.search(r"/block_(\d+)/", name) for name in variables)
    return 1 + max((int(number[1]) for number in numbers if number), default=0)


def _ours(rows):
    return {ours for row in rows for ours in row.ours}
