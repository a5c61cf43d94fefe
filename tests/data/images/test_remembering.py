"""Looks at files that are remembered."""

import os
import shutil
from functools import partial

import pytest

from kformer.data.cache import cache_folder
from kformer.data.images import remembering
from kformer.data.images.checking import CheckedImage, check_all, check_image
from kformer.data.images.masks import CheckedMask, check_mask
from kformer.data.images.remembering import remembered
from tests.data.images.pictures import encoded, mask, picture


@pytest.fixture(autouse=True)
def few_are_many(tmp_path, monkeypatch):
    monkeypatch.setenv("KFORMER_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(remembering, "_FEW", 2)


@pytest.fixture
def files(write):
    return [str(write(f"{name}.tif", encoded(picture(seed=seed), "TIFF"))) for seed, name in enumerate("ab")]


def look(files, settings=(), kind=CheckedImage, check=check_image):
    """What is found, and whether anything was looked at."""
    seen = []
    found = remembered(kind, lambda: seen.append(1) or check_all(check, files), files, *settings)
    return found, bool(seen)


def test_files_are_looked_at_once(files):
    first, second = look(files), look(files)
    assert first == (check_all(check_image, files), True)
    assert second == (first[0], False)


def test_a_file_that_was_changed_is_looked_at_again(files, write):
    look(files)
    write("a.tif", encoded(picture(seed=9), "TIFF"))
    os.utime(files[0], ns=(0, 1))
    assert look(files) == (check_all(check_image, files), True)


def test_a_file_that_went_missing_is_looked_at_again(files):
    look(files)
    os.remove(files[0])
    assert look(files)[0][0].problem == "there is no such file"


def test_other_settings_are_another_look(files):
    look(files, (100,))
    assert look(files, (200,))[1]


def test_what_stands_in_for_files_is_made_again_once_it_is_gone(files):
    look(files)
    for path in list(cache_folder().rglob("*.png")):
        shutil.rmtree(path.parent)
    found, looked = look(files)
    assert looked
    assert all(os.path.exists(image.content) for image in found)


def test_few_files_and_encoded_images_are_always_looked_at(files):
    contents = [encoded(picture(seed=seed)) for seed in range(3)]
    assert [look(sources)[1] for sources in (files[:1], files[:1], contents, contents)] == [True] * 4


def test_masks_are_remembered_with_their_pixels(write):
    files = [str(write(f"{value}.png", encoded(mask([[0, value]])))) for value in (1, 2)]
    check = partial(look, files, kind=CheckedMask, check=check_mask)
    (first, _), (second, looked) = check(), check()
    assert [list(found.pixels) for found in second] == [list(found.pixels) for found in first] == [[1, 1], [1, 0, 1]]
    assert not looked
