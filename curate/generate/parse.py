"""A model's reply → drafts of pairs. Whatever the reply, each draft is a pair or has a problem."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from curate.teachers.base import Reply

TRUNCATED = "truncated at max_tokens"

_LABEL = re.compile(r"^(?:\W*\b(?:question|q|answer|a)\b\s*\d*\s*[:.)]|\d+[.)]|[-*•>])\s*", re.I)
_ANSWER_LABEL = re.compile(r"^\W*\b(?:answer|a)\b\s*[:.)]\s*", re.I)
_THOUGHT = re.compile(r"<think>.*?</think>", re.S)
_KEYS = {"question": "instruction", "answer": "output", "response": "output"}
_LONGEST = 1_000_000  # characters of a reply that are looked at
_FAILURES = 200  # places that look like JSON and are not, before the rest is given up
_DEEPEST = 20
_ASKING = re.compile(r"(?:what|who|whom|whose|which|when|where|why|how)\b", re.I)
_QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»"}
_MARKUP = re.compile(r"<\|[^|<>]*\|>")


_REFUSAL = re.compile(
    r"(?:(?:i(?:['’]m| am)|we(?:['’]re| are)) )?(?:(?:very|so|really) )?sorry\b|as an ai\b"
    r"|i (?:cannot|can['’]t|won['’]t|am (?:unable|not able))|i['’]m (?:unable|not able)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Draft:
    """One pair as the teacher gave it; `problem` says why it can't be used, or is ""."""

    instruction: str
    output: str
    problem: str = ""
    input: str = ""


def question(reply: Reply) -> str:
    """The question in a reply to "write one question": its first line, up to a question mark."""
    for line in _clean(reply.text).splitlines():
        text = _unquote(_LABEL.sub("", line.strip("* \t")).strip("* \t"))
        if text:
            return _one_question(text)
    return ""


def question_problem(reply: Reply) -> str:
    """Why a reply holds no question, or ""."""
    return "" if question(reply) else "the reply is empty"


def answer(asked: str, reply: Reply, given: str = "") -> Draft:
    """The draft of a question, or an instruction and its input, and the reply to it."""
    text = _clean(reply.text)
    label = _ANSWER_LABEL if "\n" in text else _LABEL  # a list keeps its first mark
    text = _unquote(label.sub("", text).strip())
    return Draft(asked, text, _withheld(reply) or ("" if text else "empty answer"), given)


def answer_problem(reply: Reply) -> str:
    """Why a reply holds no answer, or ""."""
    return "" if answer("", reply).output else "the reply is empty"


def schema(excerpts: bool) -> dict[str, Any]:
    """The JSON schema of a reply with pairs; `excerpts`: each with the `input` that it is about.

    It keeps to what OpenAI's strict mode allows: every key required, no others, no bounds.
    """
    keys = ["instruction", *(["input"] if excerpts else []), "output"]
    fields = {key: {"type": "string"} for key in keys}
    closed = {"type": "object", "additionalProperties": False}
    pair = {**closed, "properties": fields, "required": keys}
    listed = {"type": "array", "items": pair}
    return {**closed, "properties": {"pairs": listed}, "required": ["pairs"]}


def pairs(reply: Reply, source: str | None = None) -> list[Draft]:
    """The drafts in a reply that should be JSON: `{"pairs": [{"instruction": …, "output": …}]}`.

    Fences and chatter around the JSON are passed over; of a reply that breaks off, the whole pairs
    are kept. With `source`, each has an `input` that must stand in that text. Never raises; a reply
    without any pair gives no draft.
    """
    found = [_draft(item) for item in _objects(reply.text)]
    return found if source is None else [_within(draft, source) for draft in found]


def problem(reply: Reply, source: str | None = None) -> str:
    """What is wrong with a reply that should be JSON pairs, or ""."""
    drafts = pairs(reply, source)
    faults = [f"pair {at}: {one.problem}" for at, one in enumerate(drafts, 1) if one.problem]
    if drafts:
        return "; ".join(faults[:5])
    if told := _withheld(reply):
        return told
    text = " ".join(_clean(reply.text).split())
    if _REFUSAL.match(text):
        return f"refused by teacher: {text[:120]}"
    return f"reply not JSON: {text[:120]}" if text else "empty reply"


def is_final(reply: Reply) -> bool:
    """Whether asking again would bring the same: the reply was cut off, withheld or a refusal."""
    refused = _REFUSAL.match(" ".join(_clean(reply.text).split()))
    return bool(_withheld(reply) or refused)


def _withheld(reply: Reply) -> str:
    """Why a reply is not whole, by what the endpoint says of it, or ""."""
    if reply.finish_reason == "length":
        return TRUNCATED
    if reply.finish_reason == "content_filter":
        return "refused by teacher: content filter"
    if reply.finish_reason == "refusal":
        return f"refused by teacher: {' '.join(_clean(reply.text).split())[:120]}"
    return ""


def _one_question(text: str) -> str:
    """Without what follows the first question mark, and with one where only it is missing."""
    asked, mark, _ = text.partition("?")
    if mark:
        return asked + mark
    whole = text[-1] in ".!:…。！？" or not _ASKING.match(text)
    return text if whole else text + "?"


def _draft(item: dict[str, Any]) -> Draft:
    first, second, given = (_field(item.get(key)) for key in ("instruction", "output", "input"))
    if not first:
        return Draft(first, second, "no instruction", given)
    return Draft(first, second, "" if second else "no output", given)


def _field(value: Any) -> str:
    """A field as text. Extraction asks for JSON in `output`, and some models give it unquoted."""
    if isinstance(value, dict | list) and value:
        try:
            value = json.dumps(value, ensure_ascii=False)
        except RecursionError:
            return ""
    return _clean(value) if isinstance(value, str) else ""


def _within(draft: Draft, source: str) -> Draft:
    """The draft, with a problem where its input is not, but for white space, in the source."""
    if draft.problem:
        return draft
    there = "".join(draft.input.split()) in "".join(source.split())
    told = "" if draft.input and there else "input does not stand in the passage"
    return Draft(draft.instruction, draft.output, told, draft.input)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The innermost objects that look like pairs, wherever they stand in the text."""
    text = _THOUGHT.sub("", text[:_LONGEST])
    decoder = json.JSONDecoder(strict=False)
    at, failed = text.find("{"), 0
    while at >= 0 and failed < _FAILURES:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
            failed += 1
        else:
            yield from _pairs_in(value)
        at = text.find("{", end)


def _pairs_in(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The innermost objects with a pair's keys; none is lost to a wrapper around it."""
    if depth > _DEEPEST or not isinstance(value, dict | list):
        return
    inner = value if isinstance(value, list) else list(value.values())
    found = [pair for item in inner for pair in _pairs_in(item, depth + 1)]
    if isinstance(value, dict) and not found:
        named = {_KEYS.get(str(key).lower(), str(key).lower()): item for key, item in value.items()}
        if "instruction" in named or "output" in named:
            found = [named]
    yield from found


def _clean(text: str) -> str:
    """Without special tokens of a chat template and characters that no text should hold."""
    text = _MARKUP.sub("", text).replace("\x00", "")
    return text.encode("utf-8", "replace").decode().strip()


def _unquote(text: str) -> str:
    """Without quotation marks around the whole."""
    if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
        return text[1:-1].strip()
    return text
