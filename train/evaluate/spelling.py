"""Misspelt words: unknown to dictionary and documents, and one letter off a word they know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from train.evaluate.words import words

# Lower case alone: names begin with a capital, and code has digits, dots, brackets and underscores
_PLAIN = re.compile(r"(?<![\w.`/\\<&#@-])[^\W\d_A-Z]{4,}(?![\w(`/\\>=@-]|\.\w)")
_BRITISH = (
    ("our", "or"),
    ("is(?=e|ing|ation|able)", "iz"),
    ("ys(?=e|ing)", "yz"),
    ("re(?=s?$)", "er"),
    ("ll(?=ed|ing|er)", "l"),
    ("ogue", "og"),
    ("ence(?=s?$)", "ense"),
)


class Spelling:
    """A dictionary of one language, which knows the words of some texts too: the documents.

    pyspellchecker (MIT) has the dictionaries. Falsy for a language that it does not have.
    """

    def __init__(self, language: str, texts: Iterable[str]) -> None:
        self.language = language
        self._texts = list(texts)

    def __bool__(self) -> bool:
        return self._checker is not None

    def misspelt(self, text: str, also_known: str = "") -> dict[str, str]:
        """The misspelt words of a text, each with what was probably meant, in order."""
        if not self:
            return {}
        known = self._known | set(words(also_known))
        seen = dict.fromkeys(_PLAIN.findall(text))
        found = {}
        for word in seen:
            plain = word.replace("’", "'")
            if plain not in known and not self._in_dictionary(plain):
                meant = self._meant(plain)
                if meant:
                    found[word] = meant
        return found

    def corrected(self, text: str, also_known: str = "") -> str:
        """The text with what was probably meant in the place of each misspelt word."""
        meant = self.misspelt(text, also_known)
        return _PLAIN.sub(lambda found: meant.get(found[0], found[0]), text)

    def _in_dictionary(self, word: str) -> bool:
        if word in self._checker:
            return True
        # Its English is American, and lacks most of what is spelt otherwise in Britain
        forms = (
            (re.sub(here, there, word) for here, there in _BRITISH) if self.language == "en" else ()
        )
        return any(form != word and form in self._checker for form in forms)

    def _meant(self, word: str) -> str:
        """The known word that is a letter off; without one it may be a word of its own."""
        candidates = self._checker.candidates(word) or set()
        known = (each for each in candidates if each != word)
        return max(known, key=self._checker.word_usage_frequency, default="")

    @cached_property
    def _known(self) -> set[str]:
        return {word for text in self._texts for word in words(text)}

    @cached_property
    def _checker(self) -> Any:
        from spellchecker import SpellChecker

        try:
            return SpellChecker(language=self.language, distance=1)
        except ValueError:
            return None
