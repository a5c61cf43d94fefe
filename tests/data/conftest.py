"""Files for the tests of the data leaf."""

import pytest


@pytest.fixture
def write(tmp_path):
    """Returns a function that writes text or bytes to a file of the test's own folder."""

    def write_file(name, content):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.fixture
def reviews(write):
    """A csv of ten reviews of two classes by five authors."""
    rows = [f"review number {row},{'good' if row % 2 else 'bad'},author {row // 2}" for row in range(10)]
    return write("reviews.csv", "\n".join(["text,label,author", *rows]) + "\n")
