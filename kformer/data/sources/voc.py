"""Pascal VOC: JPEGImages, an XML file of boxes for each in Annotations, and the parts in ImageSets/Main."""

import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from kformer.data.images.boxes import BOX
from kformer.data.sources.folders import TRAIN, VALIDATION, chosen_part
from kformer.data.sources.image_folders import find_image, images_in
from kformer.data.sources.reading import Options, Reading, Rejection, printable
from kformer.wording import counted

_IMAGES, _ANNOTATIONS = "JPEGImages", "Annotations"
_PARTS = {TRAIN: "train.txt", VALIDATION: "val.txt"}
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def is_voc(folder: Path) -> bool:
    """Tells whether a folder has the layout of VOC."""
    return (folder / _IMAGES).is_dir() and (folder / _ANNOTATIONS).is_dir()


def voc_parts(folder: Path) -> tuple[str, ...]:
    """Returns the parts that are listed in ImageSets/Main, or () where nothing is."""
    parts = tuple(part for part, name in _PARTS.items() if _list_of(folder, name).is_file())
    return parts if TRAIN in parts else ()


def read_voc(folder: Path, options: Options) -> Reading:
    """Reads the images of one part, "train" unless told otherwise, or all of them where no parts are listed.

    VOC counts pixels from 1 and its boxes hold their last ones: x0 is xmin - 1, and x1 is xmax.

    Raises:
        ValueError: There is no such part.
    """
    stems = _stems(folder, options)
    rows, rejections, marks = [], [], Counter()
    for stem in stems:
        image, annotation = find_image(folder / _IMAGES, stem), folder / _ANNOTATIONS / f"{stem}.xml"
        if image is None:
            missing = str(folder / _IMAGES / stem)
            rejections.append(Rejection(missing, None, f"there is no image of this name in {_IMAGES}", stem))
            continue
        try:
            boxes, num_difficult = _read_boxes(annotation)
        except (OSError, ElementTree.ParseError, ValueError) as error:
            reason = _reason(error)
            rejections.append(Rejection(str(annotation), None, reason, printable(stem)))
            continue
        marks["difficult"] += num_difficult
        rows.append({"image": str(image.absolute()), "boxes": boxes})
    table = pa.Table.from_pylist(rows, pa.schema([("image", pa.string()), ("boxes", pa.list_(BOX))]))
    notes = (f"{counted(marks['difficult'], 'box', 'boxes')} marked as difficult: kept",) if marks["difficult"] else ()
    return Reading(
        table,
        str(folder),
        files=[row["image"] for row in rows],
        rejections=tuple(rejections),
        fields={"image": "image", "boxes": "boxes"},
        notes=notes,
    )


def _list_of(folder: Path, name: str) -> Path:
    return folder / "ImageSets" / "Main" / name


def _stems(folder: Path, options: Options) -> Sequence[str]:
    parts = voc_parts(folder)
    if not parts:
        if options.split is not None:
            raise ValueError(f"{folder} is one whole, it has no part {options.split!r}. Leave `split` out.")
        annotated = {path.stem for path in (folder / _ANNOTATIONS).glob("*.xml")}
        return sorted(annotated | {path.stem for path in images_in(folder / _IMAGES)})
    lines = _list_of(folder, _PARTS[chosen_part(folder, options, parts)]).read_text(encoding="utf-8-sig").splitlines()
    return [line.strip() for line in lines if line.strip()]


def _read_boxes(path: Path) -> tuple[list[dict], int]:
    """Returns the boxes of an annotation and how many of them are difficult."""
    content = path.read_bytes()
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("it declares entities, which no annotation needs")
    objects = ElementTree.fromstring(content).findall("object")
    return [_box(element) for element in objects], sum(element.findtext("difficult") == "1" for element in objects)


def _box(element: ElementTree.Element) -> dict:
    label = (element.findtext("name") or "").strip()
    corners = [element.findtext(f"bndbox/{name}") for name in _CORNERS]
    if not label or None in corners:
        raise ValueError("an object lacks its name or a side of its box")
    x0, y0, x1, y1 = map(float, corners)
    # Equal sides could be a box of one pixel. They are slips of the mouse: such a box is given no size, to be dropped.
    x1, y1 = (x1 if x1 > x0 else x0 - 1), (y1 if y1 > y0 else y0 - 1)
    return {"label": label, "x0": x0 - 1, "y0": y0 - 1, "x1": x1, "y1": y1}


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"the image has no file in {_ANNOTATIONS}"
    return f"the annotation cannot be used ({error})"
