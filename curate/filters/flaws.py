"""Debris that no question and no answer should hold, looked for in all texts of a column at once.

Marks of chat templates, markup, an assistant that speaks of itself, words of the prompt, broken
encoding. What is in code is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.filters.reading.patterns import which

FATAL, BAD, SLIGHT = 0.1, 0.4, 0.8
"""What a flaw leaves of a text's form."""

Left = npt.NDArray[np.float64]
Table = tuple[tuple[float, str], ...]

_DEBRIS = (  # what no instruction and no output should hold
    r"<\|[^|<>]*\|>|\[/?INST\]|</?s>|<</?SYS>>|<(?:start|end)_of_turn>",  # chat templates
    r"(?im:^[ \t]*#+[ \t]*(?:response|instruction|input|output|question|answer)\b)",
    r"(?im:^[^\w\n]*(?:questions?|answers?|instruction|response|human|assistant|user|system)[^\w\n]*:)",
    r"(?m:^[^\w\n]*[QA]\d*[^\w\n]*:)",
    r"\x{fffd}|[\x00-\x08\x0e-\x1f\x7f]",
    r"::=",  # a grammar, copied
    r"(?i:(?:^|[.!?\n]\s*)(?:reply|respond|answer)(?: only| just)? with"
    r" (?:the|your|only|just|one)\b)",
)
_MARKUP = (
    r"(?m:^[ \t]*(?:\*{5,}|={5,}|~{5,}|\^{5,}|#{5,}|-{5,})[ \t]*$)|\+[-=]{3,}\+|\|[-=]{3,}\|",
    r"(?i:</?(?:p|br|div|span|li|ul|ol|table|tr|td|a|b|i|em|strong|h[1-6])(?:\s[^<>]*)?/?>)",
)
_ASSISTANT = (  # a chat assistant speaking of itself and to its user
    r"(?i:\bas an? (?:ai|(?:large )?language model|text-based|virtual assistant)\b)",
    r"(?i:\bi(?:'m| am) an? (?:ai|artificial|(?:large )?language model|virtual assistant"
    r"|chatbot)\b)",
    r"(?i:^\W*(?:i'm|i am|i'd|i would) (?:be |just )?(?:sorry|unable|afraid|not able|ready|happy"
    r"|glad|here|love|like|a language|an ai|designed)\b)",
    r"(?i:^\W*(?:i (?:can(?:not|'t)|don't have|do not have|apologi[sz]e)|i've|i have read"
    r"|i can (?:help|assist|suggest|provide)|yes, i can)\b)",
    r"(?i:\bwhat (?:else )?would you like (?:me|to (?:know|do|ask))"
    r"|\bhow (?:can|may) i (?:help|assist)\b)",
    r"(?i:\bwhat's on your mind\b|\byour next question\b|\bi(?:'m| am) ready to\b)",
    r"(?i:^\W*what an? (?:great|good|pleasure|fascinating|wonderful|interesting))",
    r"(?i:\b(?:great|good) question[!.]|\bfeel free to ask\b|\blet me know if\b"
    r"|\bhope (?:this|that|it) helps)",
)
_CHATTY = (
    r"(?i:^(?:sure|certainly|absolutely|of course|okay|ok|great|thank you|thanks)\s*[,.!:])",
    r"(?i:^(?:here(?:'s| is| are)|below (?:is|are)|the following is)\b[^.\n]*:)",
)
_ASKED = (  # the words that asked the teacher for an instruction
    r"(?i:\b(?:write|ask|generate|create|suggest) (?:one|1|another) (?:\w+ )?question\b)",
    r"(?i:\b(?:answer|respond to|response to) (?:the|my|this|that|your) (?:\w+ )?question\b)",
    r"(?i:\breply with\b|\bquestion only\b|\bsentences?, using only\b|\bthis text answers\b)",
)

ANYWHERE: Table = ((FATAL, "|".join(_DEBRIS)), (BAD, "|".join(_MARKUP)))
"""Flaws of any text."""

CHATTER: Table = ((FATAL, "|".join(_ASSISTANT)), (BAD, "|".join(_CHATTY)))
"""Flaws of any text but a refusal."""

ASKED: Table = ((FATAL, "|".join(_ASKED)),)
"""Flaws of an instruction."""

_CODE = re.compile(r"(?s)```.*?```|`[^`\n]*`")
_LATIN = "[\x80-\u024f\u02c6\u02dc]"  # what UTF-8 read as another code always has


def plain(texts: Sequence[str]) -> pl.Series:
    """The texts without code, apostrophes straight."""
    bare = [_CODE.sub(" ", text) if "`" in text else text for text in texts]
    return pl.Series(bare, dtype=pl.String).str.replace_all("’", "'", literal=True)


def left(texts: pl.Series, table: Table) -> Left:
    """What the flaws of a table leave of each text: 1 where it has none of them."""
    share = np.ones(len(texts))
    for flaw, pattern in table:
        share[which(texts, pattern)] *= flaw
    return share


def undamaged(texts: pl.Series) -> Left:
    """FATAL for texts whose encoding was misread (`â€™` for `’`), by `ftfy`'s heuristic; else 1."""
    share = np.ones(len(texts))
    for at in which(texts, _LATIN).tolist():
        from ftfy.badness import is_bad

        if is_bad(texts[at]):
            share[at] = FATAL
    return share
