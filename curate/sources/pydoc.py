"""The language reference that every Python carries in its own library: real documents, offline."""

from __future__ import annotations

import re

from curate.options import options
from curate.outline import first_heading
from curate.sources.base import Documents, Source, documents

_RULER = re.compile(r"^([*=~^-])\1{2,}$", re.MULTILINE)
_LICENCE = "psf-2.0"


@options
class Pydoc(Source, name="pydoc"):
    """Python's language reference, as `help()` shows it: one document per topic."""

    def read(self) -> Documents:
        """Read all topics. What stands word for word in a longer topic too is read only there."""
        from pydoc_data.topics import topics

        bare = {name: _words(text) for name, text in topics.items()}
        rows, losses = [], []
        for name, text in topics.items():
            longer = (n for n in bare if len(bare[n]) > len(bare[name]) and bare[name] in bare[n])
            whole = min(longer, default=None)
            if whole is None:
                title = first_heading(text) or name
                rows.append({"path": name, "title": title, "text": text, "licence": _LICENCE})
            else:
                losses.append((name, f"stands word for word in another topic: {whole}"))
        return documents(rows, losses)


def _words(text: str) -> str:
    """`text` without what differs where a topic is a section of another: the rulers, the blanks."""
    return " ".join(_RULER.sub("", text).split())
