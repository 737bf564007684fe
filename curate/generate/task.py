"""What a run asks of every passage, and what became of one: the nouns of generation."""

from __future__ import annotations

from dataclasses import dataclass, field

from curate.generate.options import Generate
from curate.generate.parse import Draft
from curate.generate.prompts import Prompt
from curate.teachers.base import Message, Reply, Teacher


@dataclass(frozen=True)
class Task:
    """What every passage of a run is asked, and by whom."""

    prompts: tuple[Prompt, ...]
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

    draft: Draft
    calls: list[Call]


@dataclass
class Outcome:
    """What became of one passage and prompt: pairs asked for, candidates, why there are fewer."""

    asked: int = 0
    candidates: list[Candidate] = field(default_factory=list)
    problem: str = ""
    unanswered: bool = False  # the teacher failed, so asking again may help
    fresh: bool = False  # whether the teacher was asked, or the journal knew all
