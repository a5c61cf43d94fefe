"""Where kformer keeps what it can make again."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """Returns the folder for files that can be made again: $KFORMER_CACHE, or `kformer` in the user's cache folder."""
    chosen = os.environ.get("KFORMER_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kformer"
