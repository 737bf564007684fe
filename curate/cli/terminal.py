"""What the terminal shows: bars and notes on stderr, tables on stdout; hostile text tamed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from curate.text import printable

if TYPE_CHECKING:
    import polars as pl


class Terminal:
    """Progress for people: a bar with rate and time left, silent where stderr is no terminal."""

    @contextmanager
    def bar(self, title: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show a bar; call what it gives with each further amount."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
        )
        console = Console(stderr=True)
        with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(f"{title:9}", total=total, rate="")

            def advance(amount: int) -> None:
                progress.update(task, advance=amount)
                speed = progress.tasks[0].speed or 0.0
                progress.update(task, rate=_rate(speed))

            yield advance

    def note(self, text: str) -> None:
        """Say one line on stderr."""
        click.echo(printable(text), err=True)


def _rate(per_second: float) -> str:
    return f"{per_second:.1f}/s" if per_second >= 1 else f"{per_second * 60:.0f}/min"


def table(rows: list[dict[str, Any]], title: str = "") -> None:
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
    width = None if sys.stdout.isatty() else 120
    Console(width=width, highlight=False).print(shown)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def say(text: str) -> None:
    """Print to stdout, control characters made visible."""
    click.echo(printable(text))


def result(rows: pl.DataFrame) -> None:
    """Print what became of the candidates: the rules that dropped some, and what is live."""
    from curate.report import funnel
    from curate.schema import live

    table(funnel(rows).select("dropped", "rule", "example").to_dicts())
    say(f"{rows.height} candidates: {live(rows).height} live, {rows['dropped'].count()} dropped")
