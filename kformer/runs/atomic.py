"""Writing files and folders so that a kill or a full disk at any moment leaves the previous ones whole.

A file is written beside its place and renamed over it. A folder cannot be renamed over a folder that is not empty, so
two renames do it (`name` -> `.name.old`, `.name.new` -> `name`), and `recover` finishes them after a kill in between.
"""

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}
TEMPORARY_PREFIX = ".tmp-"


def write_atomic(path: str | os.PathLike, data: str | bytes) -> None:
    """Writes a whole file, or leaves the one that was there.

    Args:
        path: the file to write; missing parent folders are made.
        data: its content; text is written as UTF-8.

    Raises:
        OSError: the disk is full or failing; the text says that the previous file is unchanged.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a temporary sibling to write to, renamed over `path` when the block ends well and removed when it fails.

    The sibling keeps the ending of `path`, which writers such as `model.save` look at.

    Args:
        path: the file to write; missing parent folders are made.

    Raises:
        OSError: the disk is full or failing; the text says that the previous file is unchanged.
    """
    path = Path(path).resolve()
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(4)}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    except OSError as error:
        if error.errno in _DISK_ERRORS:
            raise _explained(error, path, "the previous file, if any, is unchanged") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike) -> Iterator[Path]:
    """Yields an empty folder to fill, put in the place of `path` when the block ends well and removed when it fails.

    Args:
        path: the folder to write or to replace; missing parent folders are made.

    Raises:
        OSError: the disk is full or failing; the text says that the previous folder is unchanged.
    """
    path = Path(path).resolve()
    staged = stage(path)
    try:
        yield staged
        swap_in(path)
    except OSError as error:
        if error.errno in _DISK_ERRORS:
            raise _explained(error, path, "the previous folder, if any, is unchanged") from error
        raise
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def stage(path: Path) -> Path:
    """Makes the empty folder beside `path` in which its successor is prepared, and returns it."""
    recover(path)
    staged = _staged(path)
    if staged.exists():  # left by a process that was killed before it swapped
        shutil.rmtree(staged)
    staged.mkdir(parents=True)
    return staged


def swap_in(path: Path) -> None:
    """Puts the folder that `stage` made in the place of `path`; what was there is removed last."""
    if path.exists():
        path.rename(_previous(path))
    else:
        _staged(path).rename(path)
    recover(path)
    sync(path.parent)


def recover(path: Path) -> None:
    """Finishes a swap that was interrupted: afterwards `path` is the new folder, or the old one, and whole."""
    if not path.exists() and _previous(path).exists():  # so the new folder was complete: `swap_in` had begun
        newest = _staged(path) if _staged(path).exists() else _previous(path)
        with contextlib.suppress(FileNotFoundError):  # a reader that recovers at the same moment was faster
            newest.rename(path)
    if path.exists():
        shutil.rmtree(_previous(path), ignore_errors=True)


def sync(path: Path) -> None:
    """Asks the operating system to put a file, or the names in a folder, on the disk itself."""
    if path.is_dir() and os.name == "nt":  # Windows cannot open a folder
        return
    descriptor = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _staged(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _previous(path: Path) -> Path:
    return path.with_name(f".{path.name}.old")


def _explained(error: OSError, path: Path, consequence: str) -> OSError:
    reason = os.strerror(error.errno)
    text = f"`{path}` could not be written ({reason}); {consequence}: free some space and try again"
    return OSError(error.errno, text)
