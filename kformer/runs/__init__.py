"""The folder of a run: written so that a kill leaves it readable, opened without running anyone's code."""

from kformer.runs.atomic import atomic_folder, atomic_path, write_atomic
from kformer.runs.folder import RunFolder
from kformer.runs.keras_file import load_keras
from kformer.runs.provenance import FORMAT_VERSION, environment

__all__ = ["FORMAT_VERSION", "RunFolder", "atomic_folder", "atomic_path", "environment", "load_keras", "write_atomic"]
