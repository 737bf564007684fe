"""Documents → passages: pieces short enough for one request, cut where a reader would cut."""

from __future__ import annotations

import math
from collections.abc import Iterator

import polars as pl

from curate.generate.blocks import Node, parse
from curate.generate.sentences import cuts
from curate.generate.spans import Span, join, leads, shared, trim
from curate.schema import PASSAGE
from curate.text import digest
from curate.tokens import count_tokens, longest_prefix, weigh

_SCRAP = 20  # tokens; what is shorter is no passage
_SMALL = 64  # tokens; what is shorter is joined to a neighbour if both fit


def cut(documents: pl.DataFrame, tokens: int) -> pl.DataFrame:
    """The passages (PASSAGE) of `documents` (DOCUMENT), in order, each at most `tokens` tokens.

    A section that fits is one passage; small neighbouring ones under the same heading share one.
    What is longer is cut between paragraphs, else sentences, else lines, words or characters.
    Code is cut only where it does not fit. Passages do not overlap. All text is in one, except:
    whitespace; headings, which are in the column `heading` (it has those above all of a passage,
    and the defined term where a definition had to be cut) or have no text below them; comments
    and labels at either end; and scraps, which are pieces under 20 tokens or with hardly any
    letters that fit to no neighbour. `tokens` is 16 or more.
    """
    rows = [
        {
            "id": digest(document, start, end),
            "document": document,
            "start": start,
            "end": end,
            "text": text[start:end],
            "heading": " > ".join(path),
        }
        for document, text in documents.select("id", "text").iter_rows()
        for start, end, path in _Cutter(text, tokens).passages()
    ]
    return pl.DataFrame(rows, schema=PASSAGE)


def select(passages: pl.DataFrame, limit: int | None) -> pl.DataFrame:
    """At most `limit` of `passages`, spread evenly over the documents, in their order.

    One of each document, then a second of each, and so on, in an order that depends on ids alone:
    a higher limit only adds passages. All of them where `limit` is None.
    """
    if limit is None or passages.height <= limit:
        return passages
    turns = passages.select(
        pl.col("id").rank("ordinal").over("document").alias("turn"), "document", "id"
    ).with_row_index("row")
    chosen = turns.sort("turn", "document").head(limit)["row"].sort()
    return passages[chosen]


class _Cutter:
    def __init__(self, text: str, tokens: int) -> None:
        self.text = text
        self.tokens = tokens
        self.scrap = min(_SCRAP, tokens // 2)

    def passages(self) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Start, end and headings of each passage."""
        for span in self._pack(parse(self.text), ()):
            start, end = trim(self.text, span.body, span.end)
            for a, b in self._held(start, end):
                if self._is_prose(a, b):
                    yield a, b, span.path

    def _pack(self, node: Node, path: tuple[str, ...]) -> list[Span]:
        """`node` as one span if it fits, else as several."""
        path = (*path, node.title) if node.title else path
        if node.weight <= self.tokens:
            only = node.children[0] if len(node.children) == 1 else None
            if only and only.body > only.start:
                return self._pack(only, path)
            return [Span(node.start, node.body, node.end, node.weight, path)]
        children = node.children or self._parts(node)
        if not children:
            held = self._held(node.start, node.end)
            return [Span(a, a, b, weigh(self.text[a:b]), path) for a, b in held]
        done: list[Span] = []
        run: list[Span] = []
        for child in children:
            spans = self._pack(child, path)
            if child.weight <= self.tokens:
                run += spans
            else:
                done += [*self._fill(run), *spans]
                run = []
        return self._tidy(done + self._fill(run))

    def _parts(self, node: Node) -> list[Node]:
        offsets = cuts(self.text, node.start, node.end, code=node.code)
        if not offsets:
            return []
        pairs = zip([node.start, *offsets], [*offsets, node.end], strict=True)
        return [Node(a, b, a, weigh(self.text[a:b]), code=node.code) for a, b in pairs]

    def _fill(self, run: list[Span]) -> list[Span]:
        """Join neighbours into as few spans as the budget allows, about equally long."""
        left = sum(span.weight for span in run)
        done: list[Span] = []
        held: list[Span] = []
        weight = 0.0
        for span in run:
            aim = left / math.ceil(left / self.tokens)
            if held and (weight + span.weight > self.tokens or weight + span.weight / 2 > aim):
                done.append(join(held))
                left -= weight
                held, weight = [], 0.0
            held.append(span)
            weight += span.weight
        return [*done, join(held)] if held else done

    def _tidy(self, spans: list[Span]) -> list[Span]:
        """Join what is small to its neighbour: to the next one rather, if it leads there."""
        done: list[Span] = []
        for span, following in zip(spans, [*spans[1:], None], strict=True):
            joins = bool(done) and self._belong(done[-1], span)
            if joins and span.weight <= done[-1].weight and following:
                joins = not (leads(span, following) and self._belong(span, following))
            if joins:
                done[-1] = join([done[-1], span])
            else:
                done.append(span)
        return done

    def _belong(self, one: Span, two: Span) -> bool:
        related = shared(one.path, two.path) in (one.path, two.path)
        small = max(self.scrap, min(_SMALL, self.tokens // 4) if related else 0)
        fits = one.weight + two.weight <= self.tokens
        return fits and min(self._size(one), self._size(two)) < small

    def _size(self, span: Span) -> float:
        """Tokens of what the passage would hold; of larger ones, an upper bound."""
        if span.weight > 2 * _SMALL:
            return span.weight
        return count_tokens(self.text[span.body : span.end].strip())

    def _held(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """`text[start:end]` in pieces that hold the budget, cut between words where there are."""
        fits = count_tokens(self.text[start:end]) <= self.tokens
        while start < end:
            stop = end if fits else longest_prefix(self.text, start, end, self.tokens)
            if stop < end:
                gap = max(self.text.rfind(sign, start + 1, stop) for sign in " \n\t")
                stop = gap + 1 if gap > (start + stop) // 2 else stop
            yield start, stop
            start = stop

    def _is_prose(self, start: int, end: int) -> bool:
        piece = self.text[start:end]
        letters = sum(map(str.isalpha, piece))
        return count_tokens(piece) >= self.scrap and letters * 4 >= len(piece) - piece.count(" ")
