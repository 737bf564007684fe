"""A sheet for people who know the subject: which of two answers is better, without knowing whose.

`write` makes a CSV with the two answers of each question in an order drawn by a key that stays in
the run folder; `score` reads it back. The same key draws the same order again.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from train.errors import UsageError
from train.evaluate.stats import share_interval, sign_test

KEY = "sheet.key"
COLUMNS = (
    "row",
    "check",
    "question",
    "input",
    "reference",
    "answer_1",
    "answer_2",
    "preferred",
    "comment",
)
CHOICES = {"1": 1, "2": 2, "=": 0, "tie": 0, "both": 0, "neither": 0}
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "|", "%", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Preference:
    """How often each model's answer was preferred."""

    tuned: int
    base: int
    ties: int
    unjudged: int

    @property
    def decided(self) -> int:
        """Answers of which one was better."""
        return self.tuned + self.base

    def as_dict(self) -> dict[str, Any]:
        """The counts with the share, its 95% interval (Clopper and Pearson) and the sign test."""
        share = self.tuned / self.decided if self.decided else None
        counts = {"tuned": self.tuned, "base": self.base, "ties": self.ties}
        interval = share_interval(self.tuned, self.decided)
        p = sign_test(self.tuned, self.base)
        told = {"share": share, "interval": interval, "p": p}
        return {**counts, "unjudged": self.unjudged, **told}

    @property
    def text(self) -> str:
        """The same in words."""
        low, high = share_interval(self.tuned, self.decided)
        share = f"{self.tuned / self.decided:.1%}" if self.decided else "none"
        return (
            f"Tuned preferred  {self.tuned}\nBase preferred   {self.base}\n"
            f"Ties             {self.ties}\nNot judged       {self.unjudged}\n"
            f"Share of tuned   {share} of {self.decided} decided, 95% interval "
            f"{low:.1%} to {high:.1%}; sign test p = {sign_test(self.tuned, self.base):.3f}"
        )


def write(path: Path, folder: Path, answers: Sequence[dict[str, Any]]) -> int:
    """Write a sheet of what both models answered, in `files.answers`; returns its rows.

    `folder` is where the key is, RUN/evaluation. Raises UsageError for a sheet that is there: it
    may hold somebody's judgement.
    """
    key = _key(folder, make=True)
    rows = [each for each in answers if each["base"] and each["tuned"]]
    rows.sort(key=lambda each: _draw(key, "order", each["id"]))
    try:
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file, quoting=csv.QUOTE_ALL)
            out.writerow(COLUMNS)
            for each in rows:
                texts = [each["base"]["answer"], each["tuned"]["answer"]]
                if _tuned_first(key, each["id"]):
                    texts.reverse()
                told = (
                    each["id"],
                    _check(key, each["id"]),
                    each["question"],
                    each["input"],
                    each["reference"],
                    *texts,
                )
                out.writerow([*map(harmless, told), "", ""])
    except FileExistsError:
        raise UsageError(f"--sheet {path} is there already: move it away first") from None
    return len(rows)


def score(path: Path, folder: Path) -> Preference:
    """Read a sheet back. Raises UsageError for one that is not of this run, or not understood."""
    key = _key(folder, make=False)
    seen: set[str] = set()
    votes = {"tuned": 0, "base": 0, "ties": 0, "unjudged": 0}
    for number, row in enumerate(_rows(path), 2):
        said = (row["preferred"] or "").strip().removeprefix("'").casefold()
        if said and said not in CHOICES:
            raise UsageError(
                f"--score {path}, row {number}: preferred is {said!r}; known: 1, 2, = for a tie"
            )
        row_id = _plain(row["row"] or "")
        if (row["check"] or "").strip() != _check(key, row_id):
            raise UsageError(
                f"--score {path}, row {number}: {row_id!r} is not from a sheet of this run"
            )
        if row_id in seen:
            raise UsageError(f"--score {path}, row {number}: {row_id!r} is there twice")
        seen.add(row_id)
        votes[_vote(said, _tuned_first(key, row_id))] += 1
    return Preference(**votes)


def _vote(said: str, tuned_first: bool) -> str:
    if not said:
        return "unjudged"
    if not CHOICES[said]:
        return "ties"
    return "tuned" if (CHOICES[said] == 1) == tuned_first else "base"


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--score {path} cannot be read: {error}") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)  # spreadsheets write what is usual where they are
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))
    if not rows or not {"row", "check", "preferred"} <= set(rows[0]):
        raise UsageError(
            f"--score {path} is no sheet: it needs the columns row, check and preferred"
        )
    return rows


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe goes before what begins one."""
    text = text.encode("utf-8", "replace").decode()
    return f"'{text}" if text.lstrip(" \n").startswith(FORMULAS) else text


def _plain(cell: str) -> str:
    return cell[1:] if cell[1:].lstrip(" \n").startswith(FORMULAS) and cell[0] == "'" else cell


def _check(key: bytes, row: str) -> str:
    """What shows that a row is of a sheet made with the key, and says nothing of its order."""
    return "c" + _draw(key, "check", row).hex()[:12]


def _tuned_first(key: bytes, row: str) -> bool:
    return _draw(key, "side", row)[0] % 2 == 0


def _draw(key: bytes, what: str, row: str) -> bytes:
    return hmac.digest(key, f"{what}\0{row}".encode("utf-8", "replace"), hashlib.sha256)


def _key(folder: Path, make: bool) -> bytes:
    path = folder / KEY
    if not path.is_file():
        if not make:
            raise UsageError(f"{path} is not there: --score needs the run that made the sheet")
        folder.mkdir(exist_ok=True)
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(place, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32) + "\n")
    return path.read_bytes().strip()
