"""Pictures on the command line that cannot be read: each is named and passed over."""

import click

from kformer.cli.console import note

_SOME_FAILED = 1  # the exit status beside 0 for all and 2 for none, as `ls` and `grep` have it


class Unreadable:
    """Names the pictures that cannot be read, as they are met, and counts them."""

    def __init__(self):
        self.count = 0

    def __call__(self, error: Exception):
        self.count += 1
        note(" ".join(str(error).split()))

    def check(self, num_answered: int):
        """Raises a ValueError where no other picture was answered."""
        if self.count and not num_answered:
            raise ValueError(f"Not one of {self.count:,} pictures can be read. Give pictures that other programs show.")

    def exit(self):
        """Ends the program with the status of a part of the work, if pictures were passed over."""
        if self.count:
            click.get_current_context().exit(_SOME_FAILED)
