"""Find bundled recipes and prompts: in an installed wheel, or in a checkout."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def folder(kind: str) -> Path:
    """The bundled folder `recipes` or `prompts`.

    A wheel carries both under `curate/_bundled`; a checkout has them beside the package,
    and there the live files count.
    """
    package = Path(str(files("curate")))
    checkout = package.parent / kind
    if (package.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return package / "_bundled" / kind


def names(kind: str) -> list[str]:
    """Names of the bundled recipes or prompts, without `.yaml`, sorted."""
    return sorted(path.stem for path in folder(kind).glob("*.yaml"))
