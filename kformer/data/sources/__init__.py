"""Where examples come from. A new source is one function `read(path, options) -> Reading` in the table below."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from kformer.data.sources.delimited import read_csv, read_tsv
from kformer.data.sources.folders import TRAIN, VALIDATION, chosen_part, find_parts, read_text, read_text_folder
from kformer.data.sources.json_lines import read_json_lines
from kformer.data.sources.parallel import read_parallel
from kformer.data.sources.parquet import read_parquet
from kformer.data.sources.reading import Options, Reading, Rejection
from kformer.errors import suggest

__all__ = [
    "DOCSTRINGS",
    "NUMBERS",
    "Options",
    "Reading",
    "Rejection",
    "STDLIB",
    "TRAIN",
    "VALIDATION",
    "part_names",
    "read",
]

DOCSTRINGS = "docstrings"
NUMBERS = "numbers"
STDLIB = "stdlib"
_EMBEDDED = (DOCSTRINGS, NUMBERS, STDLIB)
_TFDS = "tfds:"
_FILES = {
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".parquet": read_parquet,
    ".txt": read_text,
}
_NAMED = f"{_TFDS}NAME, {DOCSTRINGS}, {NUMBERS}:en-de and {STDLIB}"
_KNOWN = f"{', '.join(_FILES)}, parallel files (a.en,a.de), a folder, {_NAMED}"


def read(source: str | Path, options: Options) -> Reading:
    """Reads a source, whichever kind it is.

    Args:
        source: A file, parallel files with commas between them, a folder, "tfds:NAME[/CONFIG]", "docstrings",
            "numbers[:en-de]" or "stdlib".
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
    (path,) = paths
    if path.is_dir():
        return _read_folder(path, options)
    _refuse_split(path, options)
    return _reader_of(path)(path, options)


def part_names(source: str | Path, options: Options) -> tuple[str, ...]:
    """Returns the named parts of a source, such as ("train", "validation"), or () where it is one whole."""
    if _embedded(str(source)):
        return (TRAIN, VALIDATION)
    if str(source).startswith(_TFDS):
        from kformer.data.sources.tfds import tfds_splits

        return tfds_splits(str(source).removeprefix(_TFDS), options)
    path, *others = _paths(source)
    return tuple(find_parts(path, tuple(_FILES))) if path.is_dir() and not others else ()


def _embedded(source: str) -> Callable[[Options], Reading] | None:
    """Returns the reader of a source that is already here, without any file; None for all others."""
    name, _, argument = source.partition(":")
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


def _read_folder(folder: Path, options: Options) -> Reading:
    parts = find_parts(folder, tuple(_FILES))
    if not parts:
        _refuse_split(folder, options)
        return read_text_folder(folder, options)
    path = parts[chosen_part(folder, options, parts)]
    return read_text_folder(path, options) if path.is_dir() else _reader_of(path)(path, options)


def _refuse_split(path: str | Path, options: Options):
    if options.split is not None:
        raise ValueError(f"{path} is one whole, it has no part {options.split!r}. Leave `split` out.")
