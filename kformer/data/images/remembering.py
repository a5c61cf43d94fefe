"""What was found in files that have not changed since: a look at a hundred thousand of them takes minutes."""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict

import pyarrow as pa

from kformer.data.cache import cached_table

_FORMAT = 1  # raise it when a look finds something else, so that what was found before is not used
_FEW = 1000  # files that are looked at in a second


def remembered(kind: type, look: Callable[[], list], sources: Sequence[str | bytes | None], *settings) -> list:
    """Returns what `look` finds in some files, or what it found when paths, sizes and times were the same.

    Args:
        kind: The dataclass that it finds.
        look: Looks at all of them.
        sources: Paths; encoded images, and few paths, are always looked at.
        *settings: What the result depends on beside the files.
    """
    if len(sources) < _FEW or not all(isinstance(source, str) for source in sources):
        return look()
    stamps = repr((_FORMAT, kind.__name__, settings, [(source, *_stamp(source)) for source in sources]))
    name = f"images/checked/{hashlib.sha256(stamps.encode()).hexdigest()}.parquet"
    table = cached_table(name, lambda: pa.Table.from_pylist([asdict(found) for found in look()]))
    found = [kind(**row) for row in table.to_pylist()]
    # Of what stands in for files the cache may have been emptied.
    replaced = (one.content for one, source in zip(found, sources, strict=True) if one.content not in (source, None))
    return found if all(map(os.path.exists, replaced)) else look()


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
