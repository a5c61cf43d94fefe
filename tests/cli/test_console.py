import sys
from pathlib import Path

import pytest

from kformer.cli.console import duration, number, print_metrics, print_table, program, short_path


@pytest.mark.parametrize(
    ("value", "shown"), [(0.87349, "0.873"), (12345, "12,345"), (None, "undefined"), (-0.5, "-0.500")]
)
def test_numbers_are_shown_alike(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(("seconds", "shown"), [(40, "40 s"), (720, "12 min"), (12600, "3.5 h")])
def test_durations_are_shown_in_the_unit_that_fits(seconds, shown):
    assert duration(seconds) == shown


def test_columns_of_numbers_are_aligned_to_the_right(capsys):
    print_table(("name", "rows"), [("a", "1"), ("b", "1,000")])
    assert "a          1\n" in capsys.readouterr().out


def test_a_wide_table_is_not_folded_where_it_is_piped(capsys):
    print_table(("a", "b"), [("x" * 70, "y" * 70)])
    assert f"{'x' * 70}   {'y' * 70}" in capsys.readouterr().out


def test_an_undefined_metric_is_said_to_be(capsys):
    print_metrics({"mcc": {"value": None, "low": None, "high": None}})
    assert "mcc      undefined" in capsys.readouterr().out


def test_a_note_stands_beside_the_name_of_a_metric(capsys):
    print_metrics({"bleu": {"value": 31.5, "low": 30.0, "high": 33.0, "note": "by characters"}})
    assert "bleu, by characters   31.500" in capsys.readouterr().out


def test_metrics_of_guessing_are_called_so(capfd):
    print_metrics({"mcc": {"value": 0.0, "low": -0.1, "high": 0.1}})
    assert "Not surely better than guessing" in capfd.readouterr().out


def test_a_path_below_the_working_folder_is_short(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert short_path(tmp_path / "runs" / "a") == str(Path("runs/a"))
    assert short_path(tmp_path.parent) == str(tmp_path.parent)


def test_a_program_off_the_path_is_called_by_its_own(tmp_path, monkeypatch):
    called = tmp_path / "bin" / "kformer"
    called.parent.mkdir()
    called.touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(called)])
    assert program() == "bin/kformer"
    assert program("tensorboard") == "bin/tensorboard"


def test_a_program_on_the_path_is_called_by_its_name(tmp_path, monkeypatch):
    called = tmp_path / "kformer"
    called.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", [str(called)])
    assert program() == "kformer"
