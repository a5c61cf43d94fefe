"""KerasHub's presets, rewritten as Hugging Face folders, so that all that reads those reads these.

A name table like those of `families`, but of Keras paths: a layer's path there -> the layer's path here.
"""

import dataclasses
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kformer.checkpoints.hf_folder import read_json
from kformer.checkpoints.saving import save_weights, write_json
from kformer.errors import first_line, suggest

PREFIX = "preset:"
WEIGHTS = "model.weights.h5"


@dataclasses.dataclass(frozen=True)
class PresetFamily:
    """How KerasHub writes one family.

    Attributes:
        backbone, tokenizer: str, the names of its classes in `keras_hub.models`.
        layers: dict, a layer's path there -> here; `{i}` stands for the layer's number.
        settings: dict, our backbone's arguments that its class fixes.
        complete: function of our variables that adds those which its files leave out.
    """

    backbone: str
    tokenizer: str
    layers: dict[str, str]
    settings: dict
    complete: Callable[[dict], dict] = lambda arrays: arrays


def _block(attention):
    theirs, ours = "transformer_layer_{i}", "stack/block_{i}"
    return {
        **{f"{theirs}/{attention}/{name}": f"{ours}/attention/{name}" for name in ("query", "key", "value")},
        f"{theirs}/{attention}/attention_output": f"{ours}/attention/output",
        f"{theirs}/self_attention_layer_norm": f"{ours}/attention_residual/norm",
        f"{theirs}/feedforward_intermediate_dense": f"{ours}/feed_forward/hidden",
        f"{theirs}/feedforward_output_dense": f"{ours}/feed_forward/output",
        f"{theirs}/feedforward_layer_norm": f"{ours}/feed_forward_residual/norm",
    }


_TABLES = {name: name for name in ("token_embedding", "position_embedding")}
_ENCODER = {"embeddings_layer_norm": "embedding_norm", **_block("self_attention_layer")}


def _like_roberta(arrays):
    """RoBERTa's files have a segment, which adds nothing here, and two rows before the first position."""
    d_model = arrays["token_embedding/embeddings"].shape[1]
    positions = np.pad(arrays["position_embedding/embeddings"], ((2, 0), (0, 0)))
    segment = np.zeros((1, d_model), "float32")
    return {**arrays, "position_embedding/embeddings": positions, "segment_embedding/embeddings": segment}


FAMILIES = (
    PresetFamily(
        "BertBackbone",
        "BertTokenizer",
        {**_TABLES, "segment_embedding": "segment_embedding", **_ENCODER, "pooled_dense": "pooler"},
        {"activation": "gelu_tanh", "position_offset": 0, "norm_epsilon": 1e-12},
    ),
    PresetFamily(
        "DistilBertBackbone",
        "DistilBertTokenizer",
        {**{f"token_and_position_embedding/{theirs}": ours for theirs, ours in _TABLES.items()}, **_ENCODER},
        {"activation": "gelu", "num_segments": 0},
    ),
    PresetFamily(
        "RobertaBackbone",
        "RobertaTokenizer",
        {**{f"embeddings/{theirs}": ours for theirs, ours in _TABLES.items()}, **_ENCODER},
        {"activation": "gelu", "num_segments": 1, "position_offset": 2, "norm_epsilon": 1e-5},
        _like_roberta,
    ),
    PresetFamily(
        "GPT2Backbone",
        "GPT2Tokenizer",
        {**_TABLES, **_block("self_attention"), "layer_norm": "stack/final_norm"},
        {"activation": "gelu_tanh", "norm_epsilon": 1e-5},
    ),
)
# Their arguments of a backbone -> ours.
SIZES = {
    "vocabulary_size": "vocab_size",
    "num_layers": "num_layers",
    "num_heads": "num_heads",
    "hidden_dim": "d_model",
    "intermediate_dim": "d_ff",
    "dropout": "dropout",
    "max_sequence_length": "max_length",
    "num_segments": "num_segments",
}
OPTIONAL = ("num_segments",)
# Files of their tokenizers -> the names of the same files in a folder of Hugging Face's.
VOCABULARIES = {"vocabulary.txt": "vocab.txt", "vocabulary.json": "vocab.json", "merges.txt": "merges.txt"}

_FOLDERS = []  # of this process; deleted when it ends


