"""What `import kformer` offers."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import kformer


@pytest.mark.parametrize("name", kformer.__all__)
def test_a_public_name_can_be_imported(name):
    assert getattr(kformer, name) is not None


def test_the_list_of_names_is_sorted_and_complete():
    assert kformer.__all__ == sorted(set(kformer.__all__))
    assert set(kformer.__all__) == {"__version__", *kformer._ROOMS, *kformer._HOMES}


def test_dir_lists_the_public_names():
    assert dir(kformer) == kformer.__all__


def test_no_function_or_class_has_the_name_of_a_room():
    rooms = {module.name for module in pkgutil.iter_modules(kformer.__path__)}
    assert rooms & kformer._HOMES.keys() == set()


def test_export_stays_a_function_after_its_room_is_imported():
    importlib.import_module("kformer.exporting")
    assert callable(kformer.export)


def test_an_unknown_name_lists_the_public_ones():
    with pytest.raises(AttributeError, match="module 'kformer' has no attribute 'Recipes'. Its public names are: Exam"):
        _ = kformer.Recipes


@pytest.mark.parametrize("room", kformer._ROOMS)
def test_a_room_s_own_list_can_be_imported(room):
    module = importlib.import_module(f"kformer.{room}")
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def test_importing_kformer_imports_nothing_but_kformer():
    code = (
        "import sys; before = set(sys.modules); import kformer\n"
        "print({name.partition('.')[0] for name in set(sys.modules) - before} - {'kformer', 'importlib'})"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"
