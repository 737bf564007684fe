"""One passage's conversation with the teacher: two steps a pair, or all pairs as JSON."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from curate.errors import TeacherError
from curate.generate import parse
from curate.generate.focus import Focus, focuses
from curate.generate.journal import Journal
from curate.generate.options import Generate
from curate.generate.prompts import Prompt
from curate.teachers.base import CallOptions, Message, Reply, Session, Teacher
from curate.text import digest


@dataclass(frozen=True)
class Task:
    """What every passage of a run is asked, and by whom."""

    prompt: Prompt
    options: Generate
    teacher: Teacher
    topic: str
    seed: int
    run: str


@dataclass(frozen=True)
class Call:
    """One call and what was answered."""

    messages: list[Message]
    reply: Reply


@dataclass(frozen=True)
class Candidate:
    """A draft and the calls that it came from."""

    draft: parse.Draft
    calls: list[Call]


@dataclass
class Outcome:
    """What became of one passage: pairs asked for, candidates, and why there are fewer, or ""."""

    asked: int = 0
    candidates: list[Candidate] = field(default_factory=list)
    problem: str = ""
    unanswered: bool = False  # the teacher failed, so asking again may help
    fresh: bool = False  # whether the teacher was asked, or the journal knew all


class Lazy:
    """A session that opens its teacher with the first call, so that a full journal needs none."""

    def __init__(self, teacher: Teacher) -> None:
        self._teacher = teacher
        self._stack = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._session: Session | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """Answer through the teacher, opening it where that is still to do."""
        async with self._lock:
            if self._session is None:
                self._session = await self._stack.enter_async_context(self._teacher.open())
        return await self._session.complete(messages, options)


class Conversation:
    """Asks the teacher about one passage (a PASSAGE row)."""

    def __init__(
        self, passage: dict[str, str], task: Task, journal: Journal, session: Session
    ) -> None:
        self.passage = passage
        self.task = task
        self.journal = journal
        self.session = session
        self.outcome = Outcome()
        self.values = {
            "topic": task.topic,
            "heading": passage["heading"],
            "passage": passage["text"],
        }

    async def ask(self) -> Outcome:
        """Ask for the pairs of the passage. Raises TeacherError only where it is fatal."""
        try:
            if self.task.prompt.protocol == "json":
                await self._json()
            else:
                await self._two_step()
        except TeacherError as error:
            if error.fatal:
                raise
            self.outcome.problem = str(error)
            self.outcome.unanswered = True
        return self.outcome

    async def _two_step(self) -> None:
        passage = self.passage
        targets = focuses(passage["text"], passage["heading"], self.task.options.pairs)
        self.outcome.asked = len(targets)
        if not targets:
            self.outcome.problem = "no sentence to ask about"
        for turn, focus in enumerate(targets):
            await self._question(f"{turn}", focus)

    async def _question(self, turn: str, focus: Focus) -> None:
        prompt, values = self.task.prompt, {**self.values, "focus": focus.sentence}
        values["starter"] = focus.starter
        ask = prompt.fill("ask" if focus.starter else "ask-freely", values)
        first = await self._call(prompt.lesson("ask", "question"), ask, f"{turn} ask")
        values["question"] = parse.question(first.reply)
        if not values["question"]:
            self._add(parse.Draft("", "", "empty question"), [first])
            return
        text = prompt.fill("answer", values)
        second = await self._call(prompt.lesson("answer", "answer"), text, f"{turn} answer")
        self._add(parse.answer(values["question"], second.reply), [first, second])

    async def _json(self) -> None:
        wanted, prompt = self.task.options.pairs, self.task.prompt
        self.outcome.asked = wanted
        values = {**self.values, "pairs": str(wanted)}
        opening: list[Message] = [{"role": "system", "content": prompt.fill("system", values)}]
        text = prompt.fill("user", values)
        call = await self._call(opening, text, "json", allowance=wanted)
        drafts = parse.pairs(call.reply)
        for draft in drafts[:wanted]:
            self._add(draft, [call])
        if len(drafts) < wanted:
            got = f"{len(drafts)} of {wanted} pairs" if drafts else parse.problem(call.reply)
            self.outcome.problem = got

    def _add(self, draft: parse.Draft, calls: list[Call]) -> None:
        self.outcome.candidates.append(Candidate(draft, calls))

    async def _call(self, opening: list[Message], text: str, step: str, allowance: int = 1) -> Call:
        messages: list[Message] = [*opening, {"role": "user", "content": text}]
        options = CallOptions(
            max_tokens=self.task.options.max_tokens * allowance,
            temperature=self.task.options.temperature,
            seed=int(digest(self.task.seed, self.passage["id"], step, size=7), 16),
        )
        self.outcome.fresh |= self.journal.find(messages, options) is None
        reply = await self.journal.complete(self.session, messages, options)
        return Call(messages, reply)
