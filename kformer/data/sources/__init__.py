"""Where examples come from. A new source is one function `read(path, options) -> Reading` in the table below."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from kformer.data.sources.archives import ARCHIVE_ENDINGS, is_archive, unpack
from kformer.data.sources.coco import coco_parts, is_coco, read_coco
from kformer.data.sources.delimited import read_csv, read_tsv
from kformer.data.sources.folders import (
    TRAIN,
    VALIDATION,
    chosen_part,
    find_parts,
    read_text,
    read_text_folder,
    text_files,
)
from kformer.data.sources.image_folders import (
    CLASSES,
    IMAGE_ENDINGS,
    count_images,
    read_image_folder,
    train_is_a_class,
)
from kformer.data.sources.json_lines import read_json_lines
from kformer.data.sources.parallel import read_parallel
from kformer.data.sources.parquet import read_parquet
from kformer.data.sources.reading import Options, Reading, Rejection
from kformer.data.sources.voc import is_voc, read_voc, voc_parts
from kformer.errors import suggest

__all__ = [
    "DIGITS",
    "DIGIT_MASKS",
    "DIGIT_SCENES",
    "DOCSTRINGS",
    "NUMBERS",
    "Options",
    "Reading",
    "Rejection",
    "STDLIB",
    "TRAIN",
    "VALIDATION",
    "check_source",
    "holds_images",
    "part_names",
    "read",
]

DIGITS = "digits"
DIGIT_MASKS = "digit-masks"
DIGIT_SCENES = "digit-scenes"
DOCSTRINGS = "docstrings"
NUMBERS = "numbers"
STDLIB = "stdlib"
_OF_IMAGES = (DIGITS, DIGIT_MASKS, DIGIT_SCENES)
_EMBEDDED = (DIGITS, DIGIT_MASKS, DIGIT_SCENES, DOCSTRINGS, NUMBERS, STDLIB)
_TFDS = "tfds:"
_FILES = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".parquet": read_parquet,
    ".txt": read_text,
    ".json": read_coco,
}
# Folders that are known by what is in them: (whether one is of the kind, its parts, its reader).
_LAYOUTS = ((is_voc, voc_parts, read_voc), (is_coco, coco_parts, read_coco))
_NAMED = f"{_TFDS}NAME, {DIGITS}, {DIGIT_MASKS}, {DIGIT_SCENES}, {DOCSTRINGS}, {NUMBERS}:en-de and {STDLIB}"
_KNOWN = f"{', '.join(_FILES)}, {', '.join(ARCHIVE_ENDINGS)}, parallel files (a.en,a.de), a folder, {_NAMED}"


def read(source: str | Path, options: Options) -> Reading:
    """Reads a source, whichever kind it is.

    Args:
        source: A file, parallel files with commas between them, a folder or an archive of one, "tfds:NAME[/CONFIG]",
            "digits", "digit-masks", "digit-scenes", "docstrings", "numbers[:en-de]" or "stdlib".
        options: What the source may need to know.

    Returns:
        All columns and the rows that cannot be used.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: The kind of source is unknown, or it holds nothing that can be read.
    """
    if embedded := _embedded(str(source)):
        return embedded(options)
    if str(source).startswith(_TFDS):
        from kformer.data.sources.tfds import read_tfds

        return read_tfds(str(source).removeprefix(_TFDS), options)
    paths = _paths(source)
    if len(paths) > 1:
        _refuse_split(source, options)
        return read_parallel(paths)
    return _read_path(paths[0], options)


def check_source(source: str | Path, required: Sequence[str] = ()):
    """Refuses what `read` would refuse at a glance, for commands that are slow to start.

    What is found by reading alone, such as a file that is empty or damaged, is left to `read`.

    Args:
        source: As for `read`.
        required: The roles that every example must have; () if they are not known.

    Raises:
        FileNotFoundError: There is no such file or folder.
        ValueError: Its ending is unknown, or the folder holds no file of the kind that is needed.
    """
    if _embedded(str(source)) or str(source).startswith(_TFDS):
        return
    path, *others = _paths(source)
    if others or is_archive(path):
        return
    options = Options(required=tuple(required))
    if path.is_file():
        _reader_of(path)
    elif required and not _layout(path, options) and not _parts(path, options):
        # To read a folder of images is to list it: they are looked at later.
        read_image_folder(path, options) if "image" in required else text_files(path)


def part_names(source: str | Path, options: Options) -> tuple[str, ...]:
    """Returns the named parts of a source, such as ("train", "validation"), or () where it is one whole."""
    if _embedded(str(source)):
        return (TRAIN, VALIDATION)
    if str(source).startswith(_TFDS):
        from kformer.data.sources.tfds import tfds_splits

        return tfds_splits(str(source).removeprefix(_TFDS), options)
    path, *others = _paths(source)
    path = _opened(path)
    if others or not path.is_dir():
        return ()
    layout = _layout(path, options)
    return layout[1](path) if layout else tuple(_parts(path, options))


def holds_images(source: str | Path, options: Options) -> bool:
    """Tells whether a source is one of images, not of texts: by its name, or by what most of it is.

    Tables do not tell.

    Raises:
        FileNotFoundError: There is no such file or folder.
    """
    if str(source) in _OF_IMAGES:
        return True
    if str(source).startswith(_TFDS):
        from kformer.data.sources.tfds import is_of_images

        return is_of_images(str(source).removeprefix(_TFDS), options)
    if _embedded(str(source)):
        return False
    path, *others = _paths(source)
    return not others and _is_of_images(_opened(path))


def _is_of_images(path: Path) -> bool:
    if not path.is_dir():
        return _FILES.get(path.suffix.lower()) is read_coco
    parts = find_parts(path, (*_FILES, *ARCHIVE_ENDINGS))
    if parts and not train_is_a_class(path, parts):
        return _is_of_images(_opened(parts[TRAIN]))
    return _layout(path, Options()) is not None or _is_mostly_images(path)


def _embedded(source: str) -> Callable[[Options], Reading] | None:
    """Returns the reader of a source that is already here, without any file; None for all others."""
    name, _, argument = source.partition(":")
    if source == DIGITS:
        from kformer.data.sources.digits import read_digits

        return read_digits
    if source == DIGIT_MASKS:
        from kformer.data.sources.digit_masks import read_digit_masks

        return read_digit_masks
    if source == DIGIT_SCENES:
        from kformer.data.sources.digit_scenes import read_digit_scenes

        return read_digit_scenes
    if source == DOCSTRINGS:
        from kformer.data.docstrings import read_docstrings

        return read_docstrings
    if source == STDLIB:
        from kformer.data.sources.stdlib import read_stdlib

        return read_stdlib
    if name == NUMBERS:
        from kformer.data.sources.numbers import LANGUAGES, read_numbers

        return partial(read_numbers, argument or LANGUAGES)
    return None


def _paths(source: str | Path) -> list[Path]:
    """Returns the path that a source names, or those of parallel files, which have commas between them."""
    parts = str(source).split(",")
    if len(parts) == 1 or Path(source).expanduser().exists():
        return [_existing(source)]
    paths = [_existing(part) for part in parts]
    if folder := next((path for path in paths if path.is_dir()), None):
        raise ValueError(f"Parallel files are files, and {folder} is a folder. Give one file a language: a.en,a.de.")
    return paths


def _existing(source: str | Path) -> Path:
    path = Path(source).expanduser()
    # Path("") is the present folder; nobody means that.
    if str(source) and path.exists():
        return path
    neighbours = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    near = suggest(path.name, [*_EMBEDDED, *neighbours])
    raise FileNotFoundError(f"There is no file or folder {str(source)!r}. Sources are: {_KNOWN}.{near}")


def _reader_of(path: Path):
    reader = _FILES.get(path.suffix.lower())
    if reader is None:
        raise ValueError(
            f"{path} has the ending {path.suffix!r}, which no source reads. Sources are: {_KNOWN}."
            + suggest(path.suffix, _FILES)
        )
    return reader


def _read_path(path: Path, options: Options) -> Reading:
    if is_archive(path):
        reading = _read_archive(path, options)
        return replace(reading, file=str(path), folder=reading.folder or Path(reading.file).parent)
    if path.is_dir():
        return _read_folder(path, options)
    _refuse_split(path, options)
    return _reader_of(path)(path, options)


def _read_archive(path: Path, options: Options) -> Reading:
    inside = _opened(path)
    try:
        return _read_path(inside, options)
    except ValueError as error:
        # Where it was unpacked says nothing to who gave the archive.
        raise ValueError(str(error).replace(str(inside), str(path))) from error


def _opened(path: Path) -> Path:
    """Returns where the content of an archive is: a folder, or the one file in it; other paths as they are."""
    if not is_archive(path):
        return path
    folder = unpack(path)
    entries = list(folder.iterdir())
    return entries[0] if len(entries) == 1 and entries[0].suffix.lower() in _FILES else folder


def _read_folder(folder: Path, options: Options) -> Reading:
    if layout := _layout(folder, options):
        return layout[2](folder, options)
    if parts := _parts(folder, options):
        return _read_path(parts[chosen_part(folder, options, parts)], replace(options, split=None))
    _refuse_split(folder, options)
    if _may_be_images(options) and ("image" in options.required or _is_mostly_images(folder)):
        return read_image_folder(folder, options)
    others = "" if options.required else f"no images (files that end in {', '.join(IMAGE_ENDINGS)}), "
    return read_text_folder(folder, options, others)


def _layout(folder: Path, options: Options):
    """Returns the entry of `_LAYOUTS` that a folder has, or None."""
    if not _may_be_images(options):
        return None
    return next((layout for layout in _LAYOUTS if layout[0](folder)), None)


def _parts(folder: Path, options: Options) -> dict[str, Path]:
    parts = find_parts(folder, (*_FILES, *ARCHIVE_ENDINGS))
    return {} if _may_be_images(options) and train_is_a_class(folder, parts) else parts


def _may_be_images(options: Options) -> bool:
    return not options.required or "image" in options.required


def _is_mostly_images(folder: Path) -> bool:
    # A note or a list among many pictures makes no texts of them.
    texts = {*folder.glob("*.txt"), *folder.glob("*/*.txt")} - {folder / CLASSES}
    return count_images(folder) > len(texts)


def _refuse_split(path: str | Path, options: Options):
    if options.split is not None:
        raise ValueError(f"{path} is one whole, it has no part {options.split!r}. Leave `split` out.")
