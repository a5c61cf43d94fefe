"""Help for error messages: the nearest known name, and what another library said."""

import difflib
from collections.abc import Iterable


def suggest(name: str, known: Iterable[str]) -> str:
    """Returns " Did you mean 'x'?" for the known name nearest to `name`, or "" when none is near.

    Args:
        name: What was received.
        known: The accepted names.

    Returns:
        A sentence with a leading space, to be put at the end of an error message, or "".
    """
    lowered = {candidate.lower(): candidate for candidate in known}
    nearest = difflib.get_close_matches(str(name).lower(), lowered, n=1)
    return f" Did you mean {lowered[nearest[0]]!r}?" if nearest else ""


def first_line(error: Exception) -> str:
    """Returns the first line of an error of another library, without its full stop, or the error's name.

    Args:
        error: What was raised.
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
