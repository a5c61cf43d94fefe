"""Numbers in sentences."""


def counted(count: int, one: str, many: str | None = None) -> str:
    """Returns a number with what it counts: "1 row", "1,200 rows".

    Args:
        count: How many there are.
        one: What one of them is called.
        many: What several are called; None appends an s.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
