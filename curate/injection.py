"""Documents are data: text in them that talks to the model is found, and cannot leave its frame.

Found is what published attacks on language models have in common (Greshake et al. 2023,
arXiv:2302.12173; Perez and Ribeiro 2022, arXiv:2211.09527): orders to forget earlier instructions,
new roles, marks of a chat template, requests for the prompt. A list of wordings finds planted
attacks, not clever ones; what is found is told, and what is not still stands between delimiters.
"""

from __future__ import annotations

import re
import unicodedata

_GAP = r"\s+(?:\w+\s+){0,3}?"
_FORGET = r"\b(?:ignore|disregard|forget|override|bypass|do\s+not\s+follow)"
_EARLIER = r"(?:previous|prior|above|earlier|preceding|foregoing|original|system|your|all)"
_ORDERS = r"(?:instructions?|prompts?|rules?|directions?|guidelines?|guardrails?)"
_MODEL = (
    r"(?:(?:any|all|the|an?)\s+)?(?:ai|assistants?|(?:language\s+)?models?|llms?|chatbots?|gpt)\b"
)
_FORGETS = ("ignore", "disregard", "forget", "override", "bypass", "follow")

# Each wording with words one of which it must hold: to look for these first is much faster.
WORDINGS = [
    (_FORGETS, _FORGET + _GAP + _EARLIER + _GAP + _ORDERS),
    (_FORGETS, _FORGET + r"\s+(?:everything|anything|all)" + _GAP + r"(?:above|before|prior)\b"),
    (
        ("instruction", "prompt", "rules"),
        r"\b(?:new|updated|real|actual)\s+(?:system\s+)?(?:instructions?|prompt|rules)\s*(?::|follow\b)",
    ),
    (
        ("attention", "note", "message", "instruction", "important"),
        r"\b(?:attention|notes?|message|instructions?|important)\b[\s,:;!-]{0,4}(?:to|for)\s+"
        + _MODEL
        + r"\s*[:,.!-]",
    ),
    (("attention",), r"\battention[\s,:!]{1,3}" + _MODEL),
    (("if you",), r"\bif\s+you\s+are\s+" + _MODEL),
    (
        ("you must", "you should", "you will", "you are", "you have to"),
        r"\bas\s+" + _MODEL + r",?\s+you\b",
    ),
    (
        ("you are",),
        r"\byou\s+are\s+(?:now|no\s+longer)"
        + _GAP
        + r"(?:ai|assistant|model|dan|bot|unrestricted)\b",
    ),
    (
        ("prompt", "instructions"),
        r"\b(?:reveal|print|repeat|show|output|leak)\s+(?:me\s+)?(?:your|the)"
        + _GAP
        + r"(?:system\s+prompt|hidden\s+prompt|initial\s+prompt|instructions\s+above)",
    ),
    (
        ("only with", "just with", "exactly with"),
        r"\b(?:respond|reply|answer)\s+(?:only|just|exactly)\s+with\b",
    ),
    (
        ("<|", "inst]", "<<sys"),
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id)\|>|\[/?INST\]|<<SYS>>",
    ),
    (
        ("system", "assistant"),
        r"^\s{0,3}(?:#{1,6}\s*|\[)?(?:system|assistant)(?:\s+(?:prompt|message))?\]?\s*:\s*you\b",
    ),
]
_PATTERNS = [(words, re.compile(wording, re.I | re.M)) for words, wording in WORDINGS]
_HIDDEN = re.compile("[\u200b-\u200f\u2060-\u2064\u00ad\ufeff\U000e0000-\U000e007f]")
_FRAME = re.compile(r"<(?=\s*/?\s*document\b)", re.IGNORECASE)


def instructs(text: str) -> str:
    """The words of a text with which it talks to the model that reads it, or ""."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _HIDDEN.sub("", text))
    lowered = " ".join(text.lower().split())
    for words, pattern in _PATTERNS:
        if any(word in lowered for word in words) and (found := pattern.search(text)):
            return " ".join(found[0].split())
    return ""


def framed(text: str) -> str:
    """`text` as it may stand between `<document>` and `</document>`: it holds neither mark."""
    return _FRAME.sub("‹", text) if "ocument" in text.lower() else text
