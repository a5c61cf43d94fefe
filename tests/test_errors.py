"""Help for error messages."""

from kformer.errors import suggest


def test_the_nearest_name_is_suggested():
    assert suggest("epoch", ["epochs", "seed"]) == " Did you mean 'epochs'?"


def test_case_does_not_matter():
    assert suggest("Label", ["text", "label"]) == " Did you mean 'label'?"


def test_nothing_is_suggested_when_no_name_is_near():
    assert suggest("colour", ["epochs", "seed"]) == ""
