"""Records stored by column: those that decide are read first, all of them when copied."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pyarrow as pa

from curate.errors import InputError
from curate.tables.json_text import dump
from curate.tables.pairs import (
    CONVERSATIONS,
    TEXTS,
    Pairs,
    Unfit,
    pair_frame,
    systems,
    told,
    unknown,
)
from curate.tables.stores import Store
from curate.tables.turn import separated_each


class Columns:
    """The records of a store."""

    kind = "parquet"

    def __init__(self, store: Store) -> None:
        self._store = store
        self.layout = store.layout

    def read(self) -> pl.DataFrame:
        """The pairs of all rows (`Pairs.frame`). Raises InputError with the row's number."""
        found = self.fields()
        return pair_frame(told(found, apart=len(systems(found)) > 1))

    def fields(self) -> pl.DataFrame:
        """Of all rows instruction, input and output, and what is known of `system`, `id` and
        `quality` (`Pairs.fields`). Raises InputError with the row's number.
        """
        names = self._store.schema.names
        further = [name for name in ("id", "quality") if name in names]
        spoken = [name for name in CONVERSATIONS if name in names]
        asked = "instruction" in names or ("input" in names and not spoken)
        if asked and "output" in names:
            return self._flat(self._store.frame([n for n in (*TEXTS, *further) if n in names]))
        pairs, at = Pairs(), self._store.first
        wanted = [*spoken, *further] if spoken else None
        for batch in self._store.batches(wanted):
            for number, record in enumerate(batch.to_pylist(), at + 1):
                try:
                    pairs.add(record)
                except Unfit as error:
                    what = error if spoken else unknown(names)
                    raise InputError(f"{self._store.name}, record {number}: {what}") from error
            at += len(batch)
        return pairs.fields()

    def _flat(self, found: pl.DataFrame) -> pl.DataFrame:
        one_turn = "instruction" not in found.columns
        if one_turn:
            found = found.rename({"input": "instruction"})
        texts = {name: _text(found, name) for name in TEXTS}
        for text in texts.values():
            if text.null_count():
                number = self._store.first + int(text.is_null().arg_true()[0]) + 1
                where = f"{self._store.name}, record {number}"
                raise InputError(f"{where}: instruction, input and output must be text")
        if one_turn:
            texts |= separated_each(texts["instruction"])
        kinds = {name: found[name].dtype for name in ("id", "quality") if name in found.columns}
        further = {}
        if "id" in kinds and (kinds["id"] == pl.String or kinds["id"].is_integer()):
            further["id"] = found["id"].cast(pl.String)
        if "quality" in kinds and kinds["quality"].is_numeric():
            further["quality"] = found["quality"].cast(pl.Float64)
        return pl.DataFrame({**texts, **further})

    def texts(self, keep: pl.Series, extra: pl.DataFrame | None) -> Iterator[bytes]:
        """The records that stay as JSON in one line each."""
        _, tables = self.tables(keep, extra)
        return (dump(record) for table in tables for record in table.to_pylist())

    def lines(self, keep: pl.Series, extra: pl.DataFrame | None) -> Iterator[bytes]:
        """The records that stay as JSON Lines."""
        return (text + b"\n" for text in self.texts(keep, extra))

    def tables(
        self, keep: pl.Series, extra: pl.DataFrame | None
    ) -> tuple[pa.Schema, Iterator[pa.Table]]:
        """Schema and rows of the records that stay, as they are stored."""
        more = None if extra is None else extra.to_arrow(compat_level=pl.CompatLevel.oldest())
        schema = self._store.schema if more is None else _joined(self._store.schema, more.schema)

        def kept() -> Iterator[pa.Table]:
            at = 0
            for batch in self._store.batches():
                mask = keep.slice(at, len(batch)).to_arrow()
                if more is not None:
                    batch = _beside(batch, more.slice(at, len(batch)), schema)
                at += len(batch)
                yield batch.filter(mask)

        return schema, kept()


def _text(found: pl.DataFrame, name: str) -> pl.Series:
    """A column as text, with nulls where it holds something else."""
    nothing = name == "input" and (name not in found or found[name].null_count() == len(found))
    if nothing:
        return pl.Series(name, [""], pl.String).new_from_index(0, len(found))
    if found[name].dtype not in (pl.String, pl.Categorical, pl.Enum):
        return pl.Series(name, [None], pl.String).new_from_index(0, len(found))
    text = found[name].cast(pl.String)
    return text.fill_null("") if name == "input" else text


def _joined(schema: pa.Schema, more: pa.Schema) -> pa.Schema:
    """A schema with further columns, which take the place of those with the same name."""
    metadata = {k: v for k, v in (schema.metadata or {}).items() if k != b"huggingface"}
    fields = [more.field(f.name) if f.name in more.names else f for f in schema]
    new = [field for field in more if field.name not in schema.names]
    return pa.schema([*fields, *new], metadata)  # the features of Hugging Face lack the new ones


def _beside(table: pa.Table, more: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [(more if name in more.schema.names else table)[name] for name in schema.names]
    return pa.table(columns, schema=schema)
