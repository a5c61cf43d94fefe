"""Numbers in sentences."""

import pytest

from kformer.wording import counted


@pytest.mark.parametrize(("count", "words"), [(0, "0 rows"), (1, "1 row"), (1200, "1,200 rows")])
def test_one_is_singular(count, words):
    assert counted(count, "row") == words


def test_a_plural_of_its_own_is_given():
    assert counted(2, "batch", "batches") == "2 batches"
