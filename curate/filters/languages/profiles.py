"""The model: the shares of n-grams in 55 languages, from the profiles that `langdetect` ships."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

CODEPOINTS = 0x20000
"""Above are no letters that have a case, and none that a profile knows."""

SPACE, UNKNOWN = 1, 2
"""Numbers of a space, and of letters that no profile has; the others follow."""

_SLOTS = 1 << 19
_HASH = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Profiles:
    """What `langdetect` knows, by numbers of letters and of n-grams."""

    codes: tuple[str, ...]
    shares: Floats
    """N-gram × language: how often it is among the language's n-grams of that length."""
    letter: Ints
    """Code point → number of the letter that it counts as."""
    upper: Marks
    """Code point → whether the letter that it counts as is a capital."""
    base: int
    """One more than the highest number of a letter: an n-gram's key is a number of that base."""
    keys: Ints
    """A hash table of keys, 0 where free …"""
    numbers: Ints
    """… and the number of the n-gram in each slot."""

    def find(self, keys: Ints) -> Ints:
        """The number of each n-gram; -1 for those that no profile has."""
        slot = _slots(keys)
        there = self.keys[slot]
        found = np.where(there == keys, self.numbers[slot], -1)
        left = np.flatnonzero((there != keys) & (there != 0))
        slot = slot[left]
        while left.size:
            slot = (slot + 1) % _SLOTS
            there = self.keys[slot]
            hit = there == keys[left]
            found[left[hit]] = self.numbers[slot[hit]]
            on = ~hit & (there != 0)
            left, slot = left[on], slot[on]
        return found


def _slots(keys: Ints) -> Ints:
    """Multiplicative hashing (Knuth, The Art of Computer Programming, vol. 3, 6.4)."""
    mixed = (keys.view(np.uint64) * _HASH) >> np.uint64(65 - _SLOTS.bit_length())
    return mixed.view(np.int64)


def _table(keys: Ints) -> tuple[Ints, Ints]:
    """The hash table of `keys`, with linear probing: the keys and their numbers by slot."""
    table, numbers = np.zeros(_SLOTS, np.int64), np.zeros(_SLOTS, np.int64)
    left, slot = np.arange(len(keys)), _slots(keys)
    while left.size:
        _, first = np.unique(slot, return_index=True)
        first = first[table[slot[first]] == 0]
        table[slot[first]], numbers[slot[first]] = keys[left[first]], left[first]
        rest = np.ones(len(left), bool)
        rest[first] = False
        left, slot = left[rest], (slot[rest] + 1) % _SLOTS
    return table, numbers


@cache
def profiles() -> Profiles:
    """All profiles, read once."""
    from langdetect.detector_factory import PROFILES_DIRECTORY

    files = sorted(Path(PROFILES_DIRECTORY).iterdir(), key=lambda file: file.name)
    read: list[dict[str, Any]] = [
        json.loads(file.read_text(encoding="utf-8"))
        for file in files
        if file.is_file() and not file.name.startswith(".")
    ]
    known = {gram for each in read for gram in each["freq"] if 1 <= len(gram) <= 3}
    grams = {gram: at for at, gram in enumerate(sorted(known))}
    shares = np.zeros((len(grams), len(read)))
    for column, each in enumerate(read):
        for gram, count in each["freq"].items():
            if gram in grams:
                shares[grams[gram], column] = count / each["n_words"][len(gram) - 1]
    letters = sorted({letter for gram in grams for letter in gram} - {" "})
    number = {" ": SPACE} | {letter: at for at, letter in enumerate(letters, UNKNOWN + 1)}
    base = len(letters) + UNKNOWN + 1
    keys = np.array([_key([number[letter] for letter in gram], base) for gram in grams], np.int64)
    return Profiles(
        tuple(str(each["name"]) for each in read),
        shares,
        *_letters(number),
        base,
        *_table(keys),
    )


def _key(numbers: list[int], base: int) -> int:
    key = 0
    for each in numbers:
        key = key * base + each
    return key


def _letters(number: dict[str, int]) -> tuple[Ints, Marks]:
    """What each code point counts as: `langdetect` folds signs, kana, hangul and rare signs."""
    from langdetect.utils.ngram import NGram

    counts_as = [NGram.normalize(chr(each)) for each in range(0x10000)]
    counts_as += map(chr, range(0x10000, CODEPOINTS))
    letter = np.array([number.get(each, UNKNOWN) for each in counts_as], np.int64)
    return letter, np.array([each.isupper() for each in counts_as])
