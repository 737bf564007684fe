"""Base beside tuned: a line for each measure, with the paired difference and what it shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from train.evaluate.benchmarks import Item
from train.evaluate.heldout import Answered
from train.evaluate.stats import Difference, Mean, at_chance, difference, mean

HIGHER, LOWER, NEITHER = "higher", "lower", ""


@dataclass(frozen=True)
class Pair:
    """What both models scored on one item. Without clusters each item is one of its own."""

    base: float
    tuned: float
    weight: float = 1.0
    cluster: str = ""
    chance: float | None = None


@dataclass(frozen=True)
class Line:
    """One line of the table. `better` says which way is good; "" where neither is."""

    group: str
    measure: str
    better: str
    base: Mean
    tuned: Mean
    change: Difference
    chance: float | None

    @property
    def both_at_chance(self) -> bool:
        """Whether neither model is surely better than guessing, so that the line tells nothing."""
        if self.chance is None:
            return False
        return at_chance(self.base, self.chance) and at_chance(self.tuned, self.chance)

    @property
    def verdict(self) -> str:
        """`better`, `worse` or `changed` where the difference is more than its margin at 95%."""
        if self.both_at_chance:
            return "both at chance"
        if not self.change.shown:
            return "no difference shown"
        if not self.better:
            return "changed"
        return "better" if (self.change.mean.value > 0) == (self.better == HIGHER) else "worse"


def line(group: str, measure: str, better: str, pairs: Sequence[Pair]) -> Line:
    """The line of some pairs, of which there must be one."""
    base, tuned = [pair.base for pair in pairs], [pair.tuned for pair in pairs]
    weights = [pair.weight for pair in pairs]
    clusters = [pair.cluster or str(place) for place, pair in enumerate(pairs)]
    chances = [pair.chance for pair in pairs if pair.chance is not None]
    return Line(
        group,
        measure,
        better,
        mean(base, weights, clusters),
        mean(tuned, weights, clusters),
        difference(base, tuned, weights, clusters),
        sum(chances) / len(chances) if len(chances) == len(pairs) else None,
    )


# Measure of `heldout`, its name, which way is good, of which rows
_HELD_OUT = (
    ("loss", "loss per row", LOWER, "rows"),
    ("f1", "token F1", HIGHER, "on topic"),
    ("rouge_l", "ROUGE-L", HIGHER, "on topic"),
    ("exact", "exact, short references", HIGHER, "on topic"),
    ("refused", "refuses on topic", LOWER, "on topic"),
    ("refused", "refuses off topic", HIGHER, "off topic"),
    ("ended", "ends by itself", HIGHER, "rows"),
    ("tokens", "tokens of an answer", NEITHER, "rows"),
)


def held_out(base: Mapping[str, Answered], tuned: Mapping[str, Answered]) -> Iterator[Line]:
    """The lines of the held-out rows that both models answered."""
    both = [(base[key], tuned[key]) for key in base if key in tuned]
    if losses := [_token_loss(*pair) for pair in both if pair[0].loss and pair[1].loss]:
        yield line("held out", "loss per token", LOWER, losses)
    for measure, name, better, rows in _HELD_OUT:
        pairs = [
            Pair(one.scores[measure], two.scores[measure], cluster=one.question.document)
            for one, two in both
            if measure in one.scores
            and measure in two.scores
            and rows in ("rows", "off topic" if one.question.off_topic else "on topic")
        ]
        if pairs:
            yield line("held out", name, better, pairs)


def _token_loss(base: Answered, tuned: Answered) -> Pair:
    """The loss of a row with the weight of its tokens, so that their mean is that per token."""
    assert base.loss is not None  # noqa: S101 (for mypy; `held_out` has looked)
    assert tuned.loss is not None  # noqa: S101
    return Pair(base.loss.mean, tuned.loss.mean, base.loss.tokens, base.question.document)


def benchmark(name: str, base: Sequence[Item], tuned: Sequence[Item]) -> Iterator[Line]:
    """The lines of one benchmark, a line for each of its metrics."""
    other = {(item.task, item.item): item for item in tuned}
    pairs: dict[str, list[Pair]] = {}
    for item in base:
        for metric, value in item.scores.items():
            twin = other[item.task, item.item].scores[metric]
            chance = item.chance if metric.startswith("acc") else None
            pairs.setdefault(metric, []).append(Pair(value, twin, chance=chance))
    for metric, found in pairs.items():
        yield line(name, metric, HIGHER, found)
