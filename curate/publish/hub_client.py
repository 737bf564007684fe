"""How the Hub's client behaves here: gives up on silence, ends endless files, tells warnings."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from curate.errors import InputError
from curate.progress import Progress
from curate.publish.hub_errors import secretless

if TYPE_CHECKING:
    import httpx2

_QUIET = 300.0  # seconds without a byte after which a connection counts as cut


def client() -> httpx2.Client:
    """The Hub's client, which by itself would wait for ever on a server that says nothing."""
    import httpx2
    from huggingface_hub.utils._http import default_client_factory

    made = default_client_factory()
    made.timeout = httpx2.Timeout(_QUIET)
    return made


def bound(path: str, size: int) -> type:
    """A progress bar that shows nothing, and ends a download that is longer than it should be."""
    from tqdm import tqdm

    class Bound(tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **options: Any) -> None:
            options.pop("name", None)
            self.had = int(options.get("initial") or 0)
            super().__init__(*args, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> None:
            self.had += int(n or 0)
            if self.had > size:
                raise InputError(f"{path} is longer than the {size} bytes it should be")

    return Bound


class _Notes(logging.Handler):
    """What the Hub's client warns of, without what signed addresses hold."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.WARNING)
        self.progress = progress

    def emit(self, record: logging.LogRecord) -> None:
        self.progress.note(secretless(record.getMessage()))


@contextmanager
def notes(progress: Progress) -> Iterator[None]:
    """Tell what the Hub's client warns of through `progress`, while the context is open."""
    logger = logging.getLogger("huggingface_hub")
    before, logger.handlers = logger.handlers, [_Notes(progress)]
    try:
        yield
    finally:
        logger.handlers = before
