"""Keeps TensorFlow's start-up log off the terminal."""

import os
import sys
import tempfile
from pathlib import Path


def load_tensorflow(run: str | None = None):
    """Imports TensorFlow and what stands on it, for commands that need them, without their start-up log.

    It takes seconds: what can be refused without it is refused before.

    The log tells of GPUs that are not there. No environment variable silences all of it (tensorflow#100442), so what
    the process writes to stderr meanwhile is held back; an import that fails raises all the same.

    Args:
        run: The folder that must hold a run.

    Raises:
        FileNotFoundError, ValueError: It holds none.
    """
    if run is not None:
        _check_run(run)
    if "--debug" in sys.argv:
        _load()
        return
    # 3 and not 2: with oneDNN TensorFlow logs an error for each kind of integer that it multiplies by another kernel.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as log:
        os.dup2(log.fileno(), 2)
        try:
            _load()
        finally:
            sys.stderr.flush()
            os.dup2(terminal, 2)
            os.close(terminal)


def _check_run(run: str):
    from kformer.runs import RunFolder

    if Path(run).suffix != ".keras":
        RunFolder.open(run)


def _load():
    import tensorflow as tf
    import tensorflow_text  # noqa: F401, its import logs as well

    import kformer.tasks.loading  # noqa: F401, imports Keras

    tf.config.list_physical_devices()
