import shutil

import pytest

from tests.tiny import GOLDENS


@pytest.fixture
def copy(tmp_path):
    """Returns a function that copies one of the goldens, to be damaged."""

    def copy_golden(name):
        return shutil.copytree(GOLDENS / name, tmp_path / name)

    return copy_golden


@pytest.fixture
def bert(copy):
    return copy("bert")
