"""Help for error messages: the nearest known name."""

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
