"""What the commands print."""

import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

_UNDEFINED = "undefined"
_PIPED_WIDTH = 160  # a file or a pipe has no width of its own


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None):
    """Prints a table; columns of numbers are aligned to the right."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    rows = list(rows)
    for index, column in enumerate(columns):
        cells = [row[index].removeprefix("-") for row in rows if row[index] not in ("", _UNDEFINED)]
        are_numbers = all(cell[:1].isdigit() for cell in cells)
        table.add_column(column, justify="right" if are_numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))  # "[bold]" in somebody's text is no markup
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = _PIPED_WIDTH
    console.print(table)


def print_metrics(metrics: dict, title: str | None = None):
    """Prints metrics with their 95 % intervals, those of single labels left out, and whether guessing were as good.

    Args:
        metrics: Flat names -> {"value", "low", "high"} or a number; a "note" stands beside the name.
        title: Stands above the table.
    """
    from kformer.evaluation.guessing import told_guessing

    rows = []
    for name, entry in metrics.items():
        if "/" in name:
            continue
        entry = entry if isinstance(entry, dict) else {"value": entry}
        shown = f"{name}, {entry['note']}" if "note" in entry else name
        interval = "" if entry.get("low") is None else f"{number(entry['low'])} to {number(entry['high'])}"
        rows.append((shown, number(entry["value"]), interval))
    print_table(("metric", "value", "95 % interval"), rows, title)
    if doubt := told_guessing(metrics):
        click.echo(doubt)


def number(value: float | int | None) -> str:
    """Returns 0.873, 12,345 or "undefined"."""
    if value is None:
        return _UNDEFINED
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def duration(seconds: float) -> str:
    """Returns "40 s", "12 min" or "3.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def note(message: str):
    """Prints a remark to stderr, where it does not disturb what is piped on."""
    click.echo(message, err=True)


def program(name: str = "kformer") -> str:
    """Returns how to call kformer, or a program installed beside it: `kformer`, or `.venv/bin/kformer` off the PATH."""
    called = Path(sys.argv[0])
    found = shutil.which("kformer")
    if called.name != "kformer" or not called.exists() or (found and Path(found).samefile(called)):
        return name
    return short_path(called.with_name(name))


def short_path(path: Path) -> str:
    """Returns a path relative to the working folder where it is below it."""
    path = Path(path).absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
