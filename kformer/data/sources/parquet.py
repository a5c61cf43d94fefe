"""parquet files."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from kformer.data.sources.reading import Options, Reading


def read_parquet(path: Path, options: Options) -> Reading:
    """Reads a parquet file; dictionary columns, such as those of pandas' categories, are decoded."""
    try:
        table = pa.parquet.read_table(path, memory_map=True)
    except pa.ArrowInvalid as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ValueError(f"{path} is not a readable parquet file ({reason}). Write it again, or give a csv.") from error
    if not table.num_rows:
        raise ValueError(f"{path} holds no rows. Give a file with one example a row.")
    for index, column in enumerate(table.schema):
        if pa.types.is_dictionary(column.type):
            table = table.set_column(index, column.name, table.column(index).cast(column.type.value_type))
    return Reading(table, str(path))
