"""The page of a version: one HTML file that asks nothing of the network.

Whatever came from outside is escaped by Jinja2, and the page's own policy lets no script run.
"""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

from curate.publish.histograms import PICTURE, bounds, draw
from curate.publish.trace import read_rows
from curate.text import printable


def page(told: dict[str, Any], folder: Path) -> str:
    """The HTML of what `overview` told of a version folder."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("curate.pages", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("version.html.jinja")
    return template.render(**told, picture=_picture(folder, told["facts"]))


def _finalize(value: Any) -> Any:
    """Text without what a browser could not show, or would show as something else."""
    from markupsafe import Markup

    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _picture(folder: Path, facts: dict[str, Any]) -> str:
    """The picture of the measures in base64: that of the version, or drawn anew; "" for none."""
    path = folder / PICTURE
    if path.is_file():
        return base64.b64encode(path.read_bytes()).decode()
    with tempfile.TemporaryDirectory() as place:
        drawn = draw(read_rows(folder), bounds(facts["recipe"]), Path(place))
        return base64.b64encode(drawn[0].read_bytes()).decode() if drawn else ""
