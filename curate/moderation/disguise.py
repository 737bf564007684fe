"""Text as a reader takes it: no zero-width characters, look-alikes, leetspeak, l e t t e r s."""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = re.compile(
    "[\u00ad\u034f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]"
)
_ALIKE = str.maketrans(
    # Cyrillic and Greek letters that look Latin, and typographic marks
    "аеорсухікмтнвѕјԁɡιοανρτυ‘’ʼ“”–—",
    "aeopcyxikmthbsjdgioavptu'''\"\"--",
)
_LEET = str.maketrans("013457@$!|€", "oieastasile")
_MIXED = re.compile(
    r"(?<![\w$@!|])(?=[a-z013457@$!|€*]*[a-z])[a-z013457@$!|€]*[013457@$!|€][a-z013457@$!"
    r"|€]*(?![\w@$|€])"
)
_SPELT = re.compile(r"(?<!\w)(?:\w[ .*_\-/]{1,2}){3,}\w(?!\w)")
_STARRED = re.compile(r"(?<!\w)[a-z]{1,8}[*#]{1,3}[a-z]{1,8}(?!\w)")

# What a text must hold to be disguised, in the dialect of Rust and before it is lowered: a sign
# or digit within a word, letters one by one, or characters that look like ASCII letters.
DISGUISED = (
    r"(?i)(?-u:\b)[a-z]+[013457@$!|*#]+[a-z]{2}|(?-u:\b)[a-z]{2,}[013457@$!|*#]+[a-z]|(?:^"
    r"|[\s\"'(])[013457@$!][a-z]{2,}"
    r"|(?-u:\b)[a-z](?:[ .*_-]{1,2}[a-z](?-u:\b)){3}"
    r"|[\x{ad}\x{200b}-\x{200f}\x{2060}-\x{2064}\x{370}-\x{52f}\x{feff}"
    r"\x{ff00}-\x{ff5e}]|(?-u:\b)[a-z]+[aeiou][$5@]{1,2}(?-u:\b)|(?-u:\b)f[*#]|(?-u:\b)a\$\$"
)


def plain(text: str) -> str:
    """Lower case, one space between words, compatibility forms and look-alikes resolved."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", _HIDDEN.sub("", text))
        text = (
            "".join(c for c in decomposed if not unicodedata.combining(c)).lower().translate(_ALIKE)
        )
    return text.lower()


def revealed(text: str, words: frozenset[str]) -> str:
    """A plain text in which `words` that were written in disguise stand openly."""
    if any(mark in text for mark in "013457@$!|€"):
        text = _MIXED.sub(lambda match: _known(match[0], match[0].translate(_LEET), words), text)
    if "*" in text or "#" in text:
        text = _STARRED.sub(lambda match: _starred(match[0], words), text)
    return _SPELT.sub(lambda match: _spelt(match[0], words), text)


def _spelt(written: str, words: frozenset[str]) -> str:
    """Letters one by one as the word they spell, where a letter before or after may stand alone."""
    read = re.sub(r"[ .*_\-/]", "", written).translate(_LEET)
    for start, end in ((0, 0), (1, 0), (0, 1), (1, 1)):
        word = read[start : len(read) - end]
        if word in words:
            return " ".join(
                filter(None, (read[:start], word, read[len(read) - end :] if end else ""))
            )
    return written


def _known(written: str, read: str, words: frozenset[str]) -> str:
    for form in (read, read.replace("l", "i"), read.rstrip("i"), re.sub(r"(.)\1+", r"\1", read)):
        if form in words or form.rstrip("s") in words:
            return form
    return written


def _starred(written: str, words: frozenset[str]) -> str:
    form = re.compile(re.sub(r"[*#]", "[a-z]", written))
    return next((word for word in sorted(words) if form.fullmatch(word)), written)
