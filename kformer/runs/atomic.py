"""Writing files and folders so that a kill or a full disk at any moment leaves the previous ones whole.

A file is written beside its place and renamed over it. A folder cannot be renamed over a folder that is not empty, so
two renames do it (`name` -> `.name.old`, `.name.new` -> `name`), and `recover` finishes them after a kill in between.
Whoever fills a folder holds it meanwhile (`Hold`), so that a second process does not write into it or remove it.
"""

import contextlib
import errno
import os
import secrets
import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

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
        with disk_errors_explained(path, "the previous file, if any, is unchanged"):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            sync(temporary)
            os.replace(temporary, path)
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike) -> Iterator[Path]:
    """Yields an empty folder to fill, put in the place of `path` when the block ends well and removed when it fails.

    Args:
        path: the folder to write or to replace; missing parent folders are made.

    Raises:
        OSError: the disk is full or failing; the text says that the previous folder is unchanged.
        FileExistsError: another process is writing it at this moment.
    """
    path = Path(path).resolve()
    staged, hold = stage(path)
    try:
        with disk_errors_explained(path, "the previous folder, if any, is unchanged"):
            yield staged
            swap_in(path)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        hold.release()


def stage(path: Path) -> tuple[Path, "Hold"]:
    """Makes the empty folder beside `path` in which its successor is prepared, and holds it.

    Raises:
        FileExistsError: another process prepares a successor at this moment.
    """
    recover(path)
    staged = _staged(path)
    if staged.exists():  # left by a process that was killed before it swapped, unless one still holds it
        hold = Hold(staged, path)
        shutil.rmtree(staged)
        hold.release()
    # Between these lines another process may make it, too: then only one of them gets hold of it.
    staged.mkdir(parents=True, exist_ok=True)
    return staged, Hold(staged, path)


class Hold:
    """The right to fill a folder, of one process at a time; it ends with that process, even when it is killed.

    It is a lock on the folder itself, so that no lock file is left behind. Where the system has no such locks (Windows,
    some network disks) nothing is locked.

    Args:
        folder: the folder to fill.
        destination: the folder that the user asked for, for the message.
        shared: only ask whether another process holds it; many may ask at once.

    Raises:
        FileExistsError: another process holds it.
    """

    def __init__(self, folder: Path, destination: Path, shared: bool = False):
        self.release = lambda: None
        if fcntl is None:
            return
        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:  # its holder removed it a moment ago
            raise _busy(destination) from None
        # Also when the object is forgotten: a notebook lives on after a run that failed.
        self.release = weakref.finalize(self, os.close, descriptor)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            raise _busy(destination) from None
        except OSError:
            return
        if not folder.exists() or not os.path.samestat(os.fstat(descriptor), folder.stat()):
            self.release()
            raise _busy(destination)


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


def _busy(path: Path) -> FileExistsError:
    return FileExistsError(
        f"`{path}` is being written by another process: wait until that one is finished, or write to another folder"
    )


@contextlib.contextmanager
def disk_errors_explained(path: Path, consequence: str) -> Iterator[None]:
    """Turns the error of a full or failing disk into one that says what became of `path`; others pass.

    Args:
        path: what was to be written.
        consequence: what is there now, for the message.

    Raises:
        OSError: the disk is full or failing.
    """
    try:
        yield
    except Exception as error:
        number = _disk_error(error)
        if number is None:
            raise
        text = f"`{path}` could not be written ({os.strerror(number)}); {consequence}: free some space and try again"
        raise OSError(number, text) from error


def _disk_error(error: Exception) -> int | None:
    """The error number of a full or failing disk, None for any other error."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno if error.errno in _DISK_ERRORS else None
    # TensorFlow and HDF5 have errors of their own, with the words of the system in them.
    return next((number for number in _DISK_ERRORS if os.strerror(number) in str(error)), None)
