"""Characters of a page of a PDF → its lines, cut into cells at wide blanks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from curate.sources.pdf_chars import Char

_GAP = 1.5  # of the type size: from there on a blank parts cells of a table, or columns
_BACK = 2  # of it: so far back another line starts; PDFium does not end one after a parted word
_OTHER = 0.1  # share of other letters that a cell of fixed width may have
_LETTERS = 5  # different ones of one width show a font of fixed width, whatever its name
_SAME_WIDTH = 0.02
_SIGNS = str.maketrans(
    {"\u00a0": " ", "\u00ad": "-", "\u0002": "-", "\ufffe": "-", "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl",
     "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
)  # fmt: skip


@dataclass(frozen=True)
class Style:
    """How a text is set: the size on the page, and whether it is bold, and of fixed width."""

    size: float
    bold: bool
    fixed: bool


@dataclass
class Cell:
    """A run of text without a wide blank in it. `y` is its foot, upwards."""

    text: str
    left: float
    right: float
    y: float
    style: Style


@dataclass
class Line:
    """Cells beside each other, from the left."""

    cells: list[Cell]

    @property
    def text(self) -> str:
        """Its whole text."""
        return " ".join(cell.text for cell in self.cells)

    @property
    def left(self) -> float:
        """Where it starts."""
        return self.cells[0].left

    @property
    def right(self) -> float:
        """Where it ends."""
        return max(cell.right for cell in self.cells)

    @property
    def y(self) -> float:
        """Its foot."""
        return self.cells[0].y

    @property
    def style(self) -> Style:
        """The style of most of it."""
        return max(self.cells, key=lambda cell: len(cell.text)).style


def lines_of(chars: Iterable[Char]) -> list[Line]:
    """The lines of a page, in the order in which the file has them.

    Text that stands across the direction of most of the page's is left out.
    """
    runs = _runs(chars)
    turns = Counter(char.font.turn for run in runs for char in run)
    most = max(turns, key=lambda turn: (turns[turn], -turn), default=0)
    fixed = _fixed(runs)
    return _grouped([_cell(run, fixed) for run in runs if run[0].font.turn == most])


def _runs(chars: Iterable[Char]) -> list[list[Char]]:
    runs: list[list[Char]] = []
    fresh, blank = True, False
    for char in chars:
        if char.text == " ":
            blank = True
        elif char.text == "\n":
            fresh = True
        else:
            if fresh or _is_apart(runs[-1][-1], char):
                runs.append([])
            elif blank:
                last = runs[-1][-1]
                runs[-1].append(Char(" ", last.right, char.left, char.y, char.font))
            runs[-1].append(char)
            fresh = blank = False
    return runs


def _is_apart(last: Char, char: Char) -> bool:
    gap, size = char.left - last.right, char.font.size
    return last.font.turn != char.font.turn or not -_BACK * size <= gap <= _GAP * size


def _fixed(runs: list[list[Char]]) -> set[str]:
    """Names of the fonts whose letters are all of one width."""
    widths: dict[str, dict[str, float]] = {}
    for run in runs:
        for char in run:
            if char.text.isalpha() and char.text.isascii():
                width = (char.right - char.left) / char.font.size
                widths.setdefault(char.font.name, {})[char.text] = width
    return {
        name
        for name, found in widths.items()
        if len(found) >= _LETTERS and max(found.values()) - min(found.values()) < _SAME_WIDTH
    }


def _cell(run: list[Char], fixed: set[str]) -> Cell:
    """A run as a cell: of fixed width if all its text is, else in the style of the other text."""
    text = "".join(char.text for char in run).translate(_SIGNS)
    fonts = Counter(char.font for char in run)
    styles = {f: Style(f.size, f.bold, f.fixed or f.name in fixed) for f in fonts}
    words = Counter(c.font for c in run if c.text.isalnum() and not styles[c.font].fixed)
    mixed = words.total() > _OTHER * len(run)
    most = (words if mixed else fonts).most_common(1)[0][0]
    y = Counter(round(char.y, 1) for char in run if char.font == most).most_common(1)[0][0]
    return Cell(text, run[0].left, max(char.right for char in run), y, styles[most])


def _grouped(cells: list[Cell]) -> list[Line]:
    """Lines of cells that follow each other on one height, from left to right."""
    lines: list[Line] = []
    for cell in cells:
        last = lines[-1].cells[-1] if lines else None
        if last and abs(cell.y - last.y) < 0.5 * min(cell.style.size, last.style.size):
            gap = cell.left - last.right
            if gap > _GAP * cell.style.size:
                lines[-1].cells.append(cell)
                continue
            if gap > -0.5 * cell.style.size:
                _join(last, cell, gap)
                continue
        if last and _is_mark(last, cell):
            last.text, last.style, last.y = f"{last.text} {cell.text}", cell.style, cell.y
            last.right = cell.right
            continue
        lines.append(Line([cell]))
    return lines


def _is_mark(last: Cell, cell: Cell) -> bool:
    """Whether the cell before is the raised number of a note, which this one is."""
    near = -1 < cell.left - last.right < cell.style.size
    return near and 0 < last.y - cell.y < 0.7 * cell.style.size and len(last.text) < 4


def _join(last: Cell, cell: Cell, gap: float) -> None:
    if not cell.style.fixed and (last.style.fixed or len(cell.text) > len(last.text)):
        last.style = cell.style
    last.text += (" " if gap > 0.15 * cell.style.size else "") + cell.text
    last.right = max(last.right, cell.right)
