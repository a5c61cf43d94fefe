"""How strongly the images of a task are augmented: a named strength, and single numbers in its place."""

import dataclasses
import math
import numbers

from kformer.data.image_augmentation.checks import check_choice
from kformer.errors import suggest

TASKS = ("classification", "detection", "segmentation", "faces")
STRENGTHS = ("none", "light", "standard", "strong")

# Each number: what changes nothing, the least and the most that is accepted.
_NUMBERS = {
    "flip": (0, 0, 1),
    "vertical_flip": (0, 0, 1),
    "rotation": (0, 0, 180),
    "shift": (0, 0, 1),
    "zoom": (1, 1, 10),
    "crop_area": (1, 0.01, 1),
    "scale_jitter": (1, 1, 10),
    "color_jitter": (0, 0, 1),
    "hue": (0, 0, 0.5),
    "rand_augment": (0, 0, 10),
    "rand_augment_ops": (2, 1, 14),
    "erasing": (0, 0, 1),
    "mixup": (0, 0, math.inf),
    "cutmix": (0, 0, math.inf),
    "mosaic": (0, 0, 1),
}
# All change how large things are seen; a picture takes one of them.
_RIVALS = ("crop_area", "scale_jitter", "zoom")
_TASKS_OF = {"mixup": ("classification",), "cutmix": ("classification", "segmentation"), "mosaic": ("detection",)}
_WHY_NOT = {
    "mixup": "two images that are laid over each other have no one {thing}",
    "cutmix": "an image with a part of another in it has no one {thing}",
    "mosaic": "four images in one have no one {thing}",
}
_THINGS = {"classification": "label", "detection": "set of boxes", "segmentation": "mask", "faces": "person"}

