"""Records kept as their own JSON text: what JSON Lines and JSON arrays share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import orjson
import polars as pl
import pyarrow as pa

from curate.tables.write import Layout

_BLOCK = 4096  # records parsed at once
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class JsonText:
    """Records of which only the place is remembered; `own` finds their text."""

    kind = "jsonl"
    layout = Layout()

    def own(self, numbers: Iterable[int]) -> Iterator[bytes]:
        """The text of records by their number from 0, ascending, line breaks included."""
        raise NotImplementedError

    def texts(self, keep: pl.Series, extra: pl.DataFrame | None) -> Iterator[bytes]:
        """The text of the records that stay; with further columns, written anew."""
        own = self.own(keep.arg_true())
        if extra is None:
            return own
        return (dump(record) for record in _with(own, keep, extra))

    def lines(self, keep: pl.Series, extra: pl.DataFrame | None) -> Iterator[bytes]:
        """The records that stay as JSON Lines, in pieces of whole lines."""
        return map(_line, self.texts(keep, extra))

    def tables(
        self, keep: pl.Series, extra: pl.DataFrame | None
    ) -> tuple[pa.Schema, Iterator[pa.Table]]:
        """The records that stay, parsed. Raises what values of several types under a name raise."""
        own = self.own(keep.arg_true())
        records = map(json.loads, own) if extra is None else _with(own, keep, extra)
        blocks = []
        while block := list(islice(records, _BLOCK)):
            names = dict.fromkeys(name for record in block for name in record)
            blocks.append(pa.table({name: [row.get(name) for row in block] for name in names}))
        whole = pa.concat_tables(blocks, promote_options="permissive") if blocks else pa.table({})
        return whole.schema, iter([whole])


def parse(text: bytes) -> Any:
    """The value of a JSON text: also with NaN, lone surrogates and integers of any size.

    Raises ValueError (of which UnicodeDecodeError is one), and RecursionError.
    """
    try:
        return orjson.loads(text)
    except ValueError:  # it is strict, and five times as fast
        return json.loads(text.decode("utf-8"))


def dump(record: dict[str, Any]) -> bytes:
    """JSON in one line. Lone surrogates, which UTF-8 has no bytes for, are JSON's escapes."""
    text = json.dumps(record, ensure_ascii=False, default=str)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode("utf-8")


def _with(own: Iterator[bytes], keep: pl.Series, extra: pl.DataFrame) -> Iterator[dict[str, Any]]:
    further = extra.filter(keep).iter_rows(named=True)
    return ({**json.loads(text), **more} for text, more in zip(own, further, strict=True))


def _line(text: bytes) -> bytes:
    """JSON in one line, with its end. Only between values can there be other line breaks."""
    if b"\n" in text:
        text = b" ".join(filter(None, map(bytes.strip, text.splitlines())))
    return text + b"\n"
