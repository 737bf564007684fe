"""Commands on a file of rows: checked before the work, written with what was said of each row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import polars as pl

    from curate.tables import Table


def opened(source: str, out: str, rejected: str | None) -> Table:
    """The rows of a file, once it is clear that others can be written. Raises CurateError."""
    from curate import tables
    from curate.errors import InputError, UsageError

    if source != "-" and not Path(source).exists():  # else -o is blamed for a folder mistyped
        raise InputError(f"There is no file or folder {source}.")
    for path in (out, rejected):
        if path is not None:
            tables.check_target(path)
    if rejected is not None and Path(out).resolve() == Path(rejected).resolve():
        raise UsageError(f"--rejected {rejected} is the file of -o: give each a file of its own")
    return tables.read(source)


def copied(rows: pl.DataFrame) -> pl.Series:
    """Of each copy, the number of the record that stays, from 1; null for what is of elsewhere."""
    import polars as pl

    kept = rows["dropped"].str.extract(r"^duplicate of (.*) [01]\.\d\d ≥ ")
    places = pl.DataFrame({"id": rows["id"]}).with_row_index("duplicate_of", offset=1)
    found = pl.DataFrame({"id": kept}).join(places, on="id", how="left", maintain_order="left")
    return found["duplicate_of"].cast(pl.Int64)


def write(table: Table, rows: pl.DataFrame, out: str, rejected: str | None) -> None:
    """Write the records that stay and, with reason and measures, those dropped; say so."""
    from curate.cli.terminal import result

    gone = rows["dropped"].is_not_null()
    table.write(out, ~gone)
    if rejected is not None:
        known = [name for name in table.rows.columns if name != "dropped"]
        table.write(rejected, gone, rows.drop(known, strict=False))
    aside = "-" in (out, rejected)
    result(rows, err=aside)
    click.echo(f"Wrote {out}" + (f" and {rejected}" if rejected else ""), err=aside)
