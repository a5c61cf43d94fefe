"""The floors of the package, read from its import statements: imports go down only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "kformer"
FLOORS = (
    "layers", "models", "checkpoints", "tasks", "evaluation", "explain", "exporting", "training", "cli",
)  # fmt: skip
LEAVES = ("data", "generation", "runs")
BELOW_ALL = ("compiling", "errors", "wording")
NEUTRAL = ("layers", "models", "checkpoints")  # these run on every backend of Keras
# Seconds to import, or in the way of another backend: allowed inside functions only.
HEAVY = (
    "tensorflow", "tensorflow_text", "tensorflow_datasets", "keras_hub", "keras_nlp", "keras_cv", "sklearn",
    "matplotlib", "jinja2",
)  # fmt: skip
ONE_MODULE_EACH = ("keras_hub", "keras_cv")

FILES = sorted(PACKAGE.rglob("*.py"))
WITH_ROOM = [path for path in FILES if path.parent != PACKAGE]


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path, at_top_only: bool = False) -> Iterator[str]:
    """Yields the dotted names that a file imports, `from a import b` as `a.b`; kformer has no relative imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in _top_statements(tree) if at_top_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module}.{alias.name}" for alias in node.names)


def _top_statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yields the statements that run when the module is imported: those outside functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _top_statements(child)


def libraries(path: Path, at_top_only: bool = False) -> set[str]:
    return {name.partition(".")[0] for name in imported(path, at_top_only)}


def rooms_used(path: Path) -> set[str]:
    """Returns the rooms of kformer that a file imports, anywhere in it."""
    return {name.split(".")[1] for name in imported(path) if name.startswith("kformer.")}


def allowed_rooms(room: str) -> set[str]:
    if room in LEAVES:
        return {room, *BELOW_ALL}
    below = set(FLOORS[: FLOORS.index(room) + 1])
    with_leaves = FLOORS.index(room) >= FLOORS.index("tasks")
    return below | set(BELOW_ALL) | (set(LEAVES) if with_leaves else set())


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_no_import_is_relative(path):
    assert [name for name in imported(path) if name.startswith(".")] == []


def test_every_room_has_a_floor():
    assert {room_of(path) for path in WITH_ROOM} <= {*FLOORS, *LEAVES}


@pytest.mark.parametrize("path", WITH_ROOM, ids=name_of)
def test_imports_go_down(path):
    above = rooms_used(path) - allowed_rooms(room_of(path))
    # The command line calls the package by its public names.
    assert above - ({"__version__"} if room_of(path) == "cli" else set()) == set()


@pytest.mark.parametrize("path", [PACKAGE / f"{name}.py" for name in BELOW_ALL], ids=name_of)
def test_what_is_below_all_imports_no_room(path):
    assert rooms_used(path) == set()


@pytest.mark.parametrize("path", [path for path in WITH_ROOM if room_of(path) != "cli"], ids=name_of)
def test_rooms_import_each_other_by_name(path):
    """`import kformer` would reach every floor."""
    assert "kformer" not in set(imported(path))


@pytest.mark.parametrize("path", [path for path in WITH_ROOM if room_of(path) in NEUTRAL], ids=name_of)
def test_layers_models_and_checkpoints_do_without_tensorflow(path):
    assert {name for name in libraries(path) if name.startswith("tensorflow")} == set()


@pytest.mark.parametrize("library", ONE_MODULE_EACH)
def test_a_slow_library_is_imported_in_one_module(library):
    users = [name_of(path) for path in FILES if library in libraries(path)]
    assert len(users) <= 1, users


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_heavy_libraries_are_imported_where_they_are_used(path):
    assert libraries(path, at_top_only=True) & set(HEAVY) == set()


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) == "cli"], ids=name_of)
def test_the_command_line_starts_without_libraries_for_arrays(path):
    assert libraries(path, at_top_only=True) & {"numpy", "pyarrow", "keras", "rich", "yaml"} == set()


def test_keras_hub_is_not_on_the_path_of_prediction():
    on_the_path = ("layers", "models", "checkpoints", "tasks", "exporting")
    assert [name_of(path) for path in WITH_ROOM if room_of(path) in on_the_path and "keras_hub" in libraries(path)] == [
        "checkpoints/presets.py"
    ]  # inside functions, which only `preset:` calls
