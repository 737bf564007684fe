"""Rows in files of any common shape: read as pairs, and written back as they were.

    table = read("in.jsonl")              # or Parquet, JSON, a saved dataset, "-"
    table.rows                            # PAIR, one row a record
    table.write("out.jsonl", table.rows["output"] != "")

Shapes of a record: Alpaca (`instruction`, `input`, `output`), OpenAI's `messages`, ShareGPT's
`conversations`, Lamini's `input` and `output`. Reading keeps what decides; writing goes
through the file once more and copies the records that stay, so that nothing is lost or put another
way.
"""

from curate.tables.table import Table, read
from curate.tables.write import SUFFIXES, check_target

__all__ = ["SUFFIXES", "Table", "check_target", "read"]
