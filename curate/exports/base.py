r"""What a format of `curate export` is: how rows are shaped, and what a file of it must keep to.

To add one, write one file in this folder, of the format's name:

    class Alpaca(Export, name="alpaca"):
        def shaped(self, rows: pl.DataFrame, system: str) -> pl.DataFrame:
            return rows.select("instruction", "input", "output")
"""

from __future__ import annotations

from typing import ClassVar

import polars as pl

from curate.registry import Named
from curate.tables import SUFFIXES
from curate.tables.turn import joined


class Export(Named):
    """One shape of records."""

    suffixes: ClassVar[tuple[str, ...]] = SUFFIXES
    """Endings of the files that may hold it; the first is that of standard output."""

    takes_system: ClassVar[bool] = False
    """Whether records can carry a system message."""

    def shaped(self, rows: pl.DataFrame, system: str) -> pl.DataFrame:
        """The records of rows, one each, in their order. `rows` has instruction, input, output.

        `system` is the system message of all records; "" for none.
        """
        raise NotImplementedError(f"export {self.name} does not say how rows are shaped")

    def check(self, rows: pl.LazyFrame, system: str) -> list[str]:
        """What to warn of. Raises InputError where the trainer would refuse the file.

        `rows` has `id` and the columns of `shaped`.
        """
        del rows, system
        return []


def conversation(
    system: str,
    roles: tuple[str, str, str] = ("system", "user", "assistant"),
    names: tuple[str, str] = ("role", "content"),
) -> pl.Expr:
    """The turns of each row: a list of structs with the fields `names`."""
    told = [(roles[0], pl.lit(system))] if system else []
    said = [*told, (roles[1], joined()), (roles[2], pl.col("output"))]
    who, what = names
    return pl.concat_list(
        [pl.struct(pl.lit(role).alias(who), text.alias(what)) for role, text in said]
    )
