import pytest

from tests.conformance.cases import CASES


@pytest.fixture(params=CASES, ids=str)
def case(request):
    """A row of the table."""
    return request.param


@pytest.fixture
def layer(case):
    """The row's layer in float32, the same one for all properties: tests do not change it."""
    return case.layer
