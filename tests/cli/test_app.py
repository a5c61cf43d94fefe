import itertools
import os
import re
import subprocess
import sys

import click
import pytest

from kformer.cli import main
from kformer.cli.app import commands


@pytest.fixture
def failing(monkeypatch):
    """A function that makes `kformer doctor` fail with an exception."""

    def fail(exception):
        def callback(**arguments):
            raise exception

        monkeypatch.setattr(commands.commands["doctor"], "callback", callback)

    return fail


def processor_seconds(*command):
    """The processor time of the quickest of a few runs; the time on the clock grows with what else the machine does."""
    readings = [processor_seconds_of_children()]
    for _ in range(5):
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
        readings.append(processor_seconds_of_children())
    return min(after - start for start, after in itertools.pairwise(readings))


def processor_seconds_of_children():
    times = os.times()
    return times.children_user + times.children_system


def test_help_takes_less_than_0_3_seconds():
    assert processor_seconds("-m", "kformer", "--help") < 0.3


def test_import_takes_less_than_0_3_seconds():
    assert processor_seconds("-c", "import kformer") < 0.3


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from kformer.cli import main; main(['fit', '--help'])\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'pyarrow', 'sklearn', 'matplotlib', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_help_lists_the_commands_in_the_order_of_use(kformer):
    listed = re.findall(r"^  (\w+)  ", kformer("--help").out.partition("Commands:")[2], re.MULTILINE)
    assert listed == [
        "fit",
        "evaluate",
        "predict",
        "generate",
        "embed",
        "similar",
        "enroll",
        "identify",
        "export",
        "data",
        "models",
        "doctor",
    ]


def test_no_line_of_help_is_cut_short(kformer):
    assert "..." not in kformer("--help").out.partition("Commands:")[2]


def test_no_arguments_show_the_help(kformer):
    result = kformer()
    assert result.status == 0
    assert "Usage: kformer" in result.out


def test_version_is_the_package_s(kformer):
    from kformer import __version__

    assert kformer("--version").out == f"kformer {__version__}\n"


@pytest.mark.parametrize("name", list(commands.commands))
def test_every_command_explains_itself(kformer, name):
    result = kformer(name, "--help")
    assert result.status == 0
    assert f"Usage: kformer {name}" in result.out


@pytest.mark.parametrize("name", list(commands.commands))
def test_every_option_has_a_help_text(name):
    options = [param for param in commands.commands[name].params if isinstance(param, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_an_unknown_command_suggests_the_nearest(error):
    assert error("predct") == "kformer: error: No such command 'predct'. Did you mean 'predict'?\n"


def test_an_unknown_option_suggests_the_nearest(error):
    assert error("fit", "--epoch", "3") == "kformer: error: No such option '--epoch'. Did you mean '--epochs'?\n"


@pytest.mark.parametrize("kind", [ValueError, TypeError, FileNotFoundError, FileExistsError, ImportError])
def test_an_explained_error_is_one_line_and_status_2(failing, error, kind):
    failing(kind("the reason"))
    assert error("doctor") == "kformer: error: the reason\n"


def test_a_message_of_several_lines_becomes_one(failing, error):
    failing(ValueError("first\n  second"))
    assert error("doctor") == "kformer: error: first second\n"


def test_an_error_of_the_system_names_the_file(failing, error):
    failing(PermissionError(13, "Permission denied", "runs/model.keras"))
    assert error("doctor") == "kformer: error: Permission denied: runs/model.keras\n"


def test_an_error_of_the_system_in_words_of_ours_shows_no_number(failing, error):
    failing(OSError(28, "the reason"))
    assert error("doctor") == "kformer: error: the reason\n"


def test_an_error_without_a_message_is_named(failing, error):
    failing(TypeError())
    assert error("doctor") == "kformer: error: TypeError\n"


def test_debug_shows_the_traceback(failing, kformer):
    failing(ValueError("the reason"))
    result = kformer("doctor", "--debug")
    assert result.status == 2
    assert "Traceback" in result.err
    assert result.err.endswith("kformer: error: the reason\n")


def test_an_interrupt_ends_with_status_130(failing, kformer):
    failing(KeyboardInterrupt())
    result = kformer("doctor")
    assert result.status == 130
    assert "Traceback" not in result.err


def test_a_defect_keeps_its_traceback(failing):
    failing(RuntimeError("a defect"))
    with pytest.raises(RuntimeError, match="a defect"):
        main(["doctor"])


def test_the_module_runs_as_the_command():
    answer = subprocess.run([sys.executable, "-m", "kformer", "--version"], capture_output=True, text=True, check=True)
    assert answer.stdout.startswith("kformer ")
