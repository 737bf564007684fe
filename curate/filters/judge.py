"""What a language model thinks of a row: accuracy, relevance, clarity, usefulness.

Rows of one passage are judged in one call, with the passage before them. (AlpaGasus, Chen et al.
2023, arXiv:2307.08701, asks about one row a call, without any source.) Calls are paid for: replies
are in a journal, so that what was answered is never asked again.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import Field, ValidationError

from curate.errors import TeacherError
from curate.filters.base import Filter, numbers, passages, texts
from curate.filters.judging import PLACES, kept
from curate.filters.verdicts import ASPECTS, BEST, Case, Verdict, question, read, repair, schema
from curate.options import describe, options
from curate.progress import Progress, Silent
from curate.registry import members, nearest
from curate.teachers.asking import each
from curate.teachers.base import CallOptions, Message, Session, Teacher
from curate.text import digest

FOLDER = Path(".curate")
"""Where replies are kept, as `judge.jsonl`, when nobody says where."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@options
class Judge(Filter, name="judge"):
    """A model's mean score for a row, 1 to 5, divided by 5; and a score for each aspect."""

    by: dict[str, dict[str, Any] | None]
    """The model that judges, as a recipe's `teacher`: `{openai: {model: …}}`."""

    rows_per_call: Annotated[int, Field(ge=1, le=32)] = 5
    """Most rows of a passage in a call; rows without a passage are judged one by one."""

    max_tokens: Annotated[int, Field(ge=64)] = 2048
    """Most tokens of a reply; a reasoning model thinks within them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.teacher  # which says what is wrong with it

    @property
    def teacher(self) -> Teacher:
        """The model that judges. Raises ValueError where `by` does not say one."""
        return _teacher(self.by)

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`judge` from 0.2 to 1, and its parts `judge_accuracy`, `_relevance`, `_clarity`,
        `_usefulness`. Null for refusals and empty rows, which nobody is asked about, and where the
        model gave no usable score, asked twice.

        Replies are kept in `.curate/judge.jsonl`. Raises TeacherError where the model cannot be
        reached: what was answered is kept. Not to be called within a running event loop.
        """
        return self.told(rows, Silent())

    def told(
        self, rows: pl.DataFrame, progress: Progress, cache: Path | None = None
    ) -> pl.DataFrame:
        """`measure`, telling how far it is, with replies kept in the folder `cache`."""
        return asyncio.run(self._kept(rows, progress, (cache or FOLDER) / "judge.jsonl"))

    async def _kept(self, rows: pl.DataFrame, progress: Progress, journal: Path) -> pl.DataFrame:
        teacher = self.teacher
        async with kept(teacher, journal) as session:
            return await self.judged(rows, session, progress, teacher.limits.concurrency or PLACES)

    async def judged(
        self, rows: pl.DataFrame, session: Session, progress: Progress, at_once: int
    ) -> pl.DataFrame:
        """`measure` by way of any session: a pipe with its journal and budget, too.

        `at_once` is the number of cases under way.
        """
        names = _names(rows)
        found: dict[str, dict[str, int]] = {}
        cases = list(_cases(rows, names, self.rows_per_call))
        with progress.bar("judge", len(cases)) as advance:

            async def judge(case: Case) -> None:
                found.update((await self._verdict(case, session)).scores)
                advance(1)

            await each(judge, cases, at_once)
        scores = [found.get(name, {}) if name else {} for name in names]
        parts = {aspect: [_share(row.get(aspect)) for row in scores] for aspect in ASPECTS}
        columns = {f"judge_{aspect}": values for aspect, values in parts.items()}
        return numbers(judge=map(_mean, scores), **columns)

    async def _verdict(self, case: Case, session: Session) -> Verdict:
        """The scores of a case, asked for again where some are missing.

        Raises TeacherError for a failure that says nothing of this case: it may pass, or meets all.
        """
        asked, verdict, missing = question(case), Verdict(), list(case.rows)
        try:
            reply = await self._reply(asked, missing, session)
            verdict.fill(read(reply, missing))
            if missing := verdict.lacks(missing):
                again = repair(asked, reply, missing)
                verdict.fill(read(await self._reply(again, missing, session), missing))
        except TeacherError as error:
            if error.fatal or error.passing:
                raise
        return verdict

    async def _reply(self, messages: list[Message], names: list[str], session: Session) -> str:
        form = CallOptions(self.max_tokens, temperature=0, seed=0, schema=schema(names))
        return (await session.complete(messages, form)).text


def _teacher(by: dict[str, dict[str, Any] | None]) -> Teacher:
    known = members(Teacher)
    if len(by) != 1:
        raise ValueError(f"by: expected one of {', '.join(known)}, as in {{openai: {{model: …}}}}")
    name, given = next(iter(by.items()))
    if name not in known:
        raise ValueError(f"by.{name}: there is no teacher {name!r}. {nearest(name, known)}")
    try:
        return known[name](**(given or {}))
    except ValidationError as error:
        its_own = [option.name for option in describe(known[name])]
        told = [_told(f"by.{name}", finding, its_own) for finding in error.errors()]
        raise ValueError("; ".join(told)) from None


def _told(place: str, detail: Any, known: list[str]) -> str:
    """One finding of pydantic about an option of the model that judges."""
    where = ".".join([place, *map(str, detail["loc"])])
    if detail["type"] == "unexpected_keyword_argument":
        return f"{where}: there is no such option. {nearest(str(detail['loc'][-1]), known)}"
    if detail["type"] == "missing":
        return f"{where}: is missing and has no default"
    return f"{where}: {detail['msg'].removeprefix('Value error, ')}"


def _names(rows: pl.DataFrame) -> list[str | None]:
    """What each row is called in calls: its id where that is plain and its own; None for no call.

    Otherwise a digest of id and texts. So no text of a row stands where only names do.
    """
    columns = (texts(rows, name) for name in ("id", "instruction", "input", "output", "kind"))
    fields = list(zip(*columns, strict=True))
    often = Counter(row[0] for row in fields)
    return [
        None
        if kind == "refusal" or not instruction.strip() or not output.strip()
        else row_id
        if _NAME.fullmatch(row_id) and often[row_id] == 1
        else digest(row_id, instruction, given, output, passage)
        for (row_id, instruction, given, output, kind), passage in zip(
            fields, passages(rows), strict=True
        )
    ]


def _cases(rows: pl.DataFrame, names: list[str | None], most: int) -> Iterator[Case]:
    """Rows of one passage together, so many at most, by name: the same in any order of the rows."""
    columns = (texts(rows, name) for name in ("instruction", "input", "output"))
    by_passage: defaultdict[str | None, dict[str, tuple[str, str, str]]] = defaultdict(dict)
    for name, passage, row in zip(names, passages(rows), zip(*columns, strict=True), strict=True):
        if name is not None:
            by_passage[passage][name] = row
    for passage, named in by_passage.items():
        size = most if passage is not None else 1
        ordered = sorted(named.items())
        for at in range(0, len(ordered), size):
            yield Case(passage, dict(ordered[at : at + size]))


def _share(score: int | None) -> float | None:
    return None if score is None else score / BEST


def _mean(scores: dict[str, int]) -> float | None:
    """The mean of all aspects as a share of the best score; None where one is missing."""
    return sum(scores.values()) / len(ASPECTS) / BEST if len(scores) == len(ASPECTS) else None
