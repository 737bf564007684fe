"""`grounding` is how much of an answer the passage supports."""

from __future__ import annotations

import pytest

from curate.filters.grounding import Grounding

PASSAGE = """
If __new__() is invoked during object construction and it returns an instance of cls, then the new
instance's __init__() method will be invoked like __init__(self[, ...]), where self is the new
instance and the remaining arguments are the same as were passed to the object constructor.

If __new__() does not return an instance of cls, then the new instance's __init__() method will not
be invoked. A class may keep at most 12 weak references. Sorting is stable.
"""


def grounding(measure, output, passage=PASSAGE):
    return measure(Grounding(), output=output, passage=passage)["grounding"]


@pytest.mark.parametrize(
    "output",
    [
        "If __new__() does not return an instance of cls, __init__() will not be invoked.",
        "The remaining arguments are the same as those passed to the object constructor.",
        "A class keeps at most twelve weak references.",  # a number, spelled out
        "It is stable sorting.",
    ],
)
def test_supported(measure, output):
    assert grounding(measure, output) >= 0.8


@pytest.mark.parametrize(
    "output",
    [
        "The garbage collector frees cyclic structures in three generations.",
        "Invoked sorting passes self references to stable arguments.",  # its words, put anew
        "A class may keep at most 16 weak references.",  # another number
        "A class may keep at most 12 weak references per __slots__ entry.",  # another name
    ],
)
def test_not_supported(measure, output):
    assert grounding(measure, output) < 0.6


def test_a_denial_counts_against(measure):
    said = "Sorting is stable."
    assert grounding(measure, said) == 1.0
    assert grounding(measure, "Sorting is not stable.") == pytest.approx(0.4)


def test_half_an_invented_answer_is_half_grounded(measure):
    half = "Sorting is stable. Garbage collectors free cycles."
    assert 0.2 < grounding(measure, half) < 0.6


def test_a_number_of_a_list_is_no_claim(measure):
    assert grounding(measure, "1. Sorting is stable.\n2. Sorting is stable.") == 1.0


def test_a_call_must_be_called_in_the_passage(measure):
    assert grounding(measure, 'Sorting is done by "stable()".') < 0.5


def test_other_scripts(measure):
    passage = "列表是可变的序列，通常用于存放同类项目的集合。"
    assert grounding(measure, "列表是可变的序列。", passage) > 0.9
    assert grounding(measure, "元组不能修改。", passage) < 0.3


@pytest.mark.parametrize("output", ["", "Yes.", "It is.", "…"])
def test_nothing_to_compare(measure, output):
    assert grounding(measure, output) is None


def test_without_a_passage(measure):
    assert grounding(measure, "Sorting is stable.", passage=None) is None
    assert grounding(measure, "Sorting is stable.", passage="") == 0.0


def test_the_pipeline_is_told():
    assert Grounding.needs_passage
    assert Grounding().min == 0.5


@pytest.mark.parametrize(
    ("passage", "same", "opposite"),
    [
        ("Tuples cannot be changed.", "Tuples can't be changed.", "Tuples can be changed."),
        ("It does not copy. Lists copy.", "It does not copy.", "Lists do not copy."),
        ("No. Sets have no order.", "No. Sets have no order.", "Yes. Sets have no order."),
        ("Sets keep items, in no order.", "Sets keep items.", "Sets never keep items."),
        ("Is it new? No, it is old.", "It is old.", "It is not old."),
    ],
)
def test_what_is_denied(measure, passage, same, opposite):
    assert grounding(measure, same, passage) >= 0.9
    assert grounding(measure, opposite, passage) <= 0.5


@pytest.mark.parametrize(
    ("output", "clashes"),
    [
        ("A class may keep at most 1,200 weak references.", 1),
        ("A class may keep at most thirteen weak references.", 1),
        ("A class may keep at most 12 weak references, says Brantley.", 1),
        ("A class may keep at most 12 weak references (RFC 9110).", 2),
    ],
)
def test_each_name_and_number_that_the_passage_lacks_is_a_clash(measure, output, clashes):
    assert grounding(measure, output) <= 0.4**clashes


def test_a_name_of_the_question_is_not_invented_by_the_answer(measure):
    asked, said = "Is sorting stable in CPython 3.14?", "In CPython 3.14 sorting is stable."
    found = measure(Grounding(), instruction=asked, output=said, passage=PASSAGE)["grounding"]
    assert found > grounding(measure, said)
