"""The engine of a name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from curate.engines.base import Engine
from curate.errors import UsageError

NAMES = ("local", "ray")


@contextmanager
def opened(name: str, address: str | None = None, workers: int | None = None) -> Iterator[Engine]:
    """An engine, closed at the end. `address` is that of a running cluster, for Ray only.

    `workers`: threads and processes, by default one a core. Raises UsageError.
    """
    if name == "ray":
        from curate.engines.ray import Ray

        with Ray(address, workers) as engine:
            yield engine
        return
    from curate.engines.local import Local

    if address is not None:
        raise UsageError(f"--address {address} is for --engine ray: add that, or leave it out")
    yield Local(workers)
