"""Train and test, by document, so that no test question comes from a document trained on."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from curate.publish.sides import Sides
from curate.text import digest

_ADDED = "refusals:"  # what the document of a refusal begins with: all variants of a question
_ENOUGH = 10
"""Questions to be refused that a test should have: at 10, one is 10 points of the refusal rate."""


def split(
    rows: pl.DataFrame,
    share: float,
    seed: int,
    past: Sides | None = None,
    paths: pl.DataFrame | None = None,
    alike: Iterable[tuple[str, str]] = (),
) -> pl.DataFrame:
    """Rows with `split` set.

    A document stays on the side that it had in the `past`; `paths` (columns document, path) find
    those that were edited. Documents that are `alike`, pairs of ids, are placed as one. One that is
    new goes where those alike are; else to the test side when its digest falls under `share`.

    Where that leaves one side without documents, the new one with the lowest digest goes to the
    test side, or that with the highest to the training side, which comes first: a single document
    is trained on. Likewise for refusals, whose share is as large as 10 of them need, at most half:
    refusals are few, and a test of two tells nothing. A share of 0 puts all on the training side,
    whatever was before.
    """
    documents = rows["document"].unique().sort().to_list()
    sides = dict.fromkeys(documents, "train")
    if share > 0:
        named = dict(paths.select("document", "path").iter_rows()) if paths is not None else {}
        past = past or Sides()
        before = {each: past.of(each, named.get(each)) for each in documents}
        sides = _placed(_grouped(documents, alike), before, share, seed)
    new = [sides[each] for each in documents]
    return rows.with_columns(split=pl.col("document").replace_strict(documents, new))


def _placed(
    groups: dict[str, list[str]], before: dict[str, str | None], share: float, seed: int
) -> dict[str, str]:
    """The side of each document."""
    sides: dict[str, str] = {}
    order: dict[str, tuple[bool, float]] = {}
    refusals = sum(map(_added, groups))
    shares = {False: share, True: max(share, min(1 / 2, _ENOUGH / max(1, refusals)))}
    for first, group in groups.items():
        # half of all documents or more would make a test of most rows
        large = len(group) > 1 and 2 * len(group) >= len(before)
        place = (large, _place(first, seed))
        known = {side for each in group if (side := before[each])}
        drawn = "test" if place < (False, shares[_added(first)]) else "train"
        common = "train" if "train" in known else "test" if known else drawn
        sides |= {each: before[each] or common for each in group}
        if not known:
            order[first] = place
    for added in (False, True):
        own = {each: side for each, side in sides.items() if _added(each) is added}
        fresh = sorted((each for each in order if each in own), key=lambda each: order[each])
        if fresh and "train" not in own.values():
            sides |= dict.fromkeys(groups[fresh[-1]], "train")
        elif fresh and "test" not in own.values() and len(groups[fresh[0]]) < len(own):
            sides |= dict.fromkeys(groups[fresh[0]], "test")
    return sides


def _grouped(documents: list[str], alike: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Documents that are alike, or are so through others, by the lowest id of them."""
    above = {each: each for each in documents}

    def first(each: str) -> str:
        while above[each] != each:
            above[each] = each = above[above[each]]
        return each

    for one, other in alike:
        if one in above and other in above:
            low, high = sorted((first(one), first(other)))
            above[high] = low
    groups: dict[str, list[str]] = {}
    for each in documents:
        groups.setdefault(first(each), []).append(each)
    return groups


def _added(document: str) -> bool:
    return document.startswith(_ADDED)


def _place(document: str, seed: int) -> float:
    return int(digest("split", seed, document), 16) / 16**16
