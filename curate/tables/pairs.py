"""The fields of a record of any shape, and the PAIR frame of many."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import xxhash

from curate.schema import PAIR
from curate.tables.turn import separated

TEXTS = ("instruction", "input", "output")
CONVERSATIONS = ("messages", "conversations")
_ROLES = {"human": "user", "gpt": "assistant", "developer": "system"}
_BLOCK = 4096  # records whose text is held as Python objects at once
_KINDS = {
    **dict.fromkeys((*TEXTS, "system"), pl.String),
    "id": pl.String,
    "quality": pl.Float64,
}


class Unfit(ValueError):
    """A record that is no pair. The message says what was found."""


class Pairs:
    """Gathers the fields of records, one after another."""

    def __init__(self) -> None:
        self._block: list[tuple[str, str, str, str, str | None, float | None]] = []
        self._full: list[pl.DataFrame] = []

    def add(self, record: Any) -> None:
        """Note the next record. Raises Unfit."""
        texts = fields(record)
        own, quality = record.get("id"), record.get("quality")
        if own is not None:
            own = _own(own)
        if quality is not None:
            quality = _number(quality)
        self._block.append((*texts, own, quality))
        if len(self._block) == _BLOCK:
            self._flush()

    def fields(self) -> pl.DataFrame:
        """Of all records so far TEXTS, `system`, and `id` and `quality`, which may be null."""
        self._flush()
        return pl.concat(self._full)

    def frame(self) -> pl.DataFrame:
        """All records so far, as those of one file: PAIR, and `quality` where one has a number."""
        found = self.fields()
        return pair_frame(told(found, apart=len(systems(found)) > 1))

    def _flush(self) -> None:
        columns = zip(*self._block, strict=True) if self._block else ((),) * len(_KINDS)
        self._full.append(
            pl.DataFrame(
                [_series(name, values) for name, values in zip(_KINDS, columns, strict=True)]
            )
        )
        self._block.clear()


def fields(record: Any) -> tuple[str, str, str, str]:
    """Instruction, input and output of a record, and its system message or "". Raises Unfit."""
    if not isinstance(record, dict):
        raise Unfit(f"expected an object, found {str(record)[:60]!r}")
    if "instruction" in record and "output" in record:
        asked, given, said = record["instruction"], record.get("input"), record["output"]
        if isinstance(asked, str) and isinstance(given, str | None) and isinstance(said, str):
            return asked, given or "", said, ""
    else:
        turn, said, system = _said(record)
        if isinstance(turn, str) and isinstance(said, str) and isinstance(system, str | None):
            return *separated(turn), said, system or ""
    raise Unfit("instruction, input and output must be text")


def unknown(names: Any) -> Unfit:
    """The error of a record with other fields than a pair has."""
    return Unfit(
        "expected instruction and output, or messages, or conversations, or input and output; "
        f"found {', '.join(map(str, names)) or 'nothing'}"
    )


def _said(record: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The first question of a conversation, its answer, and the system message."""
    turns = record.get("messages") or record.get("conversations")
    if turns is None and "input" in record and "output" in record:
        return record["input"], record["output"], None
    if not isinstance(turns, list):
        raise unknown(record)
    said: dict[str, Any] = {}
    for turn in turns:
        if isinstance(turn, dict):
            role = str(turn.get("role") or turn.get("from"))
            role = _ROLES.get(role, role)
            if role != "assistant" or "user" in said:  # a greeting is no answer
                said.setdefault(role, turn.get("content", turn.get("value")))
    if "user" not in said or "assistant" not in said:
        raise Unfit("the conversation has no user's turn that is answered")
    return said["user"], said["assistant"], said.get("system")


def systems(found: pl.DataFrame) -> frozenset[str]:
    """The system messages of some records, two at most: whether they differ is what counts."""
    if "system" not in found.columns:
        return frozenset([""]) if found.height else frozenset()
    return frozenset(found["system"].unique(maintain_order=True).head(2).to_list())


def told(found: pl.DataFrame, *, apart: bool) -> pl.DataFrame:
    """Records without their system messages, which are part of the inputs where `apart`.

    A system message that all records share is about the whole; where they differ, each is of its
    row.
    """
    if "system" not in found.columns:
        return found
    if apart:
        said = pl.col("system") != ""
        between = pl.when(said & (pl.col("input") != "")).then(pl.lit("\n\n"))
        both = pl.concat_str("system", between.otherwise(pl.lit("")), "input")
        found = found.with_columns(input=both)
    return found.drop("system")


def pair_frame(found: pl.DataFrame) -> pl.DataFrame:
    """PAIR of a frame with TEXTS and, where known, `id` and `quality`, which may be null."""
    own = found["id"] if "id" in found.columns else None
    if own is None or own.null_count() or own.n_unique() < len(own):
        own = _digests(found.select(TEXTS))
    given = {name: pl.lit("", kind) for name, kind in PAIR.items() if kind == pl.String}
    given |= {"start": pl.lit(0, pl.Int64), "end": pl.lit(0, pl.Int64), "kind": pl.lit("answer")}
    given |= {name: pl.lit(None, pl.String) for name in ("dropped", "split")}
    rows = found.with_columns(id=own).with_columns(
        **{name: value for name, value in given.items() if name not in (*TEXTS, "id")}
    )
    further = ["quality"] if "quality" in found and found["quality"].count() else []
    return rows.select(*PAIR, *further).rechunk()


def _digests(texts: pl.DataFrame) -> pl.Series:
    """Digests of contents; of equal ones, the second gets `-2` at its end, and so on."""
    sizes = (pl.col(name).str.len_bytes().cast(pl.String) for name in TEXTS)
    content = pl.concat_str(*sizes, *TEXTS, separator=" ").cast(pl.Binary)  # no two contents alike
    digests = [
        pl.Series(
            "id",
            map(xxhash.xxh3_64_hexdigest, part.select(content).to_series().to_list()),
            pl.String,
        )
        for part in texts.iter_slices(_BLOCK)
    ]
    ids = pl.concat(digests) if digests else pl.Series("id", [], pl.String)
    twice = ids.to_frame().with_row_index("at").filter(pl.col("id").is_duplicated())
    again = twice.with_columns(turn=pl.col("id").cum_count().over("id")).filter(pl.col("turn") > 1)
    names = again.select(pl.format("{}-{}", "id", "turn")).to_series()
    place = np.arange(len(ids))
    place[again["at"].to_numpy()] = np.arange(len(ids), len(ids) + len(names))
    return pl.concat([ids, names.rename("id")]).gather(place)


def _own(value: Any) -> str | None:
    known = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value) if known else None


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    try:
        return float(value) if known else None
    except OverflowError:
        return None


def _series(name: str, values: Any) -> pl.Series:
    try:
        return pl.Series(name, values, _KINDS[name])
    except UnicodeEncodeError:  # lone surrogates, which only Python's strings can hold
        clean = [v if v is None else v.encode("utf-8", "replace").decode() for v in values]
        return pl.Series(name, clean, _KINDS[name])
