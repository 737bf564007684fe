"""One passage's conversation with the teacher: step by step, or all pairs as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from curate.errors import TeacherError
from curate.generate import parse
from curate.generate.completed import completed
from curate.generate.context import in_context
from curate.generate.focus import Focus, focuses
from curate.generate.options import Generate
from curate.generate.pipe import Deferred, Pipe
from curate.generate.prompts import Prompt
from curate.generate.seeds import shown
from curate.generate.task import Call, Candidate, Outcome, Task
from curate.injection import framed
from curate.teachers.base import CallOptions, Message, Reply
from curate.text import digest

_SHOWN = 4000  # characters of a reply that cannot be used, shown to the model again


class Conversation:
    """Asks the teacher about one passage (a PASSAGE row) with one prompt."""

    def __init__(self, passage: dict[str, Any], prompt: Prompt, task: Task, pipe: Pipe) -> None:
        self.passage = passage
        self.prompt = prompt
        self.task = task
        self.pipe = pipe
        self.outcome = Outcome()
        self.values = values(passage, task.topic, task.options)
        self._deferred = False

    async def ask(self) -> Outcome:
        """Ask for the pairs of the passage.

        Raises TeacherError only where it is fatal, Deferred where replies come with a batch.
        """
        sent = self.pipe.usage.requests
        if self.prompt.protocol == "json":
            with self._turn():
                await self._json()
        elif self.prompt.instructions:
            await self._instructed()
        else:
            await self._two_step()
        if self._deferred:
            raise Deferred
        self.outcome.fresh = self.pipe.usage.requests > sent
        return self.outcome

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One of several turns, none of which hangs on another: they fail, and wait, alone."""
        try:
            yield
        except Deferred:
            self._deferred = True
        except TeacherError as error:
            if error.fatal:
                raise
            self.outcome.problem = str(error)
            self.outcome.unanswered = True

    async def _two_step(self) -> None:
        passage, options = self.passage, self.task.options
        targets = focuses(
            passage["text"], passage["heading"], options.pairs, begun_only=options.begun_only
        )
        self.outcome.asked = len(targets)
        if not targets:
            self.outcome.problem = "no sentence to ask about"
        for turn, focus in enumerate(targets):
            with self._turn():
                await self._question(f"{turn}", focus)

    async def _question(self, turn: str, focus: Focus) -> None:
        values = {**self.values, "focus": focus.sentence, "starter": focus.starter}
        ask = self.prompt.fill("ask" if focus.starter else "ask-freely", values)
        lesson = self.prompt.lesson("ask", "question")
        calls = await self._checked(lesson, ask, f"{turn} ask", parse.question_problem)
        question = parse.question(calls[-1].reply)
        if question:
            question = completed(focus.starter, question)
        else:
            self._add(parse.Draft("", "", "empty question"), calls)
            return
        asked = in_context(focus.context, question)
        await self._answer(f"{turn} answer", {**values, "question": question}, calls, asked)

    async def _instructed(self) -> None:
        """The prompt's own instructions, each passage beginning with another one."""
        first = int(digest(self.passage["id"], size=4), 16)
        number = min(self.task.options.pairs, len(self.prompt.instructions))
        self.outcome.asked = number
        for turn in range(number):
            instruction = self.prompt.instruction(first + turn, self.values)
            values = {**self.values, "focus": self.values["passage"], "question": instruction}
            with self._turn():
                await self._answer(f"{turn} answer", values, [])

    async def _answer(
        self, step: str, values: dict[str, str], before: list[Call], asked: str = ""
    ) -> None:
        """Ask for the answer to `values["question"]`; the instruction kept is `asked`, or that."""
        text = self.prompt.fill("answer", values)
        lesson = self.prompt.lesson("answer", "answer")
        calls = await self._checked(lesson, text, step, parse.answer_problem)
        given = self.passage["text"].strip() if self.prompt.input == "excerpt" else ""
        draft = parse.answer(asked or values["question"], calls[-1].reply, given)
        self._add(draft, [*before, *calls])

    async def _json(self) -> None:
        wanted, prompt = self.task.options.pairs, self.prompt
        self.outcome.asked = wanted
        opening: list[Message] = [{"role": "system", "content": prompt.fill("system", self.values)}]
        text = json_request(prompt, self.values, self.passage["id"])
        source = self.passage["text"] if prompt.input == "excerpt" else None

        def check(reply: Reply) -> str:
            usable = sum(not draft.problem for draft in parse.pairs(reply, source))
            return "" if 2 * usable >= wanted else parse.problem(reply, source)

        calls = await self._checked(opening, text, "json", check, wanted, source)
        found = [(call, parse.pairs(call.reply, source)) for call in calls]
        call, drafts = max(found, key=lambda one: sum(not draft.problem for draft in one[1]))
        for draft in drafts[:wanted]:
            self._add(draft, calls[: calls.index(call) + 1])
        if len(drafts) < wanted:
            few = f"{len(drafts)} of {wanted} pairs"
            cut = f"{few}: {parse.TRUNCATED}" if call.reply.finish_reason == "length" else few
            self.outcome.problem = cut if drafts else parse.problem(call.reply, source)

    def _add(self, draft: parse.Draft, calls: list[Call]) -> None:
        self.outcome.candidates.append(Candidate(draft, calls))

    async def _checked(
        self,
        opening: list[Message],
        text: str,
        step: str,
        check: Callable[[Reply], str],
        pairs: int = 0,
        source: str | None = None,
    ) -> list[Call]:
        """A call and, where its reply cannot be used, one more that tells the model why.

        A reply that was cut off or refused is not asked for again: it would come again.
        """
        messages: list[Message] = [*opening, {"role": "user", "content": text}]
        schema = parse.schema(source is not None) if pairs else None
        first = await self._call(messages, step, pairs, schema)
        problem = check(first.reply)
        if not problem or parse.is_final(first.reply):
            return [first]
        messages = [
            *messages,
            {"role": "assistant", "content": first.reply.text[:_SHOWN] or "(nothing)"},
            {"role": "user", "content": f"That cannot be used: {problem}. {_again(pairs)}"},
        ]
        try:
            return [first, await self._call(messages, f"{step} again", pairs, schema)]
        except TeacherError as error:
            if error.fatal:
                raise
            self.outcome.unanswered = True
            return [first]

    async def _call(
        self, messages: list[Message], step: str, pairs: int, schema: dict[str, Any] | None
    ) -> Call:
        options = CallOptions(
            max_tokens=self.task.options.max_tokens * max(1, pairs),
            temperature=self.task.options.temperature,
            seed=int(digest(self.task.seed, self.passage["id"], step, size=7), 16),
            schema=schema,
        )
        return Call(messages, await self.pipe.complete(messages, options))


def values(passage: dict[str, Any], topic: str, options: Generate) -> dict[str, str]:
    """What is filled into the texts of a prompt for a passage."""
    return {
        "topic": topic,
        "heading": framed(passage["heading"]),
        "passage": framed(passage["text"]),
        "pairs": str(options.pairs),
        "words": str(max(1, round(0.6 * options.max_tokens))),
    }


def json_request(prompt: Prompt, filled: dict[str, str], passage: str) -> str:
    """The user's message of `json`, with some seeds where there are any."""
    text = prompt.fill("user", filled)
    return f"{text}\n\n{shown(prompt.seeds, passage)}" if prompt.seeds else text


def _again(pairs: int) -> str:
    if pairs:
        return 'Reply with one JSON object {"pairs": […]} as asked for, and nothing else.'
    return "Reply again, with what was asked for and nothing else."
