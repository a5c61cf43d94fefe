"""Files for the tests of the data leaf."""

import pytest

from tests.data.images.pictures import encoded, mask, picture


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


@pytest.fixture
def pets(write, tmp_path):
    """A folder of ten pictures of two classes."""
    for number in range(10):
        write(f"pets/{('cat', 'dog')[number % 2]}/{number}.png", encoded(picture(seed=number)))
    return tmp_path / "pets"


@pytest.fixture
def streets(write, tmp_path):
    """A folder of four pictures and their masks of three classes."""
    for number in range(4):
        write(f"streets/images/{number}.jpg", encoded(picture(6, 9, seed=number), "JPEG"))
        write(f"streets/masks/{number}.png", encoded(mask([[(row + number) % 3] * 9 for row in range(6)])))
    write("streets/classes.txt", "sky\nroad\ncar\n")
    return tmp_path / "streets"
