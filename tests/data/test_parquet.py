"""parquet files."""

import pyarrow as pa
import pyarrow.parquet
import pytest

from kformer.data.sources.parquet import read_parquet
from kformer.data.sources.reading import Options


def test_columns_keep_their_types(tmp_path):
    table = pa.table({"text": ["a", "b"], "label": [1, 2]})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    assert read_parquet(tmp_path / "a.parquet", Options()).table.equals(table)


def test_categories_are_decoded(tmp_path):
    pa.parquet.write_table(pa.table({"label": pa.array(["x", "y", "x"]).dictionary_encode()}), tmp_path / "a.parquet")
    assert read_parquet(tmp_path / "a.parquet", Options()).table["label"].type == pa.string()


def test_another_file_is_refused(write):
    with pytest.raises(ValueError, match="a.parquet is not a readable parquet file"):
        read_parquet(write("a.parquet", "text,label\n"), Options())


def test_a_table_without_rows_is_refused(tmp_path):
    pa.parquet.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="a.parquet holds no rows"):
        read_parquet(tmp_path / "a.parquet", Options())
