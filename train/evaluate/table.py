"""The evaluation on the terminal: base beside tuned, faults, findings, notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from train.escape import printable
from train.evaluate.compare import Line
from train.evaluate.evaluation import Evaluation
from train.evaluate.files import faults
from train.evaluate.stats import Mean

HEADINGS = ("measure (items)", "base", "tuned", "difference", "up", "down", "p", "shows")


def table(found: Evaluation) -> str:
    """All of it as text. Nothing that came from documents or models can steer the terminal."""
    parts = []
    if found.lines:
        parts.append(_aligned([HEADINGS, *_grouped(found.lines)], left=(0, len(HEADINGS) - 1)))
    counts = [each for each in faults(found) if each["base"] or each["tuned"]]
    if counts:
        of = f"answers with a fault, of {counts[0]['of']}"
        head = (of, "base", "tuned", "came", "went", "p")
        cells = [
            (each["fault"], *(str(each[key]) for key in head[1:5]), f"{each['p']:.3f}")
            for each in counts
        ]
        parts.append(_aligned([head, *cells]))
    if found.findings:
        parts.append("\n".join(_plain(each.text) for each in found.findings))
    if found.notes:
        parts.append("\n".join(f"Note: {_plain(note)}" for note in found.notes))
    return "\n\n".join(parts)


def _grouped(lines: Sequence[Line]) -> Iterator[tuple[str, ...]]:
    group = ""
    for line in lines:
        if line.group != group:
            group = line.group
            yield (_plain(group), *[""] * (len(HEADINGS) - 1))
        yield _cells(line)


def _cells(line: Line) -> tuple[str, ...]:
    change = line.change
    guess = f", guessing {line.chance:.3f}" if line.chance is not None else ""
    return (
        f"  {_plain(line.measure)} ({line.base.items})",
        number(line.base),
        number(line.tuned),
        number(change.mean, sign="+"),
        str(change.up),
        str(change.down),
        f"{change.p:.3f}",
        line.verdict + guess,
    )


def number(value: Mean, sign: str = "") -> str:
    """`0.412 ± 0.010`: a number and its standard error."""
    digits = 1 if abs(value.value) >= 100 else 3
    error = f" ± {value.error:.{digits}f}" if value.error is not None else ""
    return f"{value.value:{sign}.{digits}f}{error}"


def _aligned(rows: Sequence[tuple[str, ...]], left: Sequence[int] = (0,)) -> str:
    """Columns under each other: those in `left` begin at one place, the others end at one."""
    columns = range(len(rows[0]))
    widths = [max(len(row[column]) for row in rows) for column in columns]
    return "\n".join(
        "  ".join(
            row[column].ljust(widths[column])
            if column in left
            else row[column].rjust(widths[column])
            for column in columns
        ).rstrip()
        for row in rows
    )


def _plain(text: str) -> str:
    """A text on one line that steers no terminal."""
    return " ".join(printable(text).split())
