"""What the terminal shows: bars and notes on stderr, tables on stdout; hostile text tamed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.progress import Advance
from curate.text import printable

if TYPE_CHECKING:
    import polars as pl

_GAPS = 5  # passages without a live row that are shown


class Terminal:
    """Progress for people: a bar with rate and time left, silent where stderr is no terminal."""

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Advance]:
        """Show a bar while the context is open."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[told]}"),
        )
        console = Console(stderr=True)
        pace = Pace(total)
        with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(f"{title:9}", total=total, pace="ETA –", told="")

            def advance(amount: int, fresh: bool = True, told: str = "") -> None:
                pace.advance(amount, time.monotonic(), fresh)
                progress.update(task, advance=amount, pace=str(pace), told=told)

            yield advance

    def note(self, text: str) -> None:
        """Say one line on stderr."""
        click.echo(printable(text), err=True)


class Pace:
    """Rate and time left of work, not counting what was done before."""

    def __init__(self, total: int, began: float | None = None) -> None:
        self.left = total
        self.worked = 0
        self.began = self.now = time.monotonic() if began is None else began

    def advance(self, amount: int, now: float, fresh: bool = True) -> None:
        """Note an amount that is done at the time `now`, in seconds."""
        self.left -= amount
        self.worked += amount if fresh else 0
        self.now = now

    def __str__(self) -> str:
        spent = self.now - self.began
        if not self.worked or spent <= 0:
            return "ETA –"
        rate = self.worked / spent
        seconds = round(self.left / rate)
        shown = f"{rate:.1f}/s" if rate >= 1 else f"{rate * 60:.0f}/min"
        return f"{shown} ETA {seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def table(rows: list[dict[str, Any]], title: str = "", *, err: bool = False) -> None:
    """Print rows as a table; nothing where there are none."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    shown = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for name, value in rows[0].items():
        shown.add_column(name, justify="right" if isinstance(value, int | float) else "left")
    for row in rows:
        shown.add_row(*(Text(printable(_cell(value))) for value in row.values()))
    width = None if (sys.stderr if err else sys.stdout).isatty() else 120
    Console(width=width, highlight=False, stderr=err).print(shown)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def say(text: str, *, err: bool = False) -> None:
    """Print to stdout or stderr, control characters made visible."""
    click.echo(printable(text), err=err)


def result(rows: pl.DataFrame, *, err: bool = False) -> None:
    """Print what became of the candidates: the rules that dropped some, and what is live."""
    from curate.report import funnel
    from curate.schema import ADDED, live

    table(funnel(rows).select("dropped", "rule", "example").to_dicts(), err=err)
    added = rows.filter(ADDED).height
    refusals = f", {added} of them refusals that were added" if added else ""
    counts = f"{live(rows).height} live{refusals}, {rows['dropped'].count()} dropped"
    say(f"{rows.height - added} candidates: {counts}", err=err)


def covered(counts: dict[str, int], where: Path) -> None:
    """Print how much of the documents has a live row, and first passages of the file of the others.

    `where` is the JSON Lines file of the passages that have none.
    """
    say(
        f"Coverage: {counts['passages_covered']} of {counts['passages']} passages and "
        f"{counts['documents_covered']} of {counts['documents']} documents have a live row"
    )
    with where.open(encoding="utf-8") as lines:
        gaps = [json.loads(line) for line in islice(lines, _GAPS)]
    shown = [{name: gap[name] for name in ("path", "heading", "reason")} for gap in gaps]
    bare = counts["passages"] - counts["passages_covered"]
    if shown:
        say(f"No live row: {bare} passages, all in {where}, such as")
        table(shown)
