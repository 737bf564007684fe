"""The pictures of the report, as SVG: losses, lengths, faults. They hold no text of documents."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from train.run import LOG

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from train.evaluate.evaluation import Evaluation

COLOURS = {"base": "#8a8f98", "tuned": "#1f6feb", "reference": "#2da44e"}
BINS = 30


def losses(folder: Path) -> str | None:
    """The training loss of each step, from log.jsonl, and its running mean; None without steps."""
    steps = sorted(_steps(folder / LOG))
    if len(steps) < 2:
        return None
    figure, axes = _figure()
    places, values = map(np.array, zip(*steps, strict=True))
    axes.plot(places, values, color=COLOURS["base"], linewidth=0.7)
    over = max(1, len(values) // 10)
    means = np.convolve(values, np.ones(over) / over, mode="valid")
    axes.plot(places[over - 1 :], means, color=COLOURS["tuned"], linewidth=1.5)
    axes.set(xlabel="step", ylabel="training loss per learned token")
    return _svg(figure)


def _steps(path: Path) -> Iterator[tuple[float, float]]:
    if not path.is_file():
        return
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
            step, loss = float(line["step"]), float(line["loss"])
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if math.isfinite(step) and math.isfinite(loss):
            yield step, loss


def lengths(found: Evaluation) -> str | None:
    """How long answers and references are, in tokens; None where nothing was answered."""
    answered = {side: part.answered.values() for side, part in found.parts.items()}
    shown = {side: [each.answer.tokens for each in all_] for side, all_ in answered.items()}
    shown["reference"] = [each.loss.tokens for each in answered["tuned"] if each.loss]
    longest = max((max(values) for values in shown.values() if values), default=0)
    if not longest:
        return None
    figure, axes = _figure()
    for name, values in shown.items():
        if values:
            counts, edges = np.histogram(values, bins=BINS, range=(0, longest + 1))
            axes.stairs(counts, edges, label=name, color=COLOURS[name], linewidth=1.5)
    axes.set(xlabel="tokens, the end included", ylabel="answers")
    axes.legend(frameon=False)
    return _svg(figure)


def faults(counts: Sequence[dict[str, Any]]) -> str | None:
    """How many answers of base and tuned have each fault; None where none has any."""
    counts = [each for each in counts if each["base"] or each["tuned"]]
    if not counts:
        return None
    figure, axes = _figure(height=0.8 + 0.4 * len(counts))
    names = [each["fault"] for each in counts]
    for shift, side in ((-0.2, "base"), (0.2, "tuned")):
        places = [place + shift for place in range(len(names))]
        values = [each[side] for each in counts]
        axes.barh(places, values, height=0.38, label=side, color=COLOURS[side])
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set(xlabel="answers")
    axes.legend(frameon=False)
    return _svg(figure)


def _figure(height: float = 3.0) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure  # not pyplot, which looks for a screen

    figure = Figure(figsize=(7, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> str:
    """The picture as the address of an image; scripts in such a one would not run."""
    import matplotlib as mpl

    file = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "curate"}):  # the same picture gives the same bytes
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return "data:image/svg+xml;base64," + base64.b64encode(file.getvalue()).decode()
