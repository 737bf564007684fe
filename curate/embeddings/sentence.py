"""Vectors of a `sentence-transformers` model on this machine: it knows words that mean the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from curate.embeddings.base import F32, Embedding, different, spread, unit
from curate.errors import InputError, MissingExtra
from curate.options import options
from curate.progress import Progress, Silent

_PART = 1024  # texts between two moves of the bar


@options
class Sentence(Embedding, name="sentence"):
    """A sentence-transformers model, from the Hub or a folder. Code of its own is never run."""

    model: str = "sentence-transformers/all-MiniLM-L6-v2"
    """Id on the Hub, or a folder."""

    revision: str | None = None
    """Commit, tag or branch on the Hub; null for the newest."""

    batch_size: Annotated[int, Field(ge=1)] = 32
    """Texts at once."""

    def embed(
        self,
        texts: Sequence[str],
        progress: Progress | None = None,
        cache: Path | None = None,  # noqa: ARG002
    ) -> F32:
        """The vectors. Texts longer than the model reads are cut.

        Raises MissingExtra without the package, InputError where there is no such model.
        """
        model = self._load()
        distinct = different(texts)
        found = [np.zeros((0, model.get_embedding_dimension() or 1), np.float32)]
        with (progress or Silent()).bar("vectors", len(distinct)) as advance:
            for at in range(0, len(distinct), _PART):
                part = distinct[at : at + _PART]
                # a lone surrogate, which hostile files can carry, is nothing a tokenizer takes
                clean = [text.encode("utf-8", "replace").decode() for text in part]
                vectors = model.encode(clean, batch_size=self.batch_size, show_progress_bar=False)
                found.append(np.asarray(vectors, np.float32))
                advance(len(part))
        return spread(texts, distinct, unit(np.concatenate(found)))

    def _load(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtra("sentence-transformers", "sentence") from error
        at = f" at revision {self.revision}" if self.revision else ""
        try:
            return SentenceTransformer(self.model, revision=self.revision, trust_remote_code=False)
        except Exception as error:
            told = " ".join(str(error).split())[:300]
            raise InputError(
                f"The model {self.model!r}{at} could not be loaded: {told}. Give the id of a "
                "sentence-transformers model on the Hub, or a folder that holds one."
            ) from error
