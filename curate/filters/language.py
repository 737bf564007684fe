"""Whether a pair is written in the wanted language, by `langdetect`."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, texts
from curate.filters.reading.lazy import of_word
from curate.options import options
from curate.registry import nearest

_CODES = (
    "af ar bg bn ca cs cy da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv mk ml mr "
    "ne nl no pa pl pt ro ru sk sl so sq sv sw ta te th tl tr uk ur vi zh-cn zh-tw"
)
CODES = tuple(_CODES.split())
"""The languages that `langdetect` tells apart."""

_WORDS = (
    r"https?://\S+|(?<!\S)\S+@\S+|<[^<>\s][^<>]*>"  # addresses and tags
    r"|(?<![!-~])[!-~]*(?:[_={}\[\]\\|+*^~%$#@<>]|\w\(|[a-z]\.[a-z])[!-~]*"  # names
    r"|(?<!\w)\w*\d\w*"  # numbers
)
_WORD = re.compile(_WORDS)
_CODE = re.compile(
    r"(?s:```.*?(?:```|\Z))|`[^`\n]*`|^ *(?:>>>|\.\.\.)[^\n]*"  # fences, spans, sessions
    rf"|{_WORDS}",
    re.MULTILINE,
)
_LONGER = ("`", "<", ">>>", "...")
"""Of these code of more than one word has one."""

_PLAIN = ".,;:!?'\")"
"""Signs around a word that do not make it code."""


@options
class Language(Filter, name="language"):
    """Probability that instruction and output, without code, are written in the language `code`.

    From 60 letters on it is `langdetect`'s number. Shorter texts are taken to be in `code` (prior
    0.9) as far as their n-grams do not speak against it, each counted once: `languages.judge`.
    """

    version: ClassVar[int] = 2

    min: Annotated[float | None, Field(allow_inf_nan=False)] = 0.8
    """Lowest probability that is kept; null for no lower bound."""

    code: str = "en"
    """The wanted language, as `langdetect` names it: `en`, `de`, `zh-cn`, …"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.code not in CODES:
            raise ValueError(f"there is no language {self.code!r}. {nearest(self.code, CODES)}")

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """0 to 1; null where no letters are left to judge by."""
        from curate.filters.languages.judge import probabilities

        pairs = zip(texts(rows, "instruction"), texts(rows, "output"), strict=True)
        found = [prose(f"{instruction}\n{output}") for instruction, output in pairs]
        once = list(dict.fromkeys(found))
        known = dict(zip(once, probabilities(once, self.code), strict=True))
        return numbers(language=[known[text] for text in found])


def prose(text: str) -> str:
    """`text` without code, names, numbers and signs; as it is where nothing else would be left."""
    longer = any(mark in text for mark in _LONGER)
    stripped = _CODE.sub(" ", text) if longer else _words(text)
    stripped = " ".join(stripped.split())
    return stripped if any(map(str.isalpha, stripped)) else " ".join(text.split())


def _words(text: str) -> str:
    """`text` without words that are code, as by `_CODE`: most words show it at a glance."""
    return " ".join(map(_bare, text.split()))


@of_word
def _bare(word: str) -> str:
    return word if word.strip(_PLAIN).isalpha() else _WORD.sub(" ", word)
