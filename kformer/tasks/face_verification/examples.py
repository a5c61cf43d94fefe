"""What examples must have: people to learn from, and other people to judge by."""

from collections import Counter

from kformer.data.labels import listed, sort_names


def names_of(examples):
    """The names of the people in some examples, in order.

    Args:
        examples: `kformer.data.Examples`.

    Raises:
        ValueError: they do not have one name each.
    """
    if examples.label_kind != "class":
        raise ValueError(
            "Face verification needs one name for each image. Received: labels of the kind "
            f"{examples.label_kind!r} in {examples.source}; `label_kind` class takes them as names."
        )
    return sort_names(examples.values("label"))


def check_people(train, validation):
    """Refuses validation images that say nothing of people who were not trained on.

    Args:
        train, validation: `kformer.data.Examples`.

    Raises:
        ValueError: there are people on both sides, or fewer than two people with two images each to judge by.
    """
    shared = set(names_of(train)) & set(validation.values("label"))
    if shared:
        raise ValueError(
            f"{len(shared)} people are both in training and in validation: {listed(sort_names(shared), 5)}. Split by "
            "person: `examples.split(fraction, group=<column of the names>, stratify=False)`."
        )
    check_pairs(validation)


def check_pairs(examples):
    """Refuses examples without a pair of one person and a pair of two.

    Args:
        examples: `kformer.data.Examples`.

    Raises:
        ValueError: fewer than two people have two images or more.
    """
    counts = Counter(examples.values("label"))
    several = [name for name, count in counts.items() if count > 1]
    if len(several) < 2:
        raise ValueError(
            "To judge a face verification two or more people are needed with two or more images each. Received: "
            f"{len(counts)} people in {examples.source}, of whom {len(several)} have two images."
        )


def few_of_each(examples, most=10):
    """The rows of at most so many images of each person who has several: a list of ints, ascending.

    Args:
        examples: `kformer.data.Examples`.
        most: int, 2 or more.
    """
    people = examples.values("label")
    counts, seen, rows = Counter(people), Counter(), []
    for row, person in enumerate(people):
        seen[person] += 1
        if counts[person] > 1 and seen[person] <= most:
            rows.append(row)
    return rows
