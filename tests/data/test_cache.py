"""The cache folder."""

from pathlib import Path

import pyarrow as pa
import pytest

from kformer.data.cache import cache_folder, cached_table


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KFORMER_CACHE", str(tmp_path / "cache"))


def make_table():
    return pa.table({"text": ["a"]})


def not_again():
    raise RuntimeError("made again")


def test_the_folder_can_be_chosen(tmp_path):
    assert cache_folder() == tmp_path / "cache"


def test_the_folder_is_in_the_users_cache_otherwise(monkeypatch):
    monkeypatch.delenv("KFORMER_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert cache_folder() == Path("/x/kformer")


def test_a_table_is_made_once():
    assert cached_table("a/b.parquet", make_table).equals(cached_table("a/b.parquet", not_again))


def test_a_broken_file_is_made_again():
    cached_table("b.parquet", make_table)
    (cache_folder() / "b.parquet").write_bytes(b"PAR1 cut off")
    assert cached_table("b.parquet", make_table).num_rows == 1


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KFORMER_CACHE", str(tmp_path / "file"))
    assert cached_table("b.parquet", make_table).num_rows == 1


def test_nothing_is_left_beside_a_table():
    cached_table("b.parquet", make_table)
    assert [path.name for path in cache_folder().iterdir()] == ["b.parquet"]
