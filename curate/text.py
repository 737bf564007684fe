"""Pure helpers on strings: digests, words, tokens, and what is safe to print."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from typing import Any

_WORD = re.compile(r"\w+(?:['’]\w+)*")


def digest(*parts: Any, size: int = 16) -> str:
    """Hex digest of strings or JSON values: `size` hex digits of BLAKE2b over their JSON.

    Lone surrogates, which hostile files can carry, are allowed.
    """
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=32).hexdigest()[:size]


def words(text: str) -> list[str]:
    """Case-folded words of NFKC-normalised text: runs of letters, digits and underscore."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def printable(text: str) -> str:
    """`text` with control characters shown as escapes, so that it cannot steer a terminal."""
    return "".join(
        char if char in "\n\t" or unicodedata.category(char)[0] != "C" else f"\\x{ord(char):02x}"
        for char in text
    )
