"""Rows → Parquet files of a version, as `datasets` itself writes them, a part at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa

SHARD = 200_000
"""Rows in a file, at most."""

_GROUP = 64 << 20
"""Bytes of a row group, about: what a reader must hold at once."""


def write_shards(rows: pl.DataFrame, folder: Path, name: str) -> None:
    """Parquet files `NAME-00000-of-00001.parquet` with explicit Hugging Face features."""
    from datasets import Features, Value

    kinds = {pl.String: "string", pl.Int64: "int64", pl.Float64: "float64"}
    features = Features({column: Value(kinds[type(kind)]) for column, kind in rows.schema.items()})
    schema = features.arrow_schema
    size = max(1, min(SHARD, _GROUP * rows.height // max(int(rows.estimated_size()), 1)))
    shards = max(1, -(-rows.height // SHARD))
    folder.mkdir(parents=True, exist_ok=True)
    for shard in range(shards):
        part = rows.slice(shard * SHARD, SHARD)
        with _open(folder / f"{name}-{shard:05d}-of-{shards:05d}.parquet", schema) as writer:
            for group in part.iter_slices(size):
                table = group.to_arrow(compat_level=pl.CompatLevel.oldest())
                writer.write_table(table.cast(schema))


def _open(path: Path, schema: pa.Schema) -> Any:
    """A writer with the settings of `Dataset.to_parquet`: chunks that are cut by content, so that
    the Hub uploads only what has changed, and an index of pages.
    """
    import json

    from datasets import config
    from pyarrow.parquet import ParquetWriter

    cut = config.DEFAULT_CDC_OPTIONS
    writer = ParquetWriter(path, schema, use_content_defined_chunking=cut, write_page_index=True)
    writer.add_key_value_metadata({"content_defined_chunking": json.dumps(cut)})
    return writer
