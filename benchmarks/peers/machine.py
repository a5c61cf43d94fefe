"""What a worker runs on, and how much of it."""

import resource
from pathlib import Path


def has_bf16():
    """Tell whether this CPU multiplies bfloat16 natively; elsewhere bfloat16 only costs time."""
    words = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    return "avx512_bf16" in words or "amx_bf16" in words


def peak_memory():
    """Return the most memory that this process has held, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
