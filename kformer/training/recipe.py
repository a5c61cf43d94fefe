"""The recipe: everything about a training that changes its result, in one flat record, in and out of YAML."""

import dataclasses
import math
import types
import typing
from pathlib import Path
from typing import Literal

from kformer.errors import suggest

Schedule = Literal["linear", "cosine", "exponential", "inverse_sqrt", "constant"]
Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]


def option(default, help, low=None, high=None, below=None):
    """A field with its line of help and its range: low <= value <= high, value < below."""
    return dataclasses.field(default=default, metadata={"help": help, "low": low, "high": high, "below": below})


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train: what all tasks share. Every field has a good default, and each is an option of `kformer fit`.

    A task's own recipe (`kformer.training.recipes`) adds fields and has its own defaults. `for_plan` names the fields
    that `Task.plan` takes, `for_batches` those that `Task.batches` takes for training, and `for_cleaning` those that
    `kformer.data.Cleaning` takes.

    Raises:
        TypeError: a value of the wrong type.
        ValueError: a value out of range, or two fields that contradict each other.
    """

    epochs: int = option(3, "Passes over the training examples.", low=1)
    batch_size: int = option(32, "Examples per batch.", low=1)
    accumulation: int = option(1, "Batches per optimizer step.", low=1)
    learning_rate: float = option(5e-5, "Peak learning rate.", low=0.0)
    schedule: Schedule = option("linear", "How the rate falls after the warm-up.")
    warmup: float = option(0.1, "Share of the steps in which the rate rises from 0.", low=0.0, below=1.0)
    final_rate: float | None = option(
        None, "Share of the peak at the end; none is 0, or 0.01 for exponential.", low=0.0, high=1.0
    )
    beta_2: float = option(0.999, "Adam's memory of squared gradients.", low=0.0, below=1.0)
    weight_decay: float = option(0.01, "Decoupled weight decay, not on biases and norms.", low=0.0)
    layer_decay: float = option(1.0, "Factor on the rate per layer, from the head down.", low=0.0, high=1.0)
    freeze: int = option(0, "Lowest stages left as they are: 1 embeddings, 2 also a block, ...; -1 all.", low=-1)
    clip_norm: float = option(1.0, "Largest global norm of the gradients; 0 does not clip.", low=0.0)
    label_smoothing: float = option(0.0, "Share of the target spread over all labels.", low=0.0, below=1.0)
    dropout: float | None = option(None, "Rate of every dropout layer; none keeps the model's.", low=0.0, below=1.0)
    early_stopping: int = option(0, "Epochs without improvement after which to stop; 0 never stops.", low=0)
    restore_best: bool = option(True, "End with the weights of the best epoch.")
    plateau: int = option(0, "Epochs without improvement after which the rate falls; 0 never.", low=0)
    plateau_factor: float = option(0.5, "Factor on the rate at a plateau.", low=0.0, below=1.0)
    monitor: str | None = option(None, "What decides which epoch is best; none takes the task's own.")
    duplicates: bool = option(True, "Remove duplicates within training, and of validation from training.")
    validation_fraction: float = option(0.1, "Share held out where no validation is given.", low=0.0, below=1.0)
    seed: int = option(0, "Of everything random.", low=0, below=2**32)
    precision: Precision = option("auto", "Number format; auto asks the hardware.")
    xla: Literal["auto", "on", "off"] = option("auto", "Compile with XLA; auto is on for GPUs.")

    for_plan = ("batch_size", "accumulation")
    for_batches = ()
    for_cleaning = ("duplicates",)

    def __post_init__(self):
        hints = typing.get_type_hints(type(self))
        for field in dataclasses.fields(self):
            value = _checked(field, getattr(self, field.name), hints[field.name])
            object.__setattr__(self, field.name, value)
        self._refuse_contradictions()

    def _refuse_contradictions(self):
        if self.schedule in ("constant", "inverse_sqrt") and self.final_rate is not None:
            raise ValueError(
                f"`final_rate` {self.final_rate} and `schedule` {self.schedule} contradict each other: this schedule "
                "has no final rate. Drop one of them."
            )
        if self.schedule == "exponential" and self.final_rate == 0:
            raise ValueError(
                "`final_rate` 0 and `schedule` exponential contradict each other: a product never reaches 0. Give a "
                "larger `final_rate`."
            )
        if self.schedule == "inverse_sqrt" and self.warmup == 0:
            raise ValueError(
                "`warmup` 0 and `schedule` inverse_sqrt contradict each other: the rate falls by the length of the "
                "warm-up. Give a larger `warmup`."
            )
        if self.freeze == -1 and self.layer_decay != 1:
            raise ValueError(
                f"`freeze` -1 and `layer_decay` {self.layer_decay} contradict each other: nothing is left below the "
                "head to decay. Drop one of them."
            )

    def plan_arguments(self):
        """What `Task.plan` takes of the recipe, by name."""
        return {name: getattr(self, name) for name in self.for_plan}

    def batch_options(self):
        """What `Task.batches` takes of the recipe for training alone, by name."""
        return {name: getattr(self, name) for name in self.for_batches}

    def cleaning_options(self):
        """What `kformer.data.Cleaning` takes of the recipe, by name."""
        return {name: getattr(self, name) for name in self.for_cleaning}

    def replace(self, **changes):
        """A recipe with some fields changed.

        Raises:
            ValueError: for an unknown field, as `from_dict`.
        """
        return self.from_dict({**dataclasses.asdict(self), **changes})

    def to_yaml(self):
        """The recipe as YAML, every field on a line with its help as a comment."""
        import yaml

        lines = []
        for field in dataclasses.fields(self):
            value = yaml.safe_dump({field.name: getattr(self, field.name)}).strip()
            lines.append(f"{value:<28} # {field.metadata['help']}\n")
        return "".join(lines)

    @classmethod
    def from_dict(cls, values):
        """A recipe from fields by name.

        Raises:
            ValueError: for an unknown field; the nearest is suggested and the known are listed.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in known:
                raise ValueError(
                    f"A recipe has no field {name!r}.{suggest(str(name), known)} Known: {', '.join(known)}."
                )
        return cls(**values)

    @classmethod
    def from_file(cls, path):
        """A recipe from a YAML file; fields that it does not name keep their defaults.

        Args:
            path: str or path.

        Raises:
            FileNotFoundError, ValueError, TypeError: naming the file and what is wrong in it.
        """
        import yaml

        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"There is no recipe {path}.")
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
        if not isinstance(values or {}, dict):
            raise ValueError(f"{path} must hold lines of the form `field: value`. Received: {values!r}.")
        try:
            return cls.from_dict(values or {})
        except (TypeError, ValueError) as error:
            raise type(error)(f"{path}: {error}") from None


