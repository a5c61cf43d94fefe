"""Runs commands in this process, against stand-ins for the functions that they name."""

from collections import namedtuple

import pytest

from kformer.cli import main

Result = namedtuple("Result", "status out err")


@pytest.fixture
def kformer(capfd, monkeypatch):
    """A function that runs `kformer` with arguments and returns its exit status and what it printed."""
    monkeypatch.setattr("kformer.cli.quiet._load", lambda: None)
    monkeypatch.setattr("kformer.cli.quiet._check_run", lambda run: None)

    def run(*arguments) -> Result:
        status = main([str(argument) for argument in arguments])
        return Result(status, *capfd.readouterr())

    return run


@pytest.fixture
def error(kformer):
    """A function that runs `kformer`, expects one line of error and exit status 2, and returns the line."""

    def run(*arguments) -> str:
        result = kformer(*arguments)
        assert result.status == 2
        assert result.err.startswith("kformer: error: ")
        assert result.err.count("\n") == 1
        return result.err

    return run


class FakePredictor:
    """Says "long" of texts of more than ten characters, "short" of others."""

    input_names = ("text",)
    empty_input = ""
    required = ("text", "label")

    def __init__(self):
        self.batches = []

    def __call__(self, texts):
        self.batches.append(list(texts))
        return [
            {"label": label, "score": 0.75, "scores": {label: 0.75, other: 0.25}}
            for label, other in (("long", "short") if len("".join(text)) > 10 else ("short", "long") for text in texts)
        ]

    def evaluate(self, examples):
        return {
            "accuracy": {"value": 0.5, "low": 0.25, "high": 0.75},
            "f1/long": {"value": 1.0, "low": None, "high": None},
        }


@pytest.fixture
def predictor(monkeypatch):
    """What `kformer.load` returns; `predictor.folder` and `predictor.precision` are what it was asked for."""
    import kformer

    fake = FakePredictor()

    def load(folder, precision="auto"):
        fake.folder, fake.precision = folder, precision
        return fake

    monkeypatch.setitem(vars(kformer), "load", load)
    return fake
