"""The rows that faults are planted in: a recipe's live rows, or those of a file."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.errors import InputError
from curate.schema import PAIR, live
from curate.text import digest
from curate.workspace import Workspace

ROWS = pl.Schema([*PAIR.items(), ("passage", pl.String)])
"""What a good row has: the columns of PAIR, and the passage (null where unknown)."""

_NEEDED = ("instruction", "output")
_ABSENT = {
    **dict.fromkeys(("passage", "dropped", "split"), pl.lit(None, pl.String)),
    **dict.fromkeys(("start", "end"), pl.lit(0, pl.Int64)),
    "kind": pl.lit("answer"),
}


def working(workspace: Workspace) -> pl.DataFrame:
    """The live working rows with their passages (ROWS). Raises InputError where there are none."""
    rows = workspace.require("rows")
    passages = workspace.require("passages", rows.facts["candidates"]).frame
    texts = passages.select("document", "start", "end", passage="text")
    place = ["document", "start", "end"]
    joined = live(rows.frame).join(texts, on=place, how="left", maintain_order="left")
    return joined.select(list(ROWS))


def faulty_share(workspace: Workspace) -> float | None:
    """The share of the recipe's candidates that its filters dropped; None where none were decided.

    Near-duplicates count on neither side.
    """
    rows = workspace.load("rows")
    if rows is None:
        return None
    copies = pl.col("dropped").str.starts_with("duplicate").fill_null(value=False)
    decided = rows.frame.filter(~copies)
    return decided["dropped"].count() / decided.height if decided.height else None


def read(path: Path) -> pl.DataFrame:
    """The rows of a Parquet or JSON Lines file (ROWS), their columns named as in ROWS.

    `instruction` and `output` must be there. What else is missing is empty, `passage` null; rows
    without a `document` belong to the same one if they have the same passage. Raises InputError.
    """
    if path.suffix not in (".parquet", ".jsonl"):
        raise InputError(f"{path}: expected a file of rows that ends in .parquet or .jsonl")
    try:
        rows = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ndjson(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{path} cannot be read as rows: {error}") from error
    missing = [name for name in _NEEDED if name not in rows.columns]
    if missing:
        raise InputError(f"{path} has no column {missing[0]!r}; found {', '.join(rows.columns)}")
    return _whole(rows, path)


def _whole(rows: pl.DataFrame, path: Path) -> pl.DataFrame:
    for name, kind in rows.schema.items():
        if name in ROWS and not (kind in (ROWS[name], pl.Null) or kind.is_integer()):
            raise InputError(f"{path}: column {name!r} is {kind}, where {ROWS[name]} is expected")
    rows = rows.select(pl.col(name).cast(ROWS[name]) for name in rows.columns if name in ROWS)
    absent = {name: _ABSENT.get(name, pl.lit("")) for name in ROWS if name not in rows.columns}
    rows = rows.with_columns(**absent).with_columns(
        pl.col("instruction", "input", "output").fill_null("")
    )
    if "document" in absent:
        passages = [digest(text) if text else "" for text in rows["passage"].to_list()]
        rows = rows.with_columns(document=pl.Series(passages, dtype=pl.String))
    if "id" in absent or rows["id"].null_count() or rows["id"].n_unique() < rows.height:
        texts = rows.select("instruction", "input", "output").with_row_index().iter_rows()
        rows = rows.with_columns(id=pl.Series([digest(*text) for text in texts], dtype=pl.String))
    return rows.select(list(ROWS))


def chosen(rows: pl.DataFrame, least: int, most: int) -> pl.DataFrame:
    """The answers among `rows` that are not dropped: of more than `most` about that many.

    Passages are taken whole, in the order of digests, so that rows of one passage stay together.
    Raises InputError where there are fewer than `least`.
    """
    answers = rows.filter(
        pl.col("dropped").is_null(), pl.col("kind").fill_null("answer") != "refusal"
    )
    if answers.height < least:
        raise InputError(
            f"{answers.height} good rows are too few to plant faults in; {least} are needed. Make "
            "more with: curate run RECIPE, or give a file of rows that you know are good with "
            "--rows FILE, or lower --min-rows"
        )
    if answers.height <= most:
        return answers
    place = ["document", "start", "end"]
    passages = answers.group_by(place).len()
    order = pl.Series([digest(*row[:3]) for row in passages.iter_rows()])
    ahead = (
        passages.with_columns(order=order).sort("order").with_columns(total=pl.col("len").cum_sum())
    )
    taken = ahead.filter(pl.col("total") - pl.col("len") < most)
    return answers.join(
        taken.select(place), on=place, how="semi", maintain_order="left", nulls_equal=True
    )