def _checked(field, value, hint):
    """`value` as the field's type, or an error that names the field, the value and what is accepted."""
    # A union with a Literal is one of the older kind.
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    accepted = typing.get_args(hint) if is_union else (hint,)
    if value is None and type(None) in accepted:
        return None
    kind = next(kind for kind in accepted if kind is not type(None))
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        if value not in choices:
            raise ValueError(
                f"`{field.name}` must be one of {', '.join(choices)}. Received: {field.name}={value!r}."
                f"{suggest(str(value), choices)}"
            )
        return value
    value = _as_number(value, kind)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"`{field.name}` must be of type {kind.__name__}. Received: {field.name}={value!r}.")
    _check_range(field, value)
    return value


def _as_number(value, kind):
    """Whole numbers as floats where floats are wanted; YAML reads 5e-5 as text."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is float and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _check_range(field, value):
    low, high, below = (field.metadata[name] for name in ("low", "high", "below"))
    too_low = low is not None and not value >= low
    too_high = (high is not None and not value <= high) or (below is not None and not value < below)
    infinite = isinstance(value, float) and not math.isfinite(value)
    if infinite or too_low or too_high:
        parts = [("at least", low), ("at most", high), ("below", below)]
        bounds = [f"{words} {bound}" for words, bound in parts if bound is not None]
        accepted = " and ".join(["finite", *bounds] if infinite else bounds)
        raise ValueError(f"`{field.name}` must be {accepted}. Received: {field.name}={value}.")