def preset_folder(preset):
    """A Hugging Face folder with the weights and the vocabulary of a KerasHub preset.

    Args:
        preset: str, a folder that `save_to_preset` wrote, or the name of one of KerasHub's presets, which is
            downloaded.

    Returns:
        Path of a folder that lasts as long as the process.

    Raises:
        FileNotFoundError: when there is no such preset, it cannot be downloaded, or a file of it is absent.
        ValueError: when it holds a model of another family.
    """
    if Path(preset).is_dir():
        return _convert(Path(preset))
    return _convert(_download(preset))


def _new_folder():
    _FOLDERS.append(tempfile.TemporaryDirectory(prefix="kformer_preset_"))
    return Path(_FOLDERS[-1].name)


def _download(name):
    """One of KerasHub's own presets, as a folder."""
    import keras_hub

    known = {name: family for family in FAMILIES for name in getattr(keras_hub.models, family.backbone).presets}
    if name not in known:
        raise FileNotFoundError(
            f"{PREFIX}{name} is neither a folder nor one of KerasHub's presets.{suggest(name, known)} Accepted: a "
            f"folder that `save_to_preset` wrote, {', '.join(known)}."
        )
    folder = _new_folder()
    try:
        for part in (known[name].backbone, known[name].tokenizer):
            getattr(keras_hub.models, part).from_preset(name).save_to_preset(str(folder))
    except (OSError, ValueError, RuntimeError) as error:
        raise FileNotFoundError(
            f"{PREFIX}{name} could not be fetched ({first_line(error)}): check the connection, or give a folder that "
            "`save_to_preset` wrote."
        ) from None
    return folder


def _convert(preset):
    """A preset's folder, as a folder of Hugging Face's."""
    stated = read_json(preset / "config.json")
    family = next((family for family in FAMILIES if stated.get("class_name") == family.backbone), None)
    if family is None:
        accepted = ", ".join(family.backbone for family in FAMILIES)
        raise ValueError(f"{preset} holds a {stated.get('class_name')}, which cannot be read. Accepted: {accepted}.")
    config = {name: value for name, value in stated.get("config", {}).items() if name in SIZES}
    missing = [name for name in SIZES if name not in config and name not in OPTIONAL]
    if missing:
        raise ValueError(f"{preset / 'config.json'} lacks {', '.join(missing)}, which a {family.backbone} needs.")
    sizes = {SIZES[name]: value for name, value in config.items()}
    arrays = family.complete(_read_arrays(preset, family, config))
    folder = _new_folder()
    save_weights(folder, {"attention_dropout": sizes["dropout"], **sizes, **family.settings}, arrays)
    _copy_vocabulary(preset, folder)
    return folder


def _read_arrays(preset, family, config):
    """The weights by our names: of a backbone built here from plain sizes, whatever else the configuration says."""
    import keras_hub

    path = preset / WEIGHTS
    if not path.exists():
        raise FileNotFoundError(f"{preset} has no {WEIGHTS}: a folder that `save_to_preset` wrote holds one.")
    backbone = getattr(keras_hub.models, family.backbone)(**config)
    try:
        backbone.load_weights(str(path))
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path} is damaged or does not fit its configuration ({first_line(error)}).") from None
    return dict(_renamed(weight.path, np.asarray(weight), family.layers) for weight in backbone.weights)


def _renamed(path, array, layers):
    """Our name and form of one weight: theirs have an axis for the heads."""
    layer, name = path.rsplit("/", 1)
    number = re.search(r"transformer_layer_(\d+)", layer)
    ours = layers[re.sub(r"_\d+", "_{i}", layer, count=1)].format(i=number and number[1])
    if name == "bias":
        array = array.reshape(-1)
    elif name == "kernel":
        array = array.reshape(-1, array.shape[-1]) if ours.endswith("/output") else array.reshape(array.shape[0], -1)
    return f"{ours}/{name}", array


def _copy_vocabulary(preset, folder):
    """The tokenizer's files, where the preset has any, under the names that they have in a folder of theirs."""
    for theirs, name in VOCABULARIES.items():
        path = preset / "assets" / "tokenizer" / theirs
        if path.exists():
            shutil.copy(path, folder / name)
    if (preset / "tokenizer.json").exists():
        settings = read_json(preset / "tokenizer.json").get("config", {})
        write_json(folder / "tokenizer_config.json", {"do_lower_case": bool(settings.get("lowercase", False))})
