"""What a manifest says of a dataset: its making, its counts, its documents."""

from __future__ import annotations

import time
from typing import Any

import polars as pl

from curate import provenance
from curate.publish.contents import Contents
from curate.report import coverage, funnel
from curate.schema import ADDED


def described(contents: Contents, data: pl.DataFrame, name: str) -> dict[str, Any]:
    """A manifest but for its version, parent, changes and files. `data` are its placed rows."""
    facts = contents.facts
    added = data.filter(ADDED).height
    documents = contents.passages.select("path", "title", "licence", id="document").unique("id")
    counts = {side: data.filter(pl.col("split") == side).height for side in ("train", "test")}
    return {
        "name": name,
        "content_digest": provenance.content_digest(data),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "recipe": facts["recipe"],
        "prompt": facts["prompt"],
        "models": facts["models"],
        "seed": facts["seed"],
        "counts": {
            "documents": facts["documents"],
            "passages": facts["passages"],
            "candidates": contents.rows.height - contents.rows.filter(ADDED).height,
            "refusals": added,
            "live": data.height,
            **counts,
            "rejected": contents.rows.height - data.height,
            "losses": contents.losses.height,
        },
        "coverage": coverage(contents.passages, contents.gaps),
        "funnel": funnel(contents.rows).to_dicts(),
        "calibration": contents.calibration,
        "seconds": {"generate": facts["seconds"], "decide": facts["decide_seconds"]},
        "usage": facts["usage"],
        "packages": facts["packages"],
        "documents": documents.sort("path", "id").to_dicts(),
    }
