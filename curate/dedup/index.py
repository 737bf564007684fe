"""Signatures in an index of `datasketch`, to be asked one row at a time: is this one here already?

    index = lsh(rows, Dedup())                       # in memory, or in Redis, Cassandra, …
    index.query(sketch("How long is a day?", "", "24 hours.", Dedup()))    # ids of candidates

For a service that takes in rows as they come. `duplicates.py` compares whole tables, and exactly;
what this gives are candidates, by the same signatures, without regard to boilerplate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from curate.dedup.bands import bands
from curate.dedup.minhash import SEED, U32, permutations, signatures
from curate.dedup.options import Dedup
from curate.dedup.rows import Rows

if TYPE_CHECKING:
    from datasketch import MinHash, MinHashLSH


def lsh(rows: pl.DataFrame, options: Dedup, storage: dict[str, Any] | None = None) -> MinHashLSH:
    """A `MinHashLSH` with the id of each of `rows` (columns id, instruction, input, output).

    `storage` is its `storage_config`: `{"type": "redis", …}` keeps the index on a server.
    """
    from datasketch import MinHashLSH

    cut = bands(options.threshold, options.num_perm)
    parameters = {"num_perm": options.num_perm, "params": (cut.count, cut.size)}
    index = MinHashLSH(**parameters, storage_config=storage or {"type": "dict"})
    made = Rows.of(rows, options.ngram)
    with index.insertion_session() as session:
        for part in made.parts(np.arange(len(made))):
            for id_, values in zip(rows["id"][part], _signed(made, part, options).T, strict=True):
                session.insert(id_, _minhash(values), check_duplication=False)
    return index


def sketch(instruction: str, given: str, output: str, options: Dedup) -> MinHash:
    """The `MinHash` of one row, to query an index of `lsh` with the same options; `given` is its
    input.
    """
    row = {"id": [""], "instruction": [instruction], "input": [given], "output": [output]}
    made = Rows.of(pl.DataFrame(row), options.ngram)
    return _minhash(_signed(made, np.arange(1), options)[:, 0])


def _signed(rows: Rows, numbers: np.ndarray, options: Dedup) -> U32:
    made = rows.shingles(numbers)
    chosen = permutations(options.num_perm, options.num_perm)
    return signatures(made.hashes, made.begins, chosen)


def _minhash(values: U32) -> MinHash:
    from datasketch import MinHash

    return MinHash(num_perm=len(values), seed=SEED, hashvalues=values, scheme="affine32")
