"""`language` is the probability that a pair is written in the wanted language."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from curate.filters.language import Language, prose

ENGLISH = "The function returns the number of items in the list."
GERMAN = "Die Funktion gibt die Anzahl der Elemente in der Liste zurück."


def test_english(measure):
    assert measure(Language(), output=ENGLISH)["language"] > 0.99
    assert measure(Language(), output=GERMAN)["language"] < 0.01
    assert measure(Language(code="de"), output=GERMAN)["language"] > 0.99
    assert measure(Language(code="zh-cn"), output="列表是一种可变的序列类型。")["language"] > 0.99


def test_question_and_answer_count_together(measure):
    mixed = measure(Language(), instruction=GERMAN, output="Yes.")
    assert mixed["language"] < 0.5


def test_code_is_left_out(measure):
    code = "\n```python\nfür = lambda größe: größe ** zwei\n```\n"
    output = f"Use a lambda for the square of a size:{code}It takes one argument."
    assert measure(Language(), output=output)["language"] > 0.95
    assert prose("call `os.path.join(a)` or x.y_z(1) at https://a.b now") == "call or at now"


@pytest.mark.parametrize("output", ["", "42", "+= -= ==", "…"])
def test_no_letters_cannot_be_judged(measure, output):
    assert measure(Language(), output=output) == {"language": None}


def test_letters_of_an_unknown_script(measure):
    assert measure(Language(), output="ᚠᚢᚦᚨᚱᚲ ᚠᚢᚦᚨᚱᚲ") == {"language": 0.0}


def test_same_number_in_any_company():
    short = ["Ja, das ist so.", "It is a list.", "Hotel restaurant."]
    alone = [Language().measure(pl.DataFrame({"instruction": [""], "output": [s]})) for s in short]
    together = Language().measure(
        pl.DataFrame({"instruction": [""] * 6, "output": [*reversed(short), *short]})
    )
    assert pl.concat(alone)["language"].to_list() == together["language"].to_list()[3:]


def test_unknown_code():
    with pytest.raises(ValueError, match=r"there is no language 'zh'.*zh-cn"):
        Language(code="zh")


def test_filters_import_nothing_heavy():
    code = (
        "import sys; from curate.filters.base import Filter; from curate.registry import members; "
        "found = members(Filter); assert len(found) >= 5; "
        "print({'langdetect', 'datasketch', 'numpy', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
