"""A model's reply → drafts of pairs. Whatever the reply, each draft is a pair or has a problem."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from curate.teachers.base import Reply

TRUNCATED = "reply truncated at max_tokens"

_LABEL = re.compile(r"^(?:\W*\b(?:question|q|answer|a)\b\s*\d*\s*[:.)]|\d+[.)]|[-*•>])\s*", re.I)
_THOUGHT = re.compile(r"<think>.*?</think>", re.S)
_KEYS = {"question": "instruction", "answer": "output", "response": "output"}
_LONGEST = 1_000_000  # characters of a reply that are looked at
_FAILURES = 200  # places that look like JSON and are not, before the rest is given up
_DEEPEST = 20
_ASKING = re.compile(r"(?:what|who|whom|whose|which|when|where|why|how)\b", re.I)
_QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»"}
_MARKUP = re.compile(r"<\|[^|<>]*\|>")


@dataclass(frozen=True)
class Draft:
    """One pair as the teacher gave it; `problem` says why it can't be used, or is ""."""

    instruction: str
    output: str
    problem: str = ""


def question(reply: Reply) -> str:
    """The question in a reply to "write one question": its first line, up to a question mark."""
    for line in _clean(reply.text).splitlines():
        text = _unquote(_LABEL.sub("", line.strip("* \t")).strip("* \t"))
        if text:
            return _one_question(text)
    return ""


def answer(asked: str, reply: Reply) -> Draft:
    """The draft of a question and the reply to it."""
    text = _unquote(_LABEL.sub("", _clean(reply.text)).strip())
    if reply.finish_reason == "length":
        return Draft(asked, text, TRUNCATED)
    if reply.finish_reason == "content_filter":
        return Draft(asked, text, "withheld by the endpoint's content filter")
    return Draft(asked, text, "" if text else "empty answer")


def pairs(reply: Reply) -> list[Draft]:
    """The drafts in a reply that should be JSON: `{"pairs": [{"instruction": …, "output": …}]}`.

    Fences and chatter around the JSON are passed over; of a reply that breaks off, the whole pairs
    are kept. Never raises; a reply without any pair gives no draft.
    """
    return [_draft(item) for item in _objects(reply.text)]


def problem(reply: Reply) -> str:
    """Why a reply that should be JSON gave no pair."""
    if reply.finish_reason == "length":
        return TRUNCATED
    if reply.finish_reason == "content_filter":
        return "withheld by the endpoint's content filter"
    text = " ".join(reply.text.split())
    return f"reply not JSON pairs: {text[:120]}" if text else "empty reply"


def _one_question(text: str) -> str:
    """Without what follows the first question mark, and with one where only it is missing."""
    asked, mark, _ = text.partition("?")
    if mark:
        return asked + mark
    whole = text[-1] in ".!:…。！？" or not _ASKING.match(text)
    return text if whole else text + "?"


def _draft(item: dict[str, Any]) -> Draft:
    fields = (item.get("instruction"), item.get("output"))
    first, second = (_clean(field) if isinstance(field, str) else "" for field in fields)
    if not first:
        return Draft(first, second, "no instruction")
    return Draft(first, second, "" if second else "no output")


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
