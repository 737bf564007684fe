"""The evaluation as one HTML page that needs nothing else and asks for nothing.

Jinja escapes all that it is given. The page's own policy forbids scripts and requests: pictures are
in the page, and the one style sheet is known by its digest.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from train.evaluate import plots
from train.evaluate.evaluation import Evaluation
from train.evaluate.files import answers, faults
from train.evaluate.table import number

TEMPLATE, STYLE = "report.html.jinja", "report.css"
MOST_ANSWERS = 300
"Faulty answers that the page shows; answers.jsonl has all."


def page(found: Evaluation) -> str:
    """The page."""
    from jinja2 import Environment, StrictUndefined

    here = files("train.evaluate")
    style = (here / STYLE).read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string((here / TEMPLATE).read_text(encoding="utf-8"))
    counts = faults(found)
    records = list(answers(found))
    faulty = [each for each in records if _faulty(each)]
    return template.render(
        style=style,
        policy=f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'",
        found=found,
        number=number,
        faults=[each for each in counts if each["base"] or each["tuned"]],
        pictures=_pictures(found, counts),
        faulty=faulty[:MOST_ANSWERS],
        more=max(0, len(faulty) - MOST_ANSWERS),
    )


def _faulty(record: dict[str, Any]) -> bool:
    return any(record[side] and record[side]["faults"] for side in ("tuned", "base"))


def _pictures(found: Evaluation, counts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    drawn = {
        "Training loss": plots.losses(found.run),
        "Lengths of answers": plots.lengths(found),
        "Faults": plots.faults(counts),
    }
    return [(name, picture) for name, picture in drawn.items() if picture]
