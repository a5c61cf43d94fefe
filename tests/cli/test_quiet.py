import os

import pytest

from kformer.cli.quiet import load_tensorflow


def test_what_is_written_while_loading_is_held_back(monkeypatch, capfd):
    monkeypatch.setattr("kformer.cli.quiet._load", lambda: os.write(2, b"no GPU\n"))
    load_tensorflow()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_debug_shows_what_is_written_while_loading(monkeypatch, capfd):
    monkeypatch.setattr("kformer.cli.quiet._load", lambda: os.write(2, b"no GPU\n"))
    monkeypatch.setattr("sys.argv", ["kformer", "doctor", "--debug"])
    load_tensorflow()
    assert capfd.readouterr().err == "no GPU\n"


def test_a_failure_to_load_is_raised_and_stderr_is_back(monkeypatch, capfd):
    def fail():
        raise ImportError("broken")

    monkeypatch.setattr("kformer.cli.quiet._load", fail)
    with pytest.raises(ImportError, match="broken"):
        load_tensorflow()
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_a_run_that_is_not_there_is_refused_before_anything_is_loaded(monkeypatch):
    monkeypatch.setattr("kformer.cli.quiet._load", lambda: pytest.fail("loaded"))
    with pytest.raises(FileNotFoundError, match="there is no run folder .*nowhere`: give the folder that"):
        load_tensorflow("nowhere")


@pytest.fixture
def unloaded(monkeypatch):
    """Fails the test where TensorFlow would be loaded."""
    monkeypatch.setattr("kformer.cli.quiet._load", lambda: pytest.fail("loaded"))


def test_fit_refuses_a_source_that_is_not_there_before_anything_is_loaded(error, unloaded):
    assert "There is no file or folder 'absent.csv'" in error("fit", "--data", "absent.csv")


def test_fit_refuses_a_validation_that_is_not_there_before_anything_is_loaded(error, unloaded):
    assert "There is no file or folder 'absent.csv'" in error("fit", "--validation", "absent.csv")


def test_fit_refuses_a_folder_without_images_before_anything_is_loaded(error, unloaded, tmp_path):
    message = error("fit", "image-classification", "--data", tmp_path)
    assert f"{tmp_path} holds no images, neither in it nor in subfolders" in message


def test_fit_refuses_a_folder_without_texts_before_anything_is_loaded(error, unloaded, tmp_path):
    assert "holds no <class>/*.txt, no *.txt" in error("fit", "--data", tmp_path)


@pytest.mark.parametrize(
    "arguments", [("evaluate", "run", "--data"), ("models", "--for"), ("predict", "run", "--input")]
)
def test_others_refuse_a_source_that_is_not_there_before_anything_is_loaded(error, unloaded, arguments):
    assert "There is no file" in error(*arguments, "absent.csv")
