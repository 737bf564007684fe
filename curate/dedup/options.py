"""Options of near-duplicate removal."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from curate.options import options


@options
class Dedup:
    """When two rows count as the same. Identical rows are always duplicates."""

    threshold: Annotated[float, Field(gt=0, le=1)] = 0.8
    """Exact Jaccard similarity of the rows' shingles from which on they are near-duplicates."""

    ngram: Annotated[int, Field(ge=1)] = 3
    """Words in a shingle."""

    num_perm: Annotated[int, Field(ge=16)] = 128
    """Permutations in a MinHash signature: more finds candidates more surely, and costs more."""
