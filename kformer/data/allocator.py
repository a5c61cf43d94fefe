"""How the process keeps memory between training steps."""

import ctypes
import sys

# Numbers of the parameters in glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_KEPT = 2**30  # bytes


def keep_freed_memory():
    """Tells glibc to keep freed blocks of up to 1 GiB for the next allocation; returns whether it took that.

    By default large blocks go back to the system at once, and every step of training faults its pages in anew: an
    update of MiniLM's 22.7 million weights then takes four times as long. Elsewhere than on Linux with glibc nothing
    happens. TensorFlow undoes half of it whenever a dataset from a generator is first iterated (`generator_dataset_op`
    sets 128 KiB, seen in 2.21), so that `make_batches` calls it again.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT) and mallopt(M_TRIM_THRESHOLD, 2**31 - 1))
