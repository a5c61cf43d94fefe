"""What a worker runs on, and how much of it."""

import os
import resource
from pathlib import Path


def has_bf16():
    """Tell whether this CPU multiplies bfloat16 natively; elsewhere bfloat16 only costs time."""
    words = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    return "avx512_bf16" in words or "amx_bf16" in words


def peak_memory():
    """Return the most memory that this process has held, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def cpu_seconds_of_others():
    """Return the CPU seconds since boot that went to other processes or, on a virtual machine, to its neighbours."""
    user, nice, system, _idle, _wait, interrupt, soft_interrupt, stolen, *_ = (
        int(ticks) for ticks in Path("/proc/stat").read_text(encoding="utf-8").splitlines()[0].split()[1:]
    )
    busy = (user + nice + system + interrupt + soft_interrupt + stolen) / os.sysconf("SC_CLK_TCK")
    own = os.times()
    return busy - own.user - own.system
