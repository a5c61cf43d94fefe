"""The command `kformer`: thin names for the package's public functions, with the same arguments."""

from kformer.cli.app import main

__all__ = ["main"]
