"""An instruction and its input as one turn of a conversation, and back.

    joined(rows)      instruction, or instruction + "\\n\\n### Input:\\n" + input
    separated(text)   (instruction, input)

The mark is that of the Alpaca templates (https://github.com/tatsu-lab/stanford_alpaca), which
models have seen, and which no paragraph of a question is taken for. What has an input comes back as
it was, unless the instruction holds the mark itself.
"""

from __future__ import annotations

import polars as pl

MARK = "\n\n### Input:\n"


def joined() -> pl.Expr:
    """The turn of each row, from its columns `instruction` and `input`."""
    both = pl.concat_str("instruction", pl.lit(MARK), "input")
    return pl.when(pl.col("input") == "").then(pl.col("instruction")).otherwise(both)


def separated(turn: str) -> tuple[str, str]:
    """Instruction and input of a turn; without a mark, or with nothing after it, all is asked."""
    asked, _, given = turn.partition(MARK)
    return (asked, given) if given else (turn, "")


def separated_each(turns: pl.Series) -> dict[str, pl.Series]:
    """`separated` of a column of text: the columns `instruction` and `input`."""
    parts = turns.str.splitn(MARK, 2)
    asked, given = parts.struct.field("field_0"), parts.struct.field("field_1").fill_null("")
    whole = given == ""
    return {
        "instruction": turns.zip_with(whole, asked).rename("instruction"),
        "input": given.rename("input"),
    }
