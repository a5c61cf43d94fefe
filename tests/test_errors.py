"""Help for error messages."""

import pytest

from kformer.errors import first_line, suggest


def test_the_nearest_name_is_suggested():
    assert suggest("epoch", ["epochs", "seed"]) == " Did you mean 'epochs'?"


def test_case_does_not_matter():
    assert suggest("Label", ["text", "label"]) == " Did you mean 'label'?"


def test_nothing_is_suggested_when_no_name_is_near():
    assert suggest("colour", ["epochs", "seed"]) == ""


@pytest.mark.parametrize(
    ("error", "line"), [(OSError("No way.\nMore."), "No way"), (ValueError(""), "ValueError")], ids=["long", "empty"]
)
def test_of_another_library_s_error_the_first_line_is_told(error, line):
    assert first_line(error) == line