_PRESETS = {
    "classification": {
        "light": {"flip": 0.5, "shift": 0.125},
        "standard": {"flip": 0.5, "crop_area": 0.35, "color_jitter": 0.3},
        "strong": {
            "flip": 0.5, "crop_area": 0.25, "rand_augment": 9, "erasing": 0.25, "mixup": 0.8, "cutmix": 1.0,
        },
    },
    "detection": {
        "light": {"flip": 0.5, "scale_jitter": 1.25},
        "standard": {"flip": 0.5, "scale_jitter": 1.6, "color_jitter": 0.3, "hue": 0.02},
        "strong": {"flip": 0.5, "scale_jitter": 2.0, "color_jitter": 0.4, "hue": 0.04, "mosaic": 0.5},
    },
    "segmentation": {
        "light": {"flip": 0.5, "scale_jitter": 1.25},
        "standard": {"flip": 0.5, "scale_jitter": 2.0, "color_jitter": 0.3},
        "strong": {
            "flip": 0.5, "scale_jitter": 2.0, "rotation": 10, "color_jitter": 0.4, "hue": 0.04, "cutmix": 1.0,
        },
    },
    "faces": {
        "light": {"flip": 0.5, "shift": 0.05},
        "standard": {"flip": 0.5, "shift": 0.06, "rotation": 10, "zoom": 1.1, "color_jitter": 0.3},
        "strong": {
            "flip": 0.5, "shift": 0.1, "rotation": 10, "zoom": 1.25, "color_jitter": 0.6, "erasing": 0.6,
        },
    },
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class AugmentationSettings:
    """How strongly images are augmented: plain values, as a recipe holds them.

    `augment` names a strength, which means for

    - classification: *light*, mirrored and shifted by up to an eighth, as is usual for CIFAR; *standard*, mirrored, a
      part of at least 35 % of the area, and other light; *strong*, DeiT's (arXiv 2012.12877) for long trainings:
      smaller parts, RandAugment, random erasing, MixUp and CutMix;
    - detection: *light*, mirrored, a little larger or smaller; *standard*, up to 1.6 times, and other light; *strong*,
      up to twice, and half of the pictures made of four;
    - segmentation: *light*, as for detection; *standard*, up to twice as large or as small, as in DeepLab, and other
      light; *strong*, also turned a little, and parts of other pictures pasted in with their masks;
    - faces: *light*, mirrored and shifted a little; *standard*, also turned and zoomed by a tenth, and other light;
      *strong*, more of it, and partly covered. Nobody is mixed with another person.

    Each number that is given stands in the place of the strength's own. Mirrored digits and letters are no longer what
    they were: give `flip=0` for them. `crop_area`, `scale_jitter` and `zoom` all change how large things are seen: the
    one that is given stands in the place of the strength's own, whichever that is.

    Attributes:
        task: "classification", "detection", "segmentation" or "faces".
        augment: "none", "light", "standard" or "strong".
        flip: probability of the mirror image.
        vertical_flip: probability of an image upside down.
        rotation: degrees to either side.
        shift: share of the sides, to either side.
        zoom: how many times larger or smaller, about the middle.
        crop_area: least share of the area that a random part has.
        scale_jitter: how many times larger or smaller, anywhere in the picture.
        color_jitter: change of brightness, contrast and saturation.
        hue: change of hue, in turns.
        rand_augment: magnitude of RandAugment, up to 10.
        rand_augment_ops: its operations per image.
        erasing: probability that a rectangle is covered.
        mixup: alpha of MixUp.
        cutmix: alpha of CutMix; with `mixup`, each batch has one of both.
        mosaic: share of the pictures that are made of four.

    Raises:
        TypeError: a number is none.
        ValueError: a value is out of its range, or two contradict each other.
    """

    task: str
    augment: str = "standard"
    flip: float | None = None
    vertical_flip: float | None = None
    rotation: float | None = None
    shift: float | None = None
    zoom: float | None = None
    crop_area: float | None = None
    scale_jitter: float | None = None
    color_jitter: float | None = None
    hue: float | None = None
    rand_augment: float | None = None
    rand_augment_ops: int | None = None
    erasing: float | None = None
    mixup: float | None = None
    cutmix: float | None = None
    mosaic: float | None = None

    def __post_init__(self):
        check_choice("task", self.task, TASKS)
        check_choice("augment", self.augment, STRENGTHS)
        for name in _NUMBERS:
            _check(name, getattr(self, name))
        self._refuse_contradictions()

    @classmethod
    def from_dict(cls, values):
        """Settings from values by name.

        Raises:
            ValueError: for an unknown name; the nearest is suggested and the known are listed.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in known:
                raise ValueError(
                    f"Augmentation has no setting {name!r}.{suggest(str(name), known)} Known: {', '.join(known)}."
                )
        return cls(**values)

    def numbers(self):
        """All numbers, with those of the strength where none is given: a dict by name."""
        given = {name: getattr(self, name) for name in _NUMBERS if getattr(self, name) is not None}
        preset = _PRESETS[self.task].get(self.augment, {})
        if any(name in given for name in _RIVALS):
            preset = {name: value for name, value in preset.items() if name not in _RIVALS}
        nothing = {name: neutral for name, (neutral, _, _) in _NUMBERS.items()}
        return {**nothing, **preset, **given}

    def _refuse_contradictions(self):
        active = {
            name: value
            for name, (neutral, _, _) in _NUMBERS.items()
            if (value := getattr(self, name)) not in (None, neutral)
        }
        rivals = [name for name in _RIVALS if name in active]
        if len(rivals) > 1:
            one, other = rivals[:2]
            raise ValueError(
                f"`{one}` {active[one]} and `{other}` {active[other]} contradict each other: both decide how large "
                "things are seen. Drop one of them."
            )
        for name, tasks in _TASKS_OF.items():
            if name in active and self.task not in tasks:
                why = _WHY_NOT[name].format(thing=_THINGS[self.task])
                raise ValueError(
                    f"`{name}` {active[name]} and `task` {self.task} contradict each other: {why}. Drop `{name}`, "
                    f"which is for {' and '.join(tasks)}."
                )
        if self.rand_augment_ops is not None and not self.numbers()["rand_augment"]:
            raise ValueError(
                f"`rand_augment_ops` {self.rand_augment_ops} and `rand_augment` 0 contradict each other: at magnitude "
                "0 there are no operations. Give a larger `rand_augment`, or drop `rand_augment_ops`."
            )


def _check(name, value):
    _, low, high = _NUMBERS[name]
    if value is None:
        return
    kind = numbers.Integral if name == "rand_augment_ops" else numbers.Real
    if not isinstance(value, kind) or isinstance(value, bool):
        wanted = "an integer" if kind is numbers.Integral else "a number"
        raise TypeError(f"`{name}` must be {wanted}. Received: {name}={value!r}.")
    if not low <= value <= high or math.isinf(value):
        accepted = f"from {low} to {high}" if math.isfinite(high) else f"at least {low}"
        raise ValueError(f"`{name}` must be {accepted}. Received: {name}={value!r}.")
