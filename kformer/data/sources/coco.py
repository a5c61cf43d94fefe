"""COCO: one json file with images, categories, and annotations that give each box as [x, y, width, height]."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from kformer.data.images.boxes import BOX
from kformer.data.sources.folders import ALIASES, TRAIN, chosen_part
from kformer.data.sources.reading import Options, Reading, Rejection, printable
from kformer.errors import first_line
from kformer.wording import counted

# The lists of a file, and what every entry of them has.
_LISTS = {
    "images": ("id", "file_name"),
    "annotations": ("image_id", "category_id", "bbox"),
    "categories": ("id", "name"),
}
_NAMES = ("coco.json", "_annotations.coco.json", "annotations.json", "instances.json")


def is_coco(folder: Path) -> bool:
    """Tells whether a folder holds annotations in the form of COCO, by their names."""
    return bool(_files(folder))


def coco_parts(folder: Path) -> tuple[str, ...]:
    """Returns the parts of annotations/instances_train*.json and its like, or () where one file is all."""
    parts = tuple(_files(folder))
    return parts if TRAIN in parts else ()


def read_coco(path: Path, options: Options) -> Reading:
    """Reads a json file of COCO, or a folder that holds one; images are looked for in the folders around the file.

    Groups of things too many to tell apart (`iscrowd`) are left out, and so told.

    Raises:
        ValueError: The file is not in the form of COCO, or there is no such part.
    """
    if path.is_dir():
        files = _files(path)
        whole = TRAIN not in files
        if whole and options.split is not None:
            raise ValueError(f"{path} is one whole, it has no part {options.split!r}. Leave `split` out.")
        file = next(iter(files.values())) if whole else files[chosen_part(path, options, files)]
    else:
        file = path
    content = _content(file)
    names = {category["id"]: str(category["name"]) for category in content["categories"]}
    boxes, marks, rejected = defaultdict(list), Counter(), {}
    for annotation in content["annotations"]:
        image = annotation["image_id"]
        if annotation.get("iscrowd"):
            marks["crowd"] += 1
        elif annotation["category_id"] not in names:
            rejected[image] = f"a box has the category {annotation['category_id']}, which is not among `categories`"
        elif not _is_box(annotation["bbox"]):
            rejected[image] = f"a box is {annotation['bbox']}, not [x, y, width, height]"
        else:
            boxes[image].append(_box(annotation["bbox"], names[annotation["category_id"]]))
    rows, rejections = [], []
    for image in content["images"]:
        place = _find(file, str(image["file_name"]))
        reason = rejected.get(image["id"]) or ("" if place else "there is no such image beside the annotations")
        if reason:
            rejections.append(Rejection(str(image["file_name"]), None, reason, printable(json.dumps(image))))
        else:
            rows.append({"image": str(place.absolute()), "boxes": boxes[image["id"]]})
    table = pa.Table.from_pylist(rows, pa.schema([("image", pa.string()), ("boxes", pa.list_(BOX))]))
    orphans = len(boxes.keys() - {image["id"] for image in content["images"]})
    told = (
        (marks["crowd"], "box", "boxes", "around crowds (`iscrowd`) left out"),
        (orphans, "image", "images", "that only `annotations` name left out"),
    )
    return Reading(
        table,
        str(file),
        files=[row["image"] for row in rows],
        rejections=tuple(rejections),
        fields={"image": "image", "boxes": "boxes"},
        notes=tuple(f"{counted(count, one, many)} {what}" for count, one, many, what in told if count),
    )


def _files(folder: Path) -> dict[str, Path]:
    """Returns the annotations in a folder by part; keyed by "" where one file is all."""
    whole = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
    if whole is not None:
        return {"": whole}
    found = {}
    for part, aliases in ALIASES.items():
        for alias in aliases:
            files = sorted((folder / "annotations").glob(f"instances_{alias}*.json"))
            if files:
                found.setdefault(part, files[0])
    return found


def _content(file: Path) -> dict:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file} is not JSON ({first_line(error)}). Write it again.") from error
    missing = [key for key in _LISTS if not isinstance(content, dict) or not isinstance(content.get(key), list)]
    if missing:
        raise ValueError(
            f"{file} is not in the form of COCO: it lacks the list {missing[0]!r}. Give a json file with the lists "
            f"{', '.join(_LISTS)}, or one JSON object a line in a .jsonl file."
        )
    for key, names in _LISTS.items():
        for entry in content[key]:
            if lacking := [name for name in names if not isinstance(entry, dict) or name not in entry]:
                raise ValueError(
                    f"{file} is not in the form of COCO: an entry of `{key}` lacks {lacking[0]!r}: "
                    f"{printable(str(entry))[:80]}. Add it."
                )
    return content


def _is_box(box) -> bool:
    return isinstance(box, list) and len(box) == 4 and all(isinstance(side, int | float) for side in box)


def _box(box: list[float], label: str) -> dict:
    x, y, width, height = map(float, box)
    return {"label": label, "x0": x, "y0": y, "x1": x + width, "y1": y + height}


def _find(file: Path, name: str) -> Path | None:
    return next((path for folder in _folders(file) if (path := folder / name).is_file()), None)


def _folders(file: Path) -> Iterator[Path]:
    """Yields where images may be: beside the file, in `images`, or as COCO has them, in ../train2017."""
    part = file.stem.removeprefix("instances_")
    for folder in (file.parent, file.parent.parent):
        yield from (folder, folder / "images", folder / part, folder / "images" / part)
