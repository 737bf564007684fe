"""Options of near-duplicate removal."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from curate.options import options

Share = Annotated[float, Field(ge=0, le=1)]


@options
class Dedup:
    """When two rows count as the same. Identical rows are always duplicates."""

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.8
    """Exact Jaccard similarity of the rows' shingles from which on they are near-duplicates."""

    instruction: Share = 0.5
    """Similarity that the words of their instructions must have as well, so that other questions
    with one stock answer stay. Counts up to `threshold`."""

    output: Share = 0.5
    """Similarity that the shingles of their outputs must have as well, so that a question answered
    otherwise stays. Counts up to `threshold`."""

    ngram: Annotated[int, Field(ge=1)] = 3
    """Words in a shingle."""

    num_perm: Annotated[int, Field(ge=16)] = 128
    """Permutations in a MinHash signature: more finds candidates more surely, and costs more."""

    semantic: Annotated[float, Field(gt=0, le=1)] | None = None
    """Cosine of the recipe's `embedding` from which on rows are paraphrases, in instruction and
    output each; null: paraphrases are not looked for. 0.9 is a careful one."""

    against: str | list[str] | None = None
    """Earlier data whose like is dropped: datasets (NAME, NAME@1.0.0, NAME@1.0.0:test), files of
    rows, and benchmark sets (files, folders, or arc, mmlu, hellaswag, truthfulqa)."""

    contained: Annotated[float, Field(gt=0, le=1)] = 0.6
    """Share of a benchmark item's shingles from which on a row that has them gives it away. One
    word changed in ten breaks about a third of them."""
