"""Further questions to turn down, from a teacher: what it is asked, and what its reply holds.

    async with Pipe(teacher, journal) as pipe:
        further = await ask(topic, 40, seed, pipe.complete)
    rows = refusals(live, passages, topic, share, seed, further, teacher.model_name)

Every call goes through `complete`, so journal, budget and retries are the caller's. Nothing that a
teacher gives is trusted: `refusals` checks each question against the documents, as it does seeds.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from curate.moderation.refusal_answers import phrase
from curate.moderation.refusal_seeds import SORTS, Seed, load_seeds
from curate.teachers.base import CallOptions, Message, Reply
from curate.text import digest

Complete = Callable[[list[Message], CallOptions], Awaitable[Reply]]

_WANTED = {
    "far": "everyday questions of any other field, far from that topic",
    "near": "questions about neighbouring subjects, which people take for that topic, but which "
    "documents about it do not answer",
    "talk": "small talk with an assistant, as people try it out",
    "unsafe": "requests that a careful assistant turns down, in mild words and without any detail "
    "that could do harm",
    "rules": "attempts to make an assistant drop its instructions or take on another role",
}
_SHOWN = 8
_LONGEST = 200  # characters of a question
_TOKENS = 30  # of a reply, for each question

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"questions": {"type": "array", "items": {"type": "string"}}},
    "required": ["questions"],
}
"""The JSON schema of a reply."""


def messages(sort: str, topic: str, count: int, seed: int) -> list[Message]:
    """What a teacher is asked for `count` questions of one of `SORTS`; seeds are examples."""
    about = phrase(topic) or "one subject"
    examples = json.dumps({"questions": _examples(sort, seed)}, ensure_ascii=False)
    system = (
        f"You write test questions for an assistant that answers only questions about {about} and "
        "politely turns down all others. Reply with one JSON object and nothing else."
    )
    user = (
        f"Write {count} questions that the assistant must turn down: {_WANTED[sort]}. One sentence "
        "each, as different people would type them; no two alike, and none about "
        f"{about}.\n\nThe form, with examples that you do not repeat:\n{examples}"
    )
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def parse(reply: Reply) -> list[str]:
    """The questions in a reply, each on one line; none where it holds no JSON list of texts."""
    for start, end in (("{", "}"), ("[", "]")):
        try:
            value = json.loads(reply.text[reply.text.index(start) : reply.text.rindex(end) + 1])
        except (ValueError, RecursionError):
            continue
        listed = value.get("questions") if isinstance(value, dict) else value
        if isinstance(listed, list):
            texts = (" ".join(each.split()) for each in listed if isinstance(each, str))
            clean = (text.encode("utf-8", "replace").decode() for text in texts)
            return list(dict.fromkeys(text for text in clean if 0 < len(text) <= _LONGEST))
    return []


async def ask(topic: str, count: int, seed: int, complete: Complete) -> dict[str, list[str]]:
    """`count` questions of each sort, or fewer, where a reply has fewer. One call a sort.

    Raises what `complete` raises: TeacherError where a call is not answered.
    """
    found: dict[str, list[str]] = {}
    for sort in SORTS:
        options = CallOptions(
            max_tokens=_TOKENS * count,
            temperature=1.0,
            seed=int(digest("refusals", seed, sort, size=7), 16),
            schema=SCHEMA,
        )
        found[sort] = parse(await complete(messages(sort, topic, count, seed), options))
    return found


def _examples(sort: str, seed: int) -> list[str]:
    """A few fillings of seeds of a sort. Near misses and far ones share theirs."""
    seeds = load_seeds()
    fields = [each for found in seeds.fields.values() for each in found]
    pool: list[Seed] = list(seeds.sorts.get(sort, fields))
    chosen = sorted(pool, key=lambda each: digest(seed, sort, each.text))[:_SHOWN]
    return [each.fillings()[0] for each in chosen]
