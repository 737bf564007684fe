"""What two texts must have in common to say the same: numbers, denials, names of code, opposites.

Vectors of meaning hardly see them: "takes 2 arguments" is close to "takes 3 arguments", "is called"
to "is not called", `len` to `sum`, and "before the call" to "after the call".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curate.text import folded, units

Particulars = tuple[int, tuple[str, ...]]
"""How often a text denies something; its numbers, names and words with an opposite, sorted, each as
often as it comes.
"""

_COUNTED = """
zero . two three four five six seven eight nine ten eleven twelve
"""  # "one" is mostly a pronoun; "one of two" differs from "two of three" all the same
_NUMBERS = {word: str(number) for number, word in enumerate(_COUNTED.split())}
_CONSTANTS = frozenset(("true", "false", "none", "null", "nan"))
_TELLING_WORDS = """
first second third fourth fifth sixth seventh eighth ninth tenth last next previous
before after above below inside outside left right up down top bottom upper lower front back
minimum maximum min max smallest largest shortest longest less greater fewer more
smaller larger shorter longer earlier later start end begin
open close read write load save get set add remove insert delete push pop encode decode
encrypt decrypt increase decrease increment decrement enable disable allow forbid lock unlock
local remote public private internal external input output source target sender receiver
row rows column columns horizontal vertical positive negative ascending descending forward backward
synchronous asynchronous mutable immutable optional required signed unsigned
"""
_ENDING = re.compile(r"(?<=[a-z]{3})(?:ings?|ed|es|e|s)$")  # so that "opened" meets "open"
_TELLING = frozenset(_ENDING.sub("", word) for word in _TELLING_WORDS.split())
_DENYING_WORDS = """
not no never neither nor cannot without nothing none nobody unless except
"""
_DENIALS = frozenset(_DENYING_WORDS.split())
_NAME = re.compile(
    r"`+([^`]+?)`+"  # in backticks, whatever it is
    r"|(?<!\w)'([^'\s]+)'(?!\w)|\"([^\"\s]+)\"|[“‘]([^”’\s]+)[”’]"  # one word in quotes
    r"|(?<![\w-])(--?[A-Za-z][\w-]*)"  # an --option
    r"|((?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*)"  # dotted.name
    r"|(?<!\w)([A-Za-z]\w*)\(\)"  # called()
    r"|(?<!\w)(\w*[A-Za-z]\w*_\w*|_\w+|[A-Za-z]*[a-z][A-Z]\w*|[A-Z][A-Z\d]+)(?!\w)"  # snake, camel
    r"|(?<!\S)([-+*/%<>=!&|^~@]+)(?!\S)"  # a sign of code
)
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,_]\d+)*(?:\s?%)?")


def particulars(text: str) -> Particulars:
    """What must be the same in any text that says the same as `text`.

    `len()`, "len" and `len` in backticks are one name, with or without empty brackets.
    """
    names = [_plain(match) for match in _NAME.finditer(text)]
    rest = _NAME.sub(" ", text)
    numbers = [match.group().replace(" ", "") for match in _NUMBER.finditer(rest)]
    words = units(rest)
    told = sorted([*names, *numbers, *_told(words)])
    return sum(word in _DENIALS or word.endswith("n't") for word in words), tuple(told)


def _told(words: list[str]) -> Iterator[str]:
    """The numbers, constants, and words with an opposite or a place in a row, among words."""
    for word in words:
        if word in _NUMBERS:
            yield _NUMBERS[word]
        elif word in _CONSTANTS:
            yield word
        elif (root := _ENDING.sub("", word)) in _TELLING:
            yield root


def _plain(match: re.Match[str]) -> str:
    """A name without its quotes and empty brackets; of a number in quotes, the number."""
    name = next(group for group in match.groups() if group)
    name = " ".join(name.split()).removesuffix("()")
    return folded(name) if folded(name) in _CONSTANTS else name
