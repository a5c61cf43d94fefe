"""Training and validation without anybody in both: splits by what must not be shared, such as a person."""

from dataclasses import replace

import pyarrow as pa

from kformer.data.examples import Examples
from kformer.data.labels import listed, sort_names

_SHOWN = 5
_LEAST = 2  # values to train on, and to validate on: with one there is nothing to tell apart


def split_apart(examples: Examples, role: str, fraction: float, seed: int) -> tuple[Examples, Examples]:
    """Holds some examples out, all those with one value of a role together.

    Args:
        examples: All examples.
        role: "label", for people.
        fraction: Share to hold out; two values at least, where there are four.
        seed: The same seed gives the same parts.

    Returns:
        The examples to train on, which tell what was done, and those held out.

    Raises:
        ValueError: Labels are not one name each, or there are too few.
    """
    _check_single(examples, role)
    num_values = len(set(examples.values(role)))
    if num_values >= 2 * _LEAST:
        fraction = max(fraction, _LEAST / num_values)
    train, held_out = examples.split(fraction, seed, stratify=False, group=examples.fields[role])
    counts = [len(set(part.values(role))) for part in (train, held_out)]
    note = f"split by {role}: {counts[0]:,} of them are trained on, {counts[1]:,} others are held out"
    return _alone(replace(train, notes=(*train.notes, note)), role), _alone(held_out, role)


def keep_apart(
    train: Examples, held_out: Examples, role: str, fraction: float, seed: int, is_one_source: bool
) -> tuple[Examples, Examples]:
    """Takes what is in both parts out of training: validation stays as it is.

    Where that would leave nothing to train on and both parts are of one source, they are put together and split anew.

    Args:
        train: Examples to train on.
        held_out: Examples to validate on.
        role: "label", for people.
        fraction: Share to hold out of both parts together.
        seed: Chooses what is held out then.
        is_one_source: Whether both are parts of one source, which nobody divided on purpose for this task.

    Returns:
        Both parts; the former tells what was done.

    Raises:
        ValueError: Labels are not one name each, or fewer than two values are left to train on.
    """
    _check_single(train, role)
    shared = set(train.values(role)) & set(held_out.values(role))
    if not shared:
        return _alone(train, role), _alone(held_out, role)
    names = listed(sort_names(shared), _SHOWN)
    if len(set(train.values(role)) - shared) >= _LEAST:
        kept = train.take([row for row, value in enumerate(train.values(role)) if value not in shared])
        note = (
            f"{len(train) - len(kept):,} training rows dropped: their {role}s are in validation too ({names}), and "
            "none may be in both"
        )
        return _alone(replace(kept, notes=(*train.notes, note)), role), _alone(held_out, role)
    if is_one_source:
        note = f"all {role}s are in validation too: both parts are put together"
        return split_apart(_together(train, held_out, note), role, fraction, seed)
    raise ValueError(
        f"{held_out.source} has the same {role}s as {train.source} ({names}), and none may be in both training and "
        f"validation. Give examples with other {role}s to validate on, or none: then some of {train.source} are held "
        "out."
    )


def _check_single(examples: Examples, role: str):
    if role == "label" and examples.label_kind != "class":
        raise ValueError(
            f"{examples.source} is to be split by its labels, which need one name each. Received: labels of the kind "
            f"{examples.label_kind!r}. Leave `label_kind` out, or set it to class."
        )


def _together(train: Examples, held_out: Examples, note: str) -> Examples:
    table = pa.concat_tables([train.table, held_out.table], promote_options="permissive")
    rejected, problems = (*train.rejected, *held_out.rejected), (*train.problems, *held_out.problems)
    return replace(train, table=table, rejected=rejected, problems=problems, notes=(*train.notes, note))


def _alone(examples: Examples, role: str) -> Examples:
    """Returns the examples with the names of the labels that they have."""
    return replace(examples, labels=sort_names(examples.values(role))) if role == "label" else examples
