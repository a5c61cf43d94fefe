"""What all tests share."""

import os
from pathlib import Path

import pytest

# Before anything imports them: TensorFlow says less, and Keras runs on it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real datasets beside the repository."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("needs the real datasets in ../shared/data, which are not here")
    return folder


@pytest.fixture(scope="session")
def shared_tfds() -> Path:
    """The folder of datasets prepared by TensorFlow Datasets beside the repository."""
    folder = SHARED / "tfds"
    if not folder.is_dir():
        pytest.skip("needs the prepared datasets in ../shared/tfds, which are not here")
    return folder


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The folder of all-MiniLM-L6-v2 in its package."""
    from kformer.checkpoints import minilm_folder

    try:
        return minilm_folder()
    except FileNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def session_cache(tmp_path_factory) -> Path:
    """A cache folder for the whole session: what takes long to make is made once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session", autouse=True)
def float32_by_default():
    """Has `precision="auto"` mean float32 on every machine, so that close comparisons hold on all or on none."""
    from kformer.tasks import precision

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precision, "_bfloat16_flags", list)
        yield


@pytest.fixture(autouse=True)
def own_cache(session_cache, monkeypatch):
    """Keeps the tests away from the user's cache."""
    monkeypatch.setenv("KFORMER_CACHE", str(session_cache))
