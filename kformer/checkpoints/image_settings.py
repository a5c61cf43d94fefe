"""How a checkpoint wants its images: preprocessor_config.json, read and written."""

import dataclasses
from pathlib import Path

from kformer.checkpoints.hf_folder import read_json
from kformer.checkpoints.saving import write_json

FILE = "preprocessor_config.json"
# Pillow's numbers of the ways to resize, which the files hold.
RESAMPLING = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming"}
_HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
_CLIP = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
_IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
# Family -> what its class does where the file is silent. Files of DeiT without distillation belong to a ViT; CLIP's
# class keeps the middle, which that of ViT cannot, and may stand beside any model.
DEFAULTS = {
    "vit": {"size": 224, "resample": 2, **_HALF},
    "deit": {"size": 256, "resample": 3, "do_center_crop": True, "crop_size": 224, **_HALF},
    "yolos": {"size": {"shortest_edge": 800, "longest_edge": 1333}, "resample": 2, **_IMAGENET},
    "clip": {"size": {"shortest_edge": 224}, "resample": 3, "do_center_crop": True, "crop_size": 224, **_CLIP},
}
PROCESSORS = {
    "vit": "ViTImageProcessor",
    "deit": "DeiTImageProcessor",
    "yolos": "YolosImageProcessor",
    "clip": "CLIPImageProcessor",
}


@dataclasses.dataclass(frozen=True)
class ImageSettings:
    """What is done to an image before the model: resize, keep the center, normalise.

    A value x of 0 to 255 becomes (x scale - mean) / std, channel by channel.

    Attributes:
        size: two ints, height and width to resize to; None for images left as they are, or resized by an edge.
        shortest_edge, longest_edge: ints or None. In proportion, the shorter side becomes the first, or the longer the
            second where it would exceed that.
        crop_size: two ints, height and width of the center that is kept after resizing; None for all.
        resampling: str, the filter, one of the values of `RESAMPLING`.
        scale: float.
        mean, std: floats, one per channel.
    """

    size: tuple[int, int] | None = (224, 224)
    shortest_edge: int | None = None
    longest_edge: int | None = None
    crop_size: tuple[int, int] | None = None
    resampling: str = "bilinear"
    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)

    def __post_init__(self):
        if self.size is not None and (self.shortest_edge or self.longest_edge):
            raise ValueError(
                "`size` gives both sides and `shortest_edge` and `longest_edge` keep their proportion: set one or the "
                f"other. Received: size={self.size}, shortest_edge={self.shortest_edge}, "
                f"longest_edge={self.longest_edge}."
            )
        if self.resampling not in RESAMPLING.values():
            raise ValueError(
                f"`resampling` must be one of {', '.join(RESAMPLING.values())}. Received: "
                f"resampling={self.resampling!r}."
            )
        if len(self.mean) != len(self.std) or min(self.std, default=0.0) <= 0:
            raise ValueError(
                "`mean` and `std` must have one number per channel, and those of `std` be above 0. Received: "
                f"mean={self.mean}, std={self.std}."
            )


def read_image_settings(folder):
    """The `ImageSettings` of a Hugging Face folder with a model of images.

    Args:
        folder: path of a folder with preprocessor_config.json.

    Raises:
        FileNotFoundError: when there is none.
        ValueError: when it asks for what is not known.
    """
    path = Path(folder) / FILE
    stored = read_json(path)
    family = _family(stored, path)
    config = {**DEFAULTS[family], **stored}
    crops = config.get("do_center_crop", False)
    scales, normalises = config.get("do_rescale", True), config.get("do_normalize", True)
    try:
        channels = len(config["image_mean"])
        return ImageSettings(
            **(_sizes(config, family) if config.get("do_resize", True) else {"size": None}),
            crop_size=_sides(config["crop_size"]) if crops else None,
            resampling=RESAMPLING.get(config["resample"], config["resample"]),
            scale=config.get("rescale_factor", 1 / 255) if scales else 1.0,
            mean=tuple(config["image_mean"]) if normalises else (0.0,) * channels,
            std=tuple(config["image_std"]) if normalises else (1.0,) * channels,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} cannot be read ({error}): fetch or write it again.") from None


def _family(stored, path):
    """The family whose class the file names."""
    name = stored.get("image_processor_type", stored.get("feature_extractor_type"))
    for family, processor in PROCESSORS.items():
        stem = processor.removesuffix("ImageProcessor")
        if name in (processor, f"{processor}Fast", f"{stem}FeatureExtractor"):
            return family
    raise ValueError(
        f"{path} is of the type {name!r}, which cannot be read. Accepted: {', '.join(PROCESSORS.values())}."
    )


def _sizes(config, family):
    """The arguments of `ImageSettings` that say to what size."""
    size = config["size"]
    if isinstance(size, int) and family == "yolos":
        return {"size": None, "shortest_edge": size, "longest_edge": config.get("max_size", 1333)}
    if isinstance(size, dict) and "height" not in size:
        return {"size": None, "shortest_edge": size.get("shortest_edge"), "longest_edge": size.get("longest_edge")}
    return {"size": _sides(size)}


def _sides(size):
    """Height and width, from one number for both, a pair or a dict."""
    if isinstance(size, int):
        return size, size
    height, width = (size["height"], size["width"]) if isinstance(size, dict) else size
    return height, width


def write_image_settings(folder, settings, family):
    """Writes preprocessor_config.json, from which `transformers` makes the same processor.

    Args:
        folder: path of an existing folder.
        settings: `ImageSettings`.
        family: str, whose processor it is: "vit", "deit", "yolos" or "clip".

    Raises:
        ValueError: for a family without a processor.
    """
    if family not in PROCESSORS:
        raise ValueError(f"`family` must be one of {', '.join(PROCESSORS)}. Received: family={family!r}.")
    edges = {"shortest_edge": settings.shortest_edge, "longest_edge": settings.longest_edge}
    given = {name: edge for name, edge in edges.items() if edge is not None}
    size = given if settings.size is None else _dict_of(settings.size)
    config = {
        "image_processor_type": PROCESSORS[family],
        "do_resize": bool(size),
        **({"size": size} if size else {}),
        "resample": next(number for number, name in RESAMPLING.items() if name == settings.resampling),
        "do_center_crop": settings.crop_size is not None,
        **({} if settings.crop_size is None else {"crop_size": _dict_of(settings.crop_size)}),
        "do_rescale": True,
        "rescale_factor": settings.scale,
        "do_normalize": True,
        "image_mean": list(settings.mean),
        "image_std": list(settings.std),
    }
    write_json(Path(folder) / FILE, config)


def _dict_of(size):
    height, width = size
    return {"height": height, "width": width}
