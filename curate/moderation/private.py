"""Whether a row holds what is private: addresses, numbers, keys, accounts. And their redaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Literal, NamedTuple

import polars as pl
from pydantic import Field

from curate.filters.base import numbers, texts
from curate.moderation.accounts import cards, ibans
from curate.moderation.base import Moderation
from curate.moderation.contacts import emails, phones
from curate.moderation.credentials import secrets
from curate.moderation.finding import Finding, apart
from curate.moderation.places import addresses, ips
from curate.options import options

KINDS = ("email", "phone", "secret", "card", "iban", "address", "ip")
FIELDS = ("instruction", "input", "output")
_PLACEHOLDER = re.compile(rf"<(?:{'|'.join(KINDS)})>")
Detector = Callable[[str, str], Iterator[Finding]]
_DETECTORS: tuple[
    tuple[Detector, str], ...
] = (  # and what a text must hold, in the dialect of Rust
    (lambda text, _: emails(text), r"@[A-Za-z0-9]|(?i:\(at\)|\[at\]|<at>)"),
    (phones, r"\d(?:[ ().\-/\x{2010}-\x{2015}\x{a0}]{0,3}\d){6}"),
    (
        lambda text, _: secrets(text),
        r"AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat_|glpat-|sk-|xox[a-z]-|xapp-|AIza|ya29\."
        r"|_live_|SG\.|npm_|pypi-A|hf_"
        r"|_v1_|shp(?:at|ca|pa|ss)_|key-[a-f0-9]|SK[0-9a-f]|:AA|AccountKey=|eyJ|PRIVATE KEY"
        r"|hooks\.slack|://[^\s/@]+:[^\s/@]+@"
        r"|(?i:secret|token|passw|pwd|passphrase|credential|bearer|(?:api|access|auth|private"
        r"|encryption|signing)[ _-]?key)"
        r"\w{0,20}[\"']?\s{0,3}(?::=|=>|[:=\s]|is\b)\s{0,3}[\"'`]?[A-Za-z0-9+/_.~!@#$%^&*=-]{8}",
    ),
    (lambda text, _: cards(text), r"\d{4}[ -]?\d{4,6}[ -]?\d{4}"),
    (lambda text, _: ibans(text), r"[A-Z]{2}\d{2} ?[A-Z0-9]{4}"),
    (
        lambda text, _: addresses(text),
        r"\d[A-Za-z]?\s(?:[NSEW]\.?\s|[A-Z]\S+\s|\d+[a-z]+\s){1,4}(?:St|Ave?|R|B|L|D|C|Pl|Way"
        r"|Sq|Ter|P|H|G|M)|P\.?\s?O\.?\s?Box\s\d"
        r"|\d,?\s(?:rue|avenue|boulevard|place|chemin|impasse|allée)\s|(?:stra(?:ß|ss)e|str\."
        r"|weg|platz|allee|gasse|ring|damm|ufer)\s\d",
    ),
    (lambda text, _: ips(text), r"\d\.\d{1,3}\.\d{1,3}\.\d|[0-9a-fA-F]:[0-9a-fA-F]{0,4}:"),
)


@options
class Private(Moderation, name="private"):
    """How certain it is that a row holds something private: 0 without, 1 where it is certain."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 0.5
    """Highest certainty that is kept as it is; null to keep all."""

    action: Literal["drop", "redact"] = "drop"
    """What becomes of a row above `max`: `drop`, or `redact`, which puts `<email>` and the like."""

    region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"
    """Country (ISO 3166) whose telephone numbers are known without a country code."""

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The most certain finding in a row: of all (`private`), of each kind (`private_KIND`)."""
        best = {kind: [0.0] * rows.height for kind in KINDS}
        for field in FIELDS:
            for place, found in _by_row(texts(rows, field), self.region):
                for one in found:
                    best[one.kind][place] = max(best[one.kind][place], one.certainty)
        whole = [max(each) for each in zip(*best.values(), strict=True)]
        return numbers(private=whole, **{f"private_{kind}": best[kind] for kind in KINDS})


class Redaction(NamedTuple):
    """Rows with placeholders for what is private, and what was changed.

    `changes`: id (where rows have one), row (its place), field, kind, certainty; not the text.
    """

    rows: pl.DataFrame
    changes: pl.DataFrame


def redacted(rows: pl.DataFrame, above: float = 0.5, region: str = "US") -> Redaction:
    """Rows with `<email>`, `<phone>`, … for findings more certain than `above`.

    Doing it again changes nothing. Rows without such findings stay as they are, to the character.
    """
    changes: list[tuple[int, str, str, float]] = []
    columns: dict[str, pl.Series] = {}
    for field in (each for each in FIELDS if each in rows.columns):
        values = rows[field].cast(pl.String).to_list()
        for place, found in _by_row(texts(rows, field), region):
            if max(one.certainty for one in found) <= above:
                continue
            values[place], gone = _without(values[place], above, region)
            changes += [(place, field, one.kind, one.certainty) for one in gone]
        if any(each[1] == field for each in changes):
            columns[field] = pl.Series(field, values, pl.String)
    schema = {"row": pl.Int64, "field": pl.String, "kind": pl.String, "certainty": pl.Float64}
    told = pl.DataFrame(sorted(changes), schema=schema, orient="row")
    if "id" in rows.columns:
        told = told.insert_column(0, rows["id"].gather(told["row"]))
    return Redaction(rows.with_columns(**columns), told)


def findings(text: str, region: str = "US") -> list[Finding]:
    """What is private in a text, in order, none over another."""
    return _apart(text, [one for detect, _ in _DETECTORS for one in detect(text, region)])


def _apart(text: str, found: list[Finding]) -> list[Finding]:
    return apart(found, [one.span() for one in _PLACEHOLDER.finditer(text)]) if found else []


def _by_row(values: list[str], region: str) -> Iterator[tuple[int, list[Finding]]]:
    """Place and findings of those texts that hold any. Rust says which are worth a detector."""
    column = pl.Series(values, dtype=pl.String)
    found: dict[int, list[Finding]] = {}
    for detect, suspect in _DETECTORS:
        for place in column.str.contains(suspect).arg_true().to_list():
            found.setdefault(place, []).extend(detect(values[place], region))
    for place in sorted(found):
        if kept := _apart(values[place], found[place]):
            yield place, kept


def _without(text: str, above: float, region: str) -> tuple[str, list[Finding]]:
    """A text with placeholders, until nothing is left to replace; and what was replaced.

    Each round takes characters away that are no placeholder, so it ends.
    """
    gone: list[Finding] = []
    while sure := [one for one in findings(text, region) if one.certainty > above]:
        for one in reversed(sure):
            text = f"{text[: one.start]}<{one.kind}>{text[one.end :]}"
        gone += sure
    return text, gone
