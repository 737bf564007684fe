"""Pages of a PDF that are set in two columns, but written across both: put in reading order."""

from __future__ import annotations

from curate.sources.pdf_lines import Cell, Line

_FEWEST = 6  # lines in each column
_FILLED = 0.6  # of a column's width, that most of its lines fill; cells of tables do not
_CROSSING = 0.2  # share of lines that may stand across both


def in_reading_order(lines: list[Line]) -> list[Line]:
    """The lines of a page: where they run across two columns, cut, and column after column."""
    gutter = _gutter(lines)
    if gutter is None:
        return lines
    ordered: list[Line] = []
    sides: tuple[list[Line], list[Line]] = ([], [])
    for line in sorted(lines, key=lambda line: -line.y):
        left = [cell for cell in line.cells if cell.right <= gutter]
        right = [cell for cell in line.cells if cell.left >= gutter]
        if len(left) + len(right) < len(line.cells):  # it stands across both
            ordered += [*sides[0], *sides[1], line]
            sides = ([], [])
            continue
        for side, cells in zip(sides, (left, right), strict=True):
            if cells:
                side.append(Line(cells))
    return [*ordered, *sides[0], *sides[1]]


def _gutter(lines: list[Line]) -> float | None:
    """Where the blank between two columns is, if lines are written across it."""
    pairs = [line for line in lines if len(line.cells) == 2]
    if len(pairs) < _FEWEST or not lines:
        return None
    low, high = min(line.left for line in lines), max(line.right for line in lines)
    starts = sorted(line.cells[1].left for line in pairs)
    gutter = starts[len(starts) // 2] - 1
    if not 0.3 < (gutter - low) / max(1.0, high - low) < 0.7:
        return None
    cells = [cell for line in lines for cell in line.cells]
    left = [cell for cell in cells if cell.right <= gutter]
    right = [cell for cell in cells if cell.left >= gutter]
    crossing = len(cells) - len(left) - len(right)
    if crossing > _CROSSING * len(cells) or min(len(left), len(right)) < _FEWEST:
        return None
    return gutter if _is_filled(left) and _is_filled(right) else None


def _is_filled(cells: list[Cell]) -> bool:
    width = max(cell.right for cell in cells) - min(cell.left for cell in cells)
    filled = sum(cell.right - cell.left > _FILLED * width for cell in cells)
    return filled > len(cells) / 2
