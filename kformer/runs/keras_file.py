"""Opening a `.keras` file that somebody else may have written, without running anyone's code."""

import collections
import io
import json
import os
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from kformer.runs.keras_config import check_config

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_MEMBERS = {_CONFIG, "metadata.json", _WEIGHTS}
_MAX_CONFIG_BYTES = 64 * 2**20
_MAX_EXPANSION = 100  # Keras stores members uncompressed; deflated numbers shrink to a half at best
_ALWAYS_ALLOWED_BYTES = 16 * 2**20  # below this an expanding member harms nobody
_NUMBER_KINDS = "biufV"  # V: bfloat16 and float8, which HDF5 stores as raw bytes


def load_keras(path: str | os.PathLike, classes: Iterable[type] = ()):
    """Opens a `.keras` file after checking that it can only build harmless objects and only read its own bytes.

    The model comes back uncompiled: what a file says about losses, metrics and optimizers is not looked at.

    Args:
        path: the file.
        classes: the classes outside Keras that it may hold, each registered by
            `keras.saving.register_keras_serializable`.

    Returns:
        The keras.Model.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, or it asks for more than is allowed; the text names what and where.
    """
    import keras

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no model file `{path}`: give the `model.keras` of a run")
    names = {keras.saving.get_registered_name(one): one for one in classes}
    try:
        _check_file(path, names)
    except ValueError as error:
        raise ValueError(f"`{path}` is not opened: {error}") from error
    try:
        return keras.saving.load_model(path, custom_objects=names, compile=False, safe_mode=True)
    except (ValueError, TypeError, KeyError, OSError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"`{path}` could not be opened, its config and weights do not fit: {reason}") from error


def _check_file(path: Path, classes: dict[str, type]) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive.infolist())
            check_config(_parsed(archive.read(_CONFIG)), classes)
            _check_weights(io.BytesIO(archive.read(_WEIGHTS)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        # RuntimeError: an encrypted member; NotImplementedError: a compression that Python does not know.
        raise ValueError(
            f"it is not a whole `.keras` archive ({error}); it may be an old HDF5 model or an unfinished copy"
        ) from error


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    counts = collections.Counter(member.filename for member in members)
    for required in (_CONFIG, _WEIGHTS):
        if required not in counts:
            raise ValueError(f"it has no member `{required}`, which every model saved by Keras 3 has")
    for member in members:
        name = member.filename
        parts = PurePosixPath(name).parts
        if counts[name] > 1:
            raise ValueError(f"its member `{name}` occurs {counts[name]} times")
        if name.startswith("/") or "\\" in name or ":" in name or ".." in parts:
            raise ValueError(f"its member `{name}` leaves the archive")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise ValueError(f"its member `{name}` is a symbolic link")
        if name not in _MEMBERS and parts[:1] != ("assets",):
            raise ValueError(f"its member `{name}` is none of {', '.join(sorted(_MEMBERS))} and assets/")
        stored, size = member.compress_size, member.file_size
        if size > max(_ALWAYS_ALLOWED_BYTES, _MAX_EXPANSION * stored):
            raise ValueError(f"its member `{name}` would expand from {stored} to {size} bytes")
        if name == _CONFIG and size > _MAX_CONFIG_BYTES:
            raise ValueError(f"its `{name}` has {size} bytes, and at most {_MAX_CONFIG_BYTES} are read")


def _parsed(text: bytes) -> dict:
    try:
        config = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"its `{_CONFIG}` is not JSON ({error})") from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise ValueError(f"its `{_CONFIG}` does not describe a model (no `class_name`)")
    config.pop("compile_config", None)  # never acted on: the file is opened with compile=False
    return config


def _check_weights(file: io.BytesIO) -> None:
    """Refuses an HDF5 file that points outside itself or claims to be far bigger than it is."""
    import h5py

    # h5py breaks when a callback of a visit raises, so the callbacks return what is wrong, which ends the visit.
    def wrong_link(name: str, link: object) -> str | None:
        if isinstance(link, h5py.HardLink):
            return None
        return f"hold a {type(link).__name__} at `{name}`, which points elsewhere"

    def wrong_object(name: str, node: object) -> str | None:
        if not isinstance(node, h5py.Dataset):
            return None
        if node.external or node.is_virtual:
            return f"at `{name}` are stored in another file"
        if node.dtype.kind not in _NUMBER_KINDS or node.dtype.names:
            return f"at `{name}` are {node.dtype}, not numbers"
        stored = node.id.get_storage_size()
        if node.nbytes > max(_ALWAYS_ALLOWED_BYTES, _MAX_EXPANSION * stored):
            return f"at `{name}` would expand from {stored} to {node.nbytes} bytes"
        return None

    try:
        with h5py.File(file, "r") as weights:
            wrong = weights.visititems_links(wrong_link) or weights.visititems(wrong_object)
    except (OSError, RuntimeError, KeyError) as error:
        raise ValueError(f"its `{_WEIGHTS}` cannot be read ({error})") from error
    if wrong:
        raise ValueError(f"its weights {wrong}")
