"""What a question takes from its passage's heading, so that it can be understood alone.

"What does an asterisk denote?" hangs on where it was asked; "In the context of expression lists,
what does an asterisk denote?" does not. English, as the questions are.
"""

from __future__ import annotations

import re

from curate.generate import english
from curate.text import content_units

_NUMBERING = re.compile(r"(?:\d+(?:\.\d+)*[.)]?|[A-Z][.)]|§ ?\d+) +")
_UNFIT = re.compile(r"[^\w \"'“”‘’`-]|\b[A-Z]{2,} [A-Z]{2,}\b")  # signs, shouting
_LONGEST = 6  # words of a heading
_PARTS_OF_A_TEXT = english.word_set(
    """about abstract additional advanced appendix background basic basics bug bugs changes
    conclusion contents description detail details discussion documentation example examples
    faq features fixes further general getting guide history information introduction links
    list miscellaneous more note notes options other overview preface quick reference
    references remarks requirements section see start started summary terms tips topics
    tutorial usage using warning welcome"""
)
_PERSONS = english.word_set("i it my our their this that we you your")
_SAYS_WHICH = re.compile(r"[^\W\d]\w*\.\w+\(")  # a method with what it is of
_DASH = re.compile(r"\s+[—–-]\s+|:\s+")


def context(heading: str, starter: str, passage: str) -> str:
    """The words before a question that say what it is about, or "" where none are needed or fit.

    `heading` is a passage's path of headings, of which the last counts.
    """
    words = subject(heading)
    if not words or not starter or _SAYS_WHICH.search(starter):
        return ""
    told = _stems(" ".join(words))
    if (told - english.SHELLS or told) <= _stems(starter):
        return ""
    return f"In the context of {_within(words, passage)}, "


def in_context(before: str, question: str) -> str:
    """`question` with the words of `context` before it."""
    return f"{before}{question[:1].lower()}{question[1:]}" if before else question


def subject(heading: str) -> list[str]:
    """The last heading's words where they are a plain noun phrase that names a subject, or []."""
    last = _NUMBERING.sub("", heading.rpartition(" > ")[2].strip(), count=1)
    last = _DASH.split(last, maxsplit=1)[0]
    words = last.split()
    small = [word.lower() for word in words]
    if not 0 < len(words) <= _LONGEST or _UNFIT.search(last) or not any(map(str.isalpha, small)):
        return []
    little = english.DETERMINERS | english.PREPOSITIONS | english.JOINTS
    if not set(small) - _PARTS_OF_A_TEXT - little:
        return []
    clause = english.BE | english.MODALS | english.BREAKS | _PERSONS
    if small[0] in english.VERBS | english.PREPOSITIONS | english.JOINTS or clause & set(small):
        return []
    return words


def resolved(sentence: str, heading: str) -> str:
    """Turn "The statement binds a name." below 'The "global" statement' into one that names it."""
    words = subject(heading)
    if len(words) < 3 or words[0] != "The" or not any(map(english.is_name, words[1:-1])):
        return sentence
    for start in (f"The {words[-1]} ", f"This {words[-1]} "):
        if sentence.startswith(start):
            return f"{' '.join(words)} {sentence[len(start) :]}"
    return sentence


def _within(words: list[str], passage: str) -> str:
    """A heading inside a sentence: capitals that are there only because it is a heading go."""
    small = [word.lower() if _is_common(word, passage) else word for word in words]
    titled = [word for word in words[1:] if word[:1].isupper() and word[1:].islower()]
    if not titled and words[0] != small[0]:
        return " ".join(small)
    kept = any(word in titled for word in small[1:])  # a title, or a name, as it is
    return " ".join(words) if kept else english.lowered(small, passage, plural=True)


def _is_common(word: str, passage: str) -> bool:
    """Whether the passage has a heading's word, or its singular, with a small letter."""
    if not (word[:1].isupper() and word[1:].islower() and word.isalpha()):
        return False
    small = word.lower().removesuffix("s")
    return bool(re.search(rf"(?<![\w.\"`]){re.escape(small)}(?:s|es)?(?![\w(\"`])", passage))


def _stems(text: str) -> set[str]:
    return {word.removesuffix("s") for word in content_units(text)}
