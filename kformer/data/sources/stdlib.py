"""The source `stdlib`: the source code of Python's own standard library, as it is installed. No download.

Whole modules are held out, so that a language model is not measured on the rest of what it has read.
"""

import hashlib
import sysconfig
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from kformer.data.sources.folders import TRAIN, VALIDATION, chosen_part
from kformer.data.sources.reading import Options, Reading

_HELD_OUT = 0.1  # of the characters
# Tests, IDLE and what others installed.
_OTHERS = ("test", "tests", "idlelib", "idle_test", "turtledemo", "site-packages", "dist-packages", "__pycache__")
# What no person wrote: tables of characters, topics of the manual, data of a build.
_TABLES = ("encodings", "pydoc_data")
_GENERATED = ("_sysconfigdata", "config-")


def read_stdlib(options: Options) -> Reading:
    """Reads one part of the standard library, "train" unless told otherwise.

    Returns:
        One row for each file that is not empty, in the order of their paths: columns text, module (the top-level one)
        and file.

    Raises:
        ValueError: There is no such part, or no source code where Python is installed.
    """
    part = chosen_part("stdlib", options, (TRAIN, VALIDATION))
    folder = Path(sysconfig.get_path("stdlib"))
    rows = list(_modules(folder))
    if not rows:
        raise ValueError(f"{folder} holds no source code of the standard library. Install Python with its .py files.")
    held_out = _held_out_modules(rows)
    rows = [row for row in rows if (row["module"] in held_out) == (part == VALIDATION)]
    return Reading(pa.Table.from_pylist(rows), "stdlib", files=[row["file"] for row in rows], fields={"text": "text"})


def _modules(folder: Path) -> Iterator[dict[str, str]]:
    """Yields {"text", "module", "file"} of every file."""
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder)
        if not {*_OTHERS, *_TABLES} & {*relative.parts} and not relative.parts[0].startswith(_GENERATED):
            # A few declare an encoding other than UTF-8.
            with tokenize.open(path) as file:
                text = file.read()
            if text.strip():
                yield {"text": text, "module": relative.parts[0].removesuffix(".py"), "file": relative.as_posix()}


def _held_out_modules(rows: list[dict[str, str]]) -> set[str]:
    """Chooses top-level modules that hold about `_HELD_OUT` of the characters, alike on every machine."""
    sizes = Counter()
    for row in rows:
        sizes[row["module"]] += len(row["text"])
    room, modules = _HELD_OUT * sizes.total(), set()
    for module in sorted(sizes, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
        if sizes[module] <= room:
            modules.add(module)
            room -= sizes[module]
    return modules
