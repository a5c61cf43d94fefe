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
