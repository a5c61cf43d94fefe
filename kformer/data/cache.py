"""Where kformer keeps what it can make again."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet


def cache_folder() -> Path:
    """Returns the folder for files that can be made again: $KFORMER_CACHE, or `kformer` in the user's cache folder."""
    chosen = os.environ.get("KFORMER_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kformer"


def cached_table(name: str, make: Callable[[], pa.Table]) -> pa.Table:
    """Returns the table kept under a name in the cache folder; makes and keeps it where there is none.

    A cache that cannot be read or written costs time, not the result.

    Args:
        name: Path below the cache folder; it must change whenever the table would.
        make: Makes the table.
    """
    path = cache_folder() / name
    with contextlib.suppress(OSError, pa.ArrowInvalid):
        return pa.parquet.read_table(path)
    table = make()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(table, path)
    return table


def _write(table: pa.Table, path: Path):
    """Writes a file beside and renames it: whoever reads meanwhile, or after a kill, finds a whole file or none."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        pa.parquet.write_table(table, beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
