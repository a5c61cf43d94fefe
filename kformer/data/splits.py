"""Which rows are held out: a seeded choice that keeps the shares of the classes and the groups whole."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

_MOST_FOLDS = 20


def held_out(
    num_rows: int, fraction: float, seed: int, classes: Sequence | None = None, groups: Sequence | None = None
) -> np.ndarray:
    """Chooses the rows to hold out.

    Without groups exactly round(fraction x rows) are chosen, at least one, and each class gives its share to within
    one row, but never its last row. With groups the share is met as nearly as whole groups allow.

    Args:
        num_rows: How many rows there are.
        fraction: Share of the rows to hold out, between 0 and 1.
        seed: The same seed chooses the same rows.
        classes: Class of each row, to keep the shares of the classes; None draws from all rows alike.
        groups: Group of each row; all rows of a group stay together.

    Returns:
        Boolean (num_rows,), True for the rows that are held out.

    Raises:
        ValueError: The fraction is not between 0 and 1, or there are too few rows or groups to divide.
    """
    _check_fraction(fraction)
    if num_rows < 2:
        raise ValueError(f"Two or more rows are needed to hold some out. Received: {num_rows}.")
    chosen = np.zeros(num_rows, bool)
    if groups is not None:
        chosen[_choose_groups(num_rows, fraction, seed, classes, groups)] = True
        return chosen
    codes = np.zeros(num_rows, int) if classes is None else np.unique(np.asarray(classes), return_inverse=True)[1]
    generator = np.random.default_rng(seed)
    shares = _shares(np.bincount(codes), fraction)
    if not shares.any():
        raise ValueError(
            f"Nothing can be held out: each of the {len(shares)} classes has one row only, and training needs it. "
            "Give two or more examples of a class, or examples to validate on."
        )
    for code, amount in enumerate(shares):
        chosen[generator.permutation(np.flatnonzero(codes == code))[:amount]] = True
    return chosen


def cut_position(text: str, fraction: float) -> int:
    """Chooses where a text is cut in two, its end being held out.

    Args:
        text: The text.
        fraction: Share of the characters to hold out, between 0 and 1.

    Returns:
        The position behind the last line end, or else behind the last space, that leaves the end at least its share.

    Raises:
        ValueError: The fraction is not between 0 and 1, or the text is one word.
    """
    _check_fraction(fraction)
    most = round((1 - fraction) * len(text))
    position = (text.rfind("\n", 0, most) + 1) or (text.rfind(" ", 0, most) + 1)
    if not text[:position].strip() or not text[position:].strip():
        raise ValueError(
            f"A text of {len(text)} characters cannot be cut where {fraction:.0%} of it would be held out. Give a "
            "longer text with lines or spaces, or examples to validate on."
        )
    return position


def _check_fraction(fraction: float):
    if not 0 < fraction < 1:
        raise ValueError(f"The fraction to hold out must be between 0 and 1, both excluded. Received: {fraction}.")


def _shares(sizes: np.ndarray, fraction: float) -> np.ndarray:
    """Rows to take of each class: whole numbers by the largest remainders, that add up to the fraction of all."""
    # scikit-learn's StratifiedShuffleSplit refuses classes with one row and fewer held-out rows than classes.
    total = min(max(round(fraction * sizes.sum()), 1), int(sizes.sum()) - 1)
    exact = sizes * (total / sizes.sum())
    shares = np.minimum(np.floor(exact).astype(int), sizes - 1)
    while shares.sum() < total:
        remainders = np.where(shares < sizes - 1, exact - shares, -np.inf)
        if np.isneginf(remainders).all():
            break  # every class is down to its last row, which stays
        shares[remainders.argmax()] += 1
    return shares


def _choose_groups(num_rows: int, fraction: float, seed: int, classes, groups) -> np.ndarray:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    share = max(Fraction(fraction).limit_denominator(_MOST_FOLDS), Fraction(1, _MOST_FOLDS))
    num_groups = len(set(groups))
    if num_groups < 2:
        raise ValueError(f"Two or more groups are needed to hold some out. Received: {num_groups}.")
    num_folds = min(share.denominator, num_groups)
    num_taken = min(max(round(fraction * num_folds), 1), num_folds - 1)
    stratify = classes is not None and np.unique(np.asarray(classes), return_counts=True)[1].max() >= num_folds
    folds = (StratifiedGroupKFold if stratify else GroupKFold)(num_folds, shuffle=True, random_state=seed)
    parts = [rows for _, rows in folds.split(np.zeros(num_rows), classes, np.asarray(groups, dtype=object).astype(str))]
    # Stratified folds may come out empty when groups are few.
    parts = [rows for rows in parts if len(rows)][:num_taken]
    return np.concatenate(parts)
