"""The embedded source `docstrings`."""

import os
import re
import subprocess
import sys
import types
from collections import Counter

import pytest

import kformer.data as kd
from kformer.data import docstrings
from kformer.data.sources import Options

LIBRARIES = {"keras", "numpy", "scipy", "sklearn", "tensorflow"}


@pytest.fixture(scope="module")
def parts(session_cache):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KFORMER_CACHE", str(session_cache))
        return kd.load_splits("docstrings")


def test_there_are_at_most_500_examples_a_class(parts):
    counts = Counter(parts[0].values("label")) + Counter(parts[1].values("label"))
    assert counts.keys() == LIBRARIES
    assert max(counts.values()) <= 500
    assert min(counts.values()) >= 400


def test_about_a_fifth_of_each_class_is_held_out(parts):
    train, validation = (Counter(part.values("label")) for part in parts)
    for library in LIBRARIES:
        assert 0.15 < validation[library] / (train[library] + validation[library]) < 0.25


def test_no_module_is_on_both_sides(parts):
    train, validation = (set(part.table["module"].to_pylist()) for part in parts)
    assert train.isdisjoint(validation)


def test_submodules_are_held_out_by_themselves(parts):
    modules = {name for part in parts for name in part.table["module"].to_pylist()}
    assert {"scipy.stats", "scipy.stats.mstats", "keras.ops.nn", "keras.ops.numpy"} <= modules


def test_modules_that_repeat_one_another_are_held_out_together(parts):
    modules = {name for part in parts for name in part.table["module"].to_pylist()}
    assert [name for name in modules if name.startswith("numpy.polynomial")] == ["numpy.polynomial"]


def module_of(modules, owner):
    """The module that a class of the library `lib` is counted for, which `owner` defines and `modules` offer."""
    offered = type("Offered", (), {"__module__": owner, "__doc__": "What five words and more say."})
    places = [(path, types.SimpleNamespace(Offered=offered, __all__=["Offered"])) for path in modules]
    return [row["module"] for row in docstrings._docstrings("lib", places)]


def test_what_several_modules_offer_belongs_to_the_one_that_defines_it():
    assert module_of(["lib.a.b", "lib.c", "lib"], "lib.c._private") == ["lib.c"]


def test_what_no_public_module_defines_belongs_to_the_first_that_offers_it():
    assert module_of(["lib.a.b", "lib.c", "lib"], "lib.src") == ["lib.a.b"]


def test_the_root_defines_only_what_names_it():
    assert module_of(["lib.a", "lib"], "lib") == ["lib"]


# scipy warns when its deprecated modules are imported.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_deepest_modules_come_first():
    depths = [path.count(".") for path, _ in docstrings._public_modules("scipy")]
    assert depths == sorted(depths, reverse=True)


def test_no_text_occurs_twice(parts):
    texts = parts[0].values("text") + parts[1].values("text")
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    "name", ["numpy", "scipy", "sklearn", "scikit", "tensorflow", "keras", r"\bnp\b", r"\btf", r"\bsp\."]
)
def test_no_library_is_named(parts, name):
    texts = parts[0].values("text") + parts[1].values("text")
    assert not [text for text in texts if re.search(name, text, re.IGNORECASE)]


def test_nothing_comes_from_modules_that_repeat_other_libraries(parts):
    repeating = ("tensorflow.keras", "tensorflow.compat", "tensorflow.raw_ops", "tensorflow.experimental")
    modules = {name for part in parts for name in part.table["module"].to_pylist()}
    assert not [name for name in modules if name.startswith(repeating)]


def test_nothing_is_left_to_clean(parts):
    report = kd.clean(*parts)[2]
    assert (report.train_rows_kept, report.validation_rows_kept) == (len(parts[0]), len(parts[1]))


def test_another_process_collects_the_same():
    program = "from kformer.data import docstrings; print(docstrings._collect(['numpy', 'scipy']).to_pylist())"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(docstrings._collect(["numpy", "scipy"]).to_pylist())


def test_an_unknown_part_lists_the_known(parts):
    with pytest.raises(ValueError, match="docstrings has no part 'test'. Its parts are: train, validation"):
        kd.load("docstrings", split="test")


def test_a_library_that_is_not_installed_is_left_out_and_told(monkeypatch, tmp_path):
    monkeypatch.setenv("KFORMER_CACHE", str(tmp_path))
    monkeypatch.setattr(docstrings, "_MODULES", {"numpy": "fft linalg", "nolibrary": ""})
    reading = docstrings.read_docstrings(Options())
    assert reading.notes == ("docstrings: nolibrary is left out, as it is not installed",)
    assert set(reading.table["label"].to_pylist()) == {"numpy"}
