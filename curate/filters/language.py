"""Whether a pair is written in the wanted language, by `langdetect`."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Annotated

import polars as pl
from pydantic import Field

from curate.filters.base import Filter, numbers, texts
from curate.options import options
from curate.registry import nearest

if TYPE_CHECKING:
    from langdetect.detector_factory import DetectorFactory

_CODES = (
    "af ar bg bn ca cs cy da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv mk ml mr "
    "ne nl no pa pl pt ro ru sk sl so sq sv sw ta te th tl tr uk ur vi zh-cn zh-tw"
)
CODES = tuple(_CODES.split())
"""The languages that `langdetect` tells apart."""

_CODE = re.compile(
    r"(?s:```.*?(?:```|\Z))|`[^`\n]*`|^ *(?:>>>|\.\.\.)[^\n]*"  # fences, spans, sessions
    r"|https?://\S+|(?<!\S)\S+@\S+|<[^<>\s][^<>]*>"  # addresses and tags
    r"|(?<![!-~])[!-~]*(?:[_={}\[\]\\|+*^~%$#@<>]|\w\(|[a-z]\.[a-z])[!-~]*"  # names
    r"|(?<!\w)\w*\d\w*",  # numbers
    re.MULTILINE,
)


@options
class Language(Filter, name="language"):
    """Probability that instruction and output, without code, are written in the language `code`."""

    min: Annotated[float | None, Field(allow_inf_nan=False)] = 0.8
    """Lowest probability that is kept; null for no lower bound."""

    code: str = "en"
    """The wanted language, as `langdetect` names it: `en`, `de`, `zh-cn`, …"""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.code not in CODES:
            raise ValueError(f"there is no language {self.code!r}. {nearest(self.code, CODES)}")

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """0 to 1; null where no letters are left to judge by."""
        pairs = zip(texts(rows, "instruction"), texts(rows, "output"), strict=True)
        known: dict[str, float | None] = {}
        found = []
        for instruction, output in pairs:
            text = prose(f"{instruction}\n{output}")
            if text not in known:
                known[text] = probability(text, self.code)
            found.append(known[text])
        return numbers(language=found)


def prose(text: str) -> str:
    """`text` without code, names, numbers and signs; as it is where nothing else would be left."""
    stripped = " ".join(_CODE.sub(" ", text).split())
    return stripped if any(map(str.isalpha, stripped)) else " ".join(text.split())


def probability(text: str, code: str) -> float | None:
    """Probability that `text` is in language `code`, the same each time; None without letters."""
    from langdetect.lang_detect_exception import LangDetectException

    if not any(map(str.isalpha, text)):
        return None
    detector = _factory().create()
    detector.append(text)
    try:
        found = detector.get_probabilities()
    except LangDetectException:  # letters, but of no script it knows
        return 0.0
    return float(next((min(each.prob, 1.0) for each in found if each.lang == code), 0.0))


@cache
def _factory() -> DetectorFactory:
    """All language profiles, and a seed: `langdetect` samples, and would differ from run to run."""
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.set_seed(0)
    return factory
