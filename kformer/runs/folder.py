"""The folder of one run: created without harm to what is there, finished in one step, verified by checksums."""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from kformer.runs.atomic import (
    TEMPORARY_PREFIX,
    Hold,
    disk_errors_explained,
    recover,
    stage,
    swap_in,
    sync,
    write_atomic,
)
from kformer.runs.provenance import FORMAT_VERSION, environment

_CHECKSUMS = "checksums.json"
_ENVIRONMENT = "environment.json"


class RunFolder:
    """A run on disk: `recipe.yaml`, `environment.json`, `model.keras`, `metrics.json`, `history.csv`, `report.html` ...

    `create` starts one, `open` reads a finished one. `checksums.json` is written last: it marks the run as finished.

    Attributes:
        folder: where the files are now. While a run with `overwrite` is not finished, that is a hidden sibling of the
            folder asked for, and the earlier run stays whole in its place.
    """

    def __init__(self, folder: Path, destination: Path, hold: Hold | None = None):
        self.folder = folder
        self._destination = destination
        self._hold = hold

    @classmethod
    def create(cls, path: str | os.PathLike, overwrite: bool = False) -> "RunFolder":
        """Makes an empty run folder.

        Args:
            path: the folder; it may exist when it is empty.
            overwrite: replace the run that is there, at `finish` and not before.

        Returns:
            The folder, holding a first `environment.json` by which it is known as a run.

        Raises:
            FileExistsError: something is there and `overwrite` is False, or is not a run, or another process is
                writing it.
        """
        path = Path(path).resolve()
        if cls.check(path, overwrite):
            folder, hold = stage(path)
            run = cls(folder, path, hold)
        else:
            path.mkdir(parents=True, exist_ok=True)
            run = cls(path, path, Hold(path, path))
        with run.filling():
            run.write_json(_ENVIRONMENT, environment())
        return run

    @staticmethod
    def check(path: str | os.PathLike, overwrite: bool = False) -> bool:
        """Tells whether something is in the folder, which `create` would replace; it raises what `create` would."""
        path = Path(path).resolve()
        recover(path)
        occupied = path.exists() and (not path.is_dir() or any(path.iterdir()))
        if occupied:
            _refuse_to_replace(path, overwrite)
        return occupied

    @contextlib.contextmanager
    def filling(self) -> Iterator[None]:
        """Discards the run when the block fails, so that nothing unfinished is left behind.

        A kill does leave it behind, known as unfinished.

        Raises:
            OSError: the disk is full or failing; the text says that an earlier run in its place is unchanged.
        """
        try:
            with disk_errors_explained(self._destination, "the earlier run, if any, is unchanged"):
                yield
        except BaseException:
            self.discard()
            raise

    @classmethod
    def open(cls, path: str | os.PathLike) -> "RunFolder":
        """Opens a finished run.

        Args:
            path: the folder that a run was written to.

        Raises:
            FileNotFoundError: there is no such folder.
            ValueError: it is not a run, the run was not finished, or a newer kformer wrote it.
        """
        path = Path(path).resolve()
        recover(path)
        if not path.is_dir():
            raise FileNotFoundError(f"there is no run folder `{path}`: give the folder that `kformer fit` printed")
        version = _format_version(path)
        if version is None:
            raise ValueError(
                f"`{path}` is not the folder of a run (no readable {_ENVIRONMENT} with a format_version): "
                "give the folder that `kformer fit` printed"
            )
        if version > FORMAT_VERSION:
            raise ValueError(
                f"the run `{path}` has format version {version} and this kformer reads up to {FORMAT_VERSION}: "
                "update it with `pip install -U kformer`"
            )
        run = cls(path, path)
        if not run.finished:
            raise ValueError(
                f"the run `{path}` was not finished (no {_CHECKSUMS}): train it again with --overwrite, "
                "or wait if it is still training"
            )
        return run

    @property
    def finished(self) -> bool:
        """Whether the run is complete."""
        return self.file(_CHECKSUMS).is_file()

    @property
    def destination(self) -> Path:
        """The folder that was asked for."""
        return self._destination

    @property
    def name(self) -> str:
        """The name of the folder that was asked for."""
        return self._destination.name

    def discard(self) -> None:
        """Removes an unfinished run; an earlier run in its place stays as it was."""
        if not self.finished:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._release()

    def file(self, name: str) -> Path:
        """The path of a file of this run, there or not."""
        return self.folder / name

    def write_text(self, name: str, text: str) -> None:
        """Writes a text file as a whole.

        Raises:
            ValueError: the run is finished.
        """
        if self.finished:
            raise ValueError(
                f"the run `{self.folder}` is finished and its `{name}` is not written again: "
                "write to another file, or train a new run"
            )
        write_atomic(self.file(name), text)

    def write_json(self, name: str, value: object) -> None:
        """Writes a value as JSON, NumPy numbers and arrays included.

        Raises:
            ValueError: the value holds a NaN or an infinity, which JSON does not have, or the run is finished.
        """
        try:
            text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
        except ValueError as error:
            raise ValueError(f"`{name}` cannot hold NaN or infinity, which are not JSON: store None instead") from error
        self.write_text(name, text + "\n")

    def read_json(self, name: str) -> object:
        """Reads a JSON file of this run.

        Raises:
            FileNotFoundError: the run has no such file.
            ValueError: it is not JSON.
        """
        path = self.file(name)
        if not path.is_file():
            raise FileNotFoundError(f"the run `{self.folder}` has no file `{name}`: it is damaged, train it again")
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"`{path}` is not JSON ({error}): the run is damaged, train it again") from error

    def finish(self) -> Path:
        """Writes the checksums, which marks the run as finished, and puts it in its place.

        Returns:
            The folder that was asked for, now holding this run.
        """
        for leftover in self.folder.glob(f"{TEMPORARY_PREFIX}*"):
            leftover.unlink()
        files = sorted(path for path in self.folder.iterdir() if path.is_file())
        for path in files:
            sync(path)
        self.write_json(_CHECKSUMS, {path.name: _sha256(path) for path in files})
        if self.folder != self._destination:
            swap_in(self._destination)
            self.folder = self._destination
        self._release()
        return self.folder

    def _release(self) -> None:
        if self._hold is not None:
            self._hold.release()

    def verify(self) -> None:
        """Compares the run's own files with the checksums taken when it was finished.

        Folders inside the run (TensorBoard logs, checkpoints, exports) are not covered: they may grow later.

        Raises:
            ValueError: a file is missing or has changed; all such files are named.
        """
        damaged = []
        for name, expected in self.read_json(_CHECKSUMS).items():
            path = self.file(name)
            if not path.is_file():
                damaged.append(f"`{name}` is missing")
            elif _sha256(path) != expected:
                damaged.append(f"`{name}` has changed")
        if damaged:
            raise ValueError(
                f"the run `{self.folder}` is not as it was written ({', '.join(damaged)}): "
                "copy it again from where it was trained, or train it again"
            )


def _refuse_to_replace(path: Path, overwrite: bool) -> None:
    """Raises unless `path` is a run and may be replaced: --overwrite must never delete a folder of somebody's own."""
    if _format_version(path) is None:
        kind = "a folder that is not a run" if path.is_dir() else "a file"
        raise FileExistsError(f"`{path}` is {kind}, which is never overwritten: give another --out")
    Hold(path, path, shared=True).release()
    if not overwrite:
        state = "a finished run" if (path / _CHECKSUMS).is_file() else "an unfinished run"
        raise FileExistsError(f"`{path}` exists and holds {state}: give another --out, or --overwrite to replace it")


def _format_version(path: Path) -> int | None:
    """The format version that a run states; None where there is no run."""
    try:
        version = json.loads((path / _ENVIRONMENT).read_text(encoding="utf-8"))["format_version"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, int) else None


def _plain(value: object) -> object:
    if hasattr(value, "tolist"):  # NumPy scalars and arrays
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} {value!r} is not JSON: convert it to numbers, strings, lists and dicts")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
