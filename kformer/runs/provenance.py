"""What a run was made with: versions, machine, revision."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

FORMAT_VERSION = 1
"""Version of the run folder's layout; a kformer refuses runs of a higher one."""

_PACKAGES = (
    "kformer", "tensorflow", "keras", "keras-hub", "tensorflow-text", "numpy", "scipy", "scikit-learn", "pyarrow",
    "safetensors", "tensorflow-datasets",
)  # fmt: skip
_BF16_FLAGS = ("avx512_bf16", "amx_bf16", "avx_ne_convert", "bf16")


def environment(**extra) -> dict:
    """Describes the machine and the software, without importing any of it.

    Args:
        **extra: what only the caller knows (seed, resolved precision, devices and why); it is added to the result.

    Returns:
        A dict for `environment.json`: format_version, python, packages (name -> version, None when it is missing),
        git_revision (of the working directory, None outside a repository; "-dirty" is added when files differ from it),
        platform, machine, processor, num_cpus, memory_gib (None when unknown), bf16_flags, and `extra`.
    """
    return {
        "format_version": FORMAT_VERSION,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "git_revision": _git_revision(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        **_processor(),
        "num_cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": _memory_gib(),
        **extra,
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git_revision() -> str | None:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    read_only = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True, env=read_only)
    except (OSError, subprocess.SubprocessError):  # no git, no repository, or one that belongs to somebody else
        return None
    return answer.stdout.strip()


def _processor() -> dict:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return {"processor": platform.processor(), "bf16_flags": []}
    fields = {}
    for name, separator, value in (line.partition(":") for line in lines):
        if separator:
            fields.setdefault(name.strip(), value.strip())
    flags = fields.get("flags", fields.get("Features", "")).split()
    name = fields.get("model name", platform.processor())
    return {"processor": name, "bf16_flags": [flag for flag in _BF16_FLAGS if flag in flags]}


def _memory_gib() -> float | None:
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    except (AttributeError, OSError, ValueError):  # not POSIX
        return None
