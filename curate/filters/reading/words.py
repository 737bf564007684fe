"""Words and their stems; fast where texts are as most are."""

from __future__ import annotations

import re
from collections.abc import Iterable

from curate.filters import wording
from curate.filters.reading.lazy import of_word
from curate.text import MARKS, UNSPACED, content_units, folded, units

END = "\x01"
"""What stands for the end of a text among words; never a word."""

_BETWEEN = str.maketrans(
    {chr(at): " " for at in range(128) if not (chr(at).isalnum() or chr(at) in f"_'{END}")}
)
_QUOTE = re.compile(r"'(?:(?!\w)|(?<!\w'))")  # an apostrophe that is not within a word
_PRINTED = re.compile("[“”„–—‘•…→]")
_PLAIN_UNIT = re.compile(r"\w+(?:'\w+)*")
_OTHER = re.compile(f"[{UNSPACED}{MARKS}]")


def fold(text: str) -> str:
    """`text.folded`, sooner done for ASCII."""
    return text.lower() if text.isascii() else folded(text)


def words_of(text: str) -> list[str]:
    """`text.units` of a text that is folded already."""
    plain = _plain(text)
    return _ascii_words(plain) if plain.isascii() else _other_words(text, plain)


def words_of_all(texts: Iterable[str]) -> list[str]:
    """The words of texts that are not folded yet, text after text, with END after those of each.

    Those of many texts in ASCII are found in one go.
    """
    found: list[str] = []
    together: list[str] = []

    def take() -> None:
        found.extend(_ascii_words(f" {END} ".join([*together, ""]).lower()))
        together.clear()

    for text in texts:
        text = text if text.isascii() else folded(text)
        plain = _plain(text)
        if plain.isascii():
            together.append(plain)
        else:
            take()
            found += [*_other_words(text, plain), END]
    take()
    return found


def _plain(text: str) -> str:
    """`text` with spaces for END and for signs that print has in English."""
    text = text if text.isascii() else _PRINTED.sub(" ", text)
    return text.replace(END, " ") if END in text else text


def _ascii_words(text: str) -> list[str]:
    if "'" in text:
        text = _QUOTE.sub(" ", text)
    return text.translate(_BETWEEN).split()


def _other_words(text: str, plain: str) -> list[str]:
    return units(text) if _OTHER.search(plain) else _PLAIN_UNIT.findall(plain)


@of_word
def stem(unit: str) -> str:
    """`wording.stem`, remembered."""
    return wording.stem(unit)


@of_word
def meaning(unit: str) -> str:
    """The stem of a word that carries meaning; "" for a function word."""
    return wording.stem(unit) if content_units(unit) else ""
