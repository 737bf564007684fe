"""Faults of shape: cut, repeated, garbled, in another language, with words of the making in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from curate.calibrate import stock
from curate.calibrate.row import Others, Plant, Row, sentences, words

_END = re.compile(r"[.!?:;…`)\]}\"'”’]$")
_TYPOGRAPHIC = str.maketrans({"'": "’", '"': "”", "-": "–"})


def truncated(row: Row, chance: Random, _others: Others) -> Row | None:
    """The answer cut in the middle of a sentence."""
    parts = [match.end() for match in re.finditer(r"\S+", row.output)]
    low, high = max(3, int(0.3 * len(parts))), int(0.85 * len(parts))
    ends = [end for end in parts[low:high] if not _END.search(row.output[:end])]
    return row.saying(row.output[: chance.choice(ends)]) if ends else None


def repeated(row: Row, chance: Random, _others: Others) -> Row | None:
    """A sentence of the answer, or a phrase at its end, again and again."""
    said = words(row.output)
    if len(said) < 4:
        return None
    if chance.random() < 0.5:
        again = chance.choice(sentences(row.output))
        return row.saying(" ".join([row.output] + [again] * chance.randint(2, 5)))
    size = min(len(said) - 1, chance.randint(2, 6))
    at = chance.randint(size, len(said))
    phrase = " ".join(said[at - size : at])
    return row.saying(" ".join([*said[:at], *[phrase] * chance.randint(4, 9)]))


def language(code: str) -> Plant:
    """Makes the fault: an answer in another language than `code`."""
    choice = sorted(set(stock.LANGUAGES) - {code})

    def plant(row: Row, chance: Random, _others: Others) -> Row | None:
        """An answer in another language than that of the rows."""
        said = list(stock.LANGUAGES[chance.choice(choice)])
        chance.shuffle(said)
        return row.saying(" ".join(said[: chance.randint(1, 3)]))

    return plant


def echo(row: Row, chance: Random, _others: Others) -> Row | None:
    """The question as its own answer, as it stands or as a statement."""
    asked = row.instruction.strip()
    return row.saying(chance.choice((asked, asked.rstrip("?？ ") + ".")))


def mojibake(row: Row, chance: Random, _others: Others) -> Row | None:
    """UTF-8 read as Windows-1252. An answer in ASCII first gets the signs that printers use."""
    text = row.output
    if text.isascii():
        text = text.translate(_TYPOGRAPHIC)
    if text.isascii():
        gap = chance.choice([match.start() for match in re.finditer(" ", text)] or [len(text)])
        text = f"{text[:gap]}\u00a0{text[gap + 1 :]}"
    ways: tuple[Callable[[str], str], ...] = (_misread, lambda t: _misread(_misread(t)), _lost)
    return row.saying(chance.choice(ways)(text))


def _misread(text: str) -> str:
    """As a program shows it that takes UTF-8 for Windows-1252; gaps of that code as Latin-1."""
    return "".join(_sign(byte) for byte in text.encode("utf-8", "replace"))


def _sign(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def _lost(text: str) -> str:
    """As a program shows it that gives up on all that is not ASCII."""
    return re.sub(r"[^\x00-\x7f]", "\ufffd", text)


def leak(row: Row, chance: Random, _others: Others) -> Row | None:
    """Words of the prompt, marks of a chat template, or markup, in the answer or the question."""
    if chance.random() < 0.2:
        return row.asking(f"Question: {row.instruction}")
    form = chance.choice(stock.LEAKS)
    return row.saying(form.replace("{q}", row.instruction).replace("{}", row.output))


def chatter(row: Row, chance: Random, _others: Others) -> Row | None:
    """An assistant that speaks of itself, or to its user."""
    return row.saying(_filled(chance.choice(stock.CHATTER), row.output))


def dangling(row: Row, chance: Random, _others: Others) -> Row | None:
    """A question about a text that nobody sees, or with "it" or "this" as its only subject."""
    if row.input.strip():
        return None
    if chance.random() < 0.5:
        return row.asking(_filled(chance.choice(stock.POINTERS), row.instruction))
    first = words(row.instruction)[:1]
    opener = first[0].lower() if first else ""
    return row.asking(chance.choice(stock.HANGING.get(opener, stock.HANGING[""])))


def _filled(form: str, text: str) -> str:
    small = text if text[1:2].isupper() else text[:1].lower() + text[1:]
    return form.replace("{lower}", small).replace("{}", text)


def empty(row: Row, chance: Random, _others: Others) -> Row | None:
    """An answer without a word."""
    return row.saying(chance.choice(("", " ", ".", "...", "-")))


def short(row: Row, chance: Random, _others: Others) -> Row | None:
    """One or two words of an answer that has six or more."""
    said = words(row.output)
    return row.saying(" ".join(said[: chance.randint(1, 2)])) if len(said) >= 6 else None
