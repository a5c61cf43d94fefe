"""Archives: a .zip, .tar or .tar.gz of a folder, unpacked into the cache folder once, and into no other."""

import contextlib
import hashlib
import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from kformer.data.cache import cache_folder
from kformer.errors import first_line

ARCHIVE_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
# Pictures and text unpack to a few times their size; a bomb to a thousand times.
_MOST_TIMES = 200
_ALWAYS_ALLOWED = 2**30  # bytes
_CHUNK = 2**20  # bytes
_IGNORED = ("__MACOSX", ".DS_Store")  # what a Mac adds


@dataclass(frozen=True)
class _Entry:
    name: str
    is_folder: bool
    refusal: str  # why it is not unpacked, or ""
    open: Callable[[], BinaryIO]


def is_archive(path: Path) -> bool:
    """Tells whether a file is an archive by its ending."""
    return path.name.lower().endswith(ARCHIVE_ENDINGS)


def unpack(path: Path) -> Path:
    """Returns the folder of an archive's content in the cache folder; unpacked there if it is not.

    Where all of it is in one folder, that is returned.

    Args:
        path: The archive.

    Raises:
        ValueError: The archive is damaged or empty, an entry would be written outside of the folder, is a link or a
            device, or all of them are absurdly large. Nothing is left unpacked then.
    """
    folder = cache_folder() / "archives" / _hash(path)
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=".unpacking.", dir=folder.parent))
        try:
            _unpack(path, beside)
            with contextlib.suppress(OSError):  # another process was quicker
                os.rename(beside, folder)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    while True:
        entries = [entry for entry in folder.iterdir() if entry.name not in _IGNORED]
        if not entries:
            raise ValueError(f"{path} is empty. Give an archive of a folder with examples.")
        if len(entries) > 1 or not entries[0].is_dir():
            return folder
        folder = entries[0]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


def _unpack(path: Path, folder: Path):
    most = max(_ALWAYS_ALLOWED, _MOST_TIMES * path.stat().st_size)
    total = 0
    try:
        with contextlib.closing(_entries(path)) as entries:
            for entry in entries:
                target = _target(path, folder, entry)
                if entry.is_folder:
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with entry.open() as file, target.open("wb") as sink:
                    # What a header says of the size may be wrong: bytes are counted as they come.
                    while chunk := file.read(_CHUNK):
                        total += len(chunk)
                        if total > most:
                            raise ValueError(
                                f"{path} unpacks to more than {most:,} bytes at {entry.name!r}, and it has "
                                f"{path.stat().st_size:,} itself. If that is right, unpack it and give the folder."
                            )
                        sink.write(chunk)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, RuntimeError, NotImplementedError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the archive
        raise ValueError(f"{path} cannot be unpacked ({first_line(error)}). Pack it again without password.") from error


def _target(path: Path, folder: Path, entry: _Entry) -> Path:
    """Returns where an entry is written.

    Raises:
        ValueError: That would be outside of the folder, or the entry is neither a file nor a folder.
    """
    name = PurePosixPath(entry.name.replace("\\", "/"))
    is_outside = name.is_absolute() or ".." in name.parts or ":" in (name.parts or ("",))[0]
    if reason := "would be written outside of its folder" if is_outside else entry.refusal:
        raise ValueError(
            f"{path}: the entry {entry.name!r} {reason}, which no archive of examples needs. Nothing was unpacked: "
            "pack it again with files and folders alone."
        )
    return folder.joinpath(*name.parts)


def _entries(path: Path) -> Iterator[_Entry]:
    """Yields every entry that is worth unpacking."""
    refusal = "is a link or a device"
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                is_plain = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG, stat.S_IFDIR)
                if not _is_ignored(info.filename):
                    yield _Entry(info.filename, info.is_dir(), "" if is_plain else refusal, partial(archive.open, info))
        return
    with tarfile.open(path) as archive:
        for info in archive:
            is_plain = info.isreg() or info.isdir()
            if not _is_ignored(info.name):
                yield _Entry(info.name, info.isdir(), "" if is_plain else refusal, partial(archive.extractfile, info))


def _is_ignored(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not parts or any(part in _IGNORED or part.startswith("._") for part in parts)
