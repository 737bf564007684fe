"""Known faults, planted into copies of good rows: what a filter that is worth its name finds.

    planted = plant(rows, seed=0)     # the rows, `fault` "", and copies with a fault each

A copy has one fault. It depends on the row's id, the seed and, where answers are swapped, on the
rows beside it; not on their order. Its id is that of the row with `-FAULT` at its end. The method
is that of unit tests for models ([Ribeiro et al. 2020](https://arxiv.org/abs/2005.04118)): change
one thing whose effect on the verdict is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import polars as pl

from curate.calibrate import claims, shapes
from curate.calibrate.row import Others, Plant, Row
from curate.text import digest


@dataclass(frozen=True)
class Fault:
    """A kind of fault. `plant` gives the row with it, or None where there is no place for it."""

    name: str
    meaning: str
    plant: Plant

    @classmethod
    def of(cls, name: str, plant: Plant) -> Fault:
        """The fault that a function plants; its docstring says what it means."""
        return cls(name, " ".join((plant.__doc__ or "").split()), plant)


def _faults(code: str) -> dict[str, Fault]:
    """All kinds, where the rows are in the language `code`."""
    plants: dict[str, Plant] = {
        "swapped_passage": claims.swapped_passage,
        "swapped_document": claims.swapped_document,
        "swapped_other": claims.swapped_other,
        "number": claims.number,
        "negated": claims.negated,
        "invented": claims.invented,
        "truncated": shapes.truncated,
        "repeated": shapes.repeated,
        "language": shapes.language(code),
        "echo": shapes.echo,
        "mojibake": shapes.mojibake,
        "leak": shapes.leak,
        "chatter": shapes.chatter,
        "dangling": shapes.dangling,
        "empty": shapes.empty,
        "short": shapes.short,
    }
    return {name: Fault.of(name, made) for name, made in plants.items()}


FAULTS: dict[str, Fault] = _faults("en")
"""Every kind of fault by name, for rows in English."""


def plant(rows: pl.DataFrame, seed: int, code: str = "en") -> pl.DataFrame:
    """`rows` with `fault` "", and below them a copy of each with each fault it has a place for.

    `rows` has the PAIR columns and `passage` (String, null where unknown), ids without repetition.
    `code` is the language of the rows, which the fault `language` keeps away from. The columns are
    those of `rows` and `fault`.
    """
    all_rows = [_row(record) for record in rows.iter_rows(named=True)]
    others = Others(all_rows)
    made = [rows.with_columns(fault=pl.lit(""))]
    for fault in _faults(code).values():
        made.append(_copies(rows, list(_planted(fault, all_rows, others, seed)), fault.name))
    return pl.concat(made)


def _planted(
    fault: Fault, rows: list[Row], others: Others, seed: int
) -> Iterator[tuple[int, str, str, str]]:
    for at, row in enumerate(rows):
        chance = Random(digest(seed, fault.name, row.id))  # noqa: S311
        bad = fault.plant(row, chance, others)
        if bad is not None and bad != row:
            yield at, bad.instruction, bad.input, bad.output


def _copies(rows: pl.DataFrame, found: list[tuple[int, str, str, str]], name: str) -> pl.DataFrame:
    kinds = {"at": pl.Int64, **dict.fromkeys(("instruction", "input", "output"), pl.String)}
    texts = pl.DataFrame(found, schema=kinds, orient="row")
    copies = rows[texts["at"].to_list()].with_columns(texts.drop("at"))
    return copies.with_columns(id=pl.col("id") + f"-{name}", fault=pl.lit(name))


def _row(record: dict[str, Any]) -> Row:
    return Row(
        id=record["id"],
        instruction=record["instruction"] or "",
        input=record["input"] or "",
        output=record["output"] or "",
        document=record["document"] or "",
        place=(record["start"] or 0, record["end"] or 0),
        passage=record.get("passage"),
    )
