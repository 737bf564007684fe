"""Options of publishing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from curate.options import options


@options
class Publish:
    """What goes into a version folder."""

    test: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of documents whose rows become the test split."""

    licence: str = ""
    """Licence of the rows, as a Hugging Face id such as `cc-by-4.0`; "" where unknown."""

    language: str = "en"
    """Language of the rows, as an ISO 639-1 code, for the dataset card."""

    documents: bool = True
    """Whether passages and raw replies go along, so that every row can be traced."""
