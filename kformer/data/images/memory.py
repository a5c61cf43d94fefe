"""How much memory decoded images may take."""

import os
from pathlib import Path

_SHARE = 0.25
_CGROUP = Path("/sys/fs/cgroup/memory.max")  # of a container, which may have less than its machine


def image_budget(share: float = _SHARE) -> int:
    """Returns a share of the memory that this process may use, in bytes.

    Args:
        share: Between 0 and 1.

    Raises:
        ValueError: The share is not between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"`image_memory` must be a share of the memory, from 0 to 1. Received: {share}.")
    return int(share * _memory())


def _memory() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(_CGROUP.read_text()))
    except (OSError, ValueError):  # no container, or "max"
        return machine
