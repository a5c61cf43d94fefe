"""Reading a folder as Hugging Face writes it: config.json, safetensors in one file or in shards. No PyTorch."""

import json
import re
from pathlib import Path

import numpy as np

INDEX = "model.safetensors.index.json"
WEIGHTS = "model.safetensors"


class HFFolder:
    """A checkpoint folder: its configuration, and its tensors one at a time.

    Args:
        folder: path of a folder with config.json and model.safetensors (or its index and shards).

    Attributes:
        config: dict, config.json.

    Raises:
        FileNotFoundError: when the folder, config.json or the weights are absent.
        ValueError: when a file is damaged.
    """

    def __init__(self, folder):
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise FileNotFoundError(f"There is no folder {self.folder}.")
        self.config = read_json(self.folder / "config.json")
        self._file_of = {name: path for path in self._files() for name in _tensor_names(path)}
        self._check_index()

    @property
    def names(self):
        """The tensors' names as in the file, a list of str."""
        return list(self._file_of)

    def shape(self, name):
        """The shape of one tensor, without reading it."""
        with _open(self._file_of[name]) as file:
            return tuple(file.get_slice(name).get_shape())

    def read(self, name):
        """One tensor as a float32 or integer array."""
        with _open(self._file_of[name]) as file:
            tensor = file.get_tensor(name)
        return tensor if np.issubdtype(tensor.dtype, np.integer) else np.asarray(tensor, dtype="float32")

    def _files(self):
        index = self.folder / INDEX
        if index.exists():
            shards = sorted(set(self._weight_map().values()))
            missing = [shard for shard in shards if not (self.folder / shard).exists()]
            if missing:
                raise FileNotFoundError(f"{index} names shards that are not there: {', '.join(missing)}.")
            return [_inside(self.folder, shard) for shard in shards]
        if (self.folder / WEIGHTS).exists():
            return [self.folder / WEIGHTS]
        found = ", ".join(sorted(path.name for path in self.folder.iterdir())) or "nothing"
        raise FileNotFoundError(
            f"{self.folder} has no weights: {WEIGHTS} or {INDEX} is needed; there is {found}. A pytorch_model.bin is "
            "a pickle and is never opened: convert it to safetensors first."
        )

    def _check_index(self):
        index = self.folder / INDEX
        if not index.exists():
            return
        missing = sorted(set(self._weight_map()) - set(self._file_of))
        if missing:
            raise ValueError(f"{index} names {len(missing)} tensors that its shards do not hold, {missing[0]} first.")

    def _weight_map(self):
        """The index: tensor name -> shard."""
        index = self.folder / INDEX
        weight_map = read_json(index).get("weight_map")
        if not isinstance(weight_map, dict):
            raise ValueError(f"{index} has no `weight_map` from tensors to shards: fetch or write it again.")
        return weight_map


def _inside(folder, name):
    """The file `name` of `folder`; a name that leads out of it is refused."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{folder / INDEX} names a file outside its folder: {name!r}.")
    return path


def _open(path):
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(path, framework="numpy")
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a whole safetensors file ({error}): it may have been cut off; fetch or write it again."
        ) from None


def _tensor_names(path):
    with _open(path) as file:
        return list(file.keys())


def read_json(path):
    """A JSON file as a dict.

    Raises:
        FileNotFoundError, ValueError: naming the file.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no {path.name} in {path.parent}: a checkpoint folder needs one.")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not valid JSON: {error}.") from None
    if not isinstance(value, dict):
        raise ValueError(f"{path} must hold a JSON object. Received: {type(value).__name__}.")
    return value


def modern_name(name, prefix):
    """A tensor's name without the family's prefix, and with the norms' parts named as today."""
    name = name.removeprefix(prefix)
    return re.sub(r"LayerNorm\.(gamma|beta)$", lambda m: "LayerNorm." + {"gamma": "weight", "beta": "bias"}[m[1]], name)
