"""Folders of images: one subfolder a class, all images in one, or images and their masks."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from kformer.data.sources.folders import ALIASES, TRAIN
from kformer.data.sources.reading import Options, Reading, Rejection
from kformer.wording import counted

IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
CLASSES = "classes.txt"  # names of the classes in order, one a line
_IMAGES = "images"
_MASKS = ("masks", "labels", "annotations")


def is_image(path: Path) -> bool:
    """Tells whether a file is an image by its ending; hidden files are none."""
    return path.suffix.lower() in IMAGE_ENDINGS and not path.name.startswith(".")


def images_in(folder: Path) -> list[Path]:
    """Returns the images of a folder, not of those below it, by name."""
    return sorted(path for path in folder.iterdir() if is_image(path)) if folder.is_dir() else []


def count_images(folder: Path) -> int:
    """Returns how many images are in a folder and in its subfolders."""
    return sum(map(is_image, folder.iterdir())) + sum(map(is_image, folder.glob("*/*")))


def train_is_a_class(folder: Path, parts: Mapping[str, Path]) -> bool:
    """Tells whether the subfolder `train` is full of pictures of trains: beside it are other classes, not parts."""
    if TRAIN not in parts or not images_in(parts[TRAIN]):
        return False
    names = {"test", "testing", *(alias for aliases in ALIASES.values() for alias in aliases)}
    return any(images_in(path) for path in folder.iterdir() if path.name.lower() not in names)


def read_image_folder(folder: Path, options: Options) -> Reading:
    """Reads `images` and `masks`, or `<class>/*.jpg`, or, where there are none, `*.jpg`; each image is an example.

    Raises:
        ValueError: There is no image, or a class is required of images without classes.
    """
    if masks := _mask_folder(folder):
        return _read_masks(folder, masks)
    classes = [path for path in sorted(folder.glob("*/*")) if is_image(path) and not path.parent.name.startswith(".")]
    stray = images_in(folder)
    if not classes and not stray:
        raise ValueError(
            f"{folder} holds no images, neither in it nor in subfolders: files that end in {', '.join(IMAGE_ENDINGS)} "
            "are looked for. Give a folder with a subfolder of images for each class."
        )
    if not classes and "label" in options.required:
        raise ValueError(
            f"{folder} holds {len(stray)} images and no subfolders of them, so that none has a class. Give a folder "
            "with a subfolder of images for each class, or a csv with a column of paths and one of labels."
        )
    paths = [path.absolute() for path in classes or stray]
    columns = {"image": [str(path) for path in paths]}
    if classes:
        columns["label"] = [path.parent.name for path in paths]
    notes = (f"{counted(len(stray), 'image')} beside the folders of the classes left out",) if classes and stray else ()
    fields = dict(zip(columns, columns, strict=True))
    return Reading(pa.table(columns), str(folder), files=columns["image"], fields=fields, notes=notes)


def find_image(folder: Path, stem: str) -> Path | None:
    """Returns the image of a folder that is called `stem`, whatever its ending is; None where there is none."""
    candidates = (folder / f"{stem}{ending}" for lower in IMAGE_ENDINGS for ending in (lower, lower.upper()))
    return next((path for path in candidates if path.is_file()), None)


def _mask_folder(folder: Path) -> Path | None:
    if not images_in(folder / _IMAGES):
        return None
    return next((folder / name for name in _MASKS if images_in(folder / name)), None)


def _read_masks(folder: Path, masks: Path) -> Reading:
    """Reads `images/*` with the masks of the same names; `classes.txt` is beside them or in the folder above."""
    by_stem = {path.stem: path for path in images_in(masks)}
    rows, rejections = [], []
    for path in images_in(folder / _IMAGES):
        mask = by_stem.pop(path.stem, None)
        if mask is None:
            rejections.append(Rejection(str(path), None, f"there is no mask of its name in {masks.name}", path.name))
        else:
            rows.append((str(path.absolute()), str(mask.absolute())))
    rejections += [
        Rejection(str(mask), None, f"there is no image of its name in {_IMAGES}", mask.name)
        for mask in by_stem.values()
    ]
    images, files = zip(*rows, strict=True) if rows else ((), ())
    table = pa.table({"image": pa.array(images, pa.string()), "mask": pa.array(files, pa.string())})
    return Reading(
        table,
        str(folder),
        files=images,
        rejections=tuple(rejections),
        fields={"image": "image", "mask": "mask"},
        label_names=_class_names(folder),
    )


def _class_names(folder: Path) -> dict[str, tuple[str, ...]]:
    for path in (folder / CLASSES, folder.parent / CLASSES):
        if path.is_file():
            lines = path.read_text(encoding="utf-8-sig").splitlines()
            return {"mask": tuple(line.strip() for line in lines if line.strip())}
    return {}
