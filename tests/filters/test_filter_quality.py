"""`quality` is one number for a pair; a single bad part pulls it below its bound."""

from __future__ import annotations

import pytest

from curate.filters.quality import Quality

QUESTION = "What does the `len()` function return?"
ANSWER = "The `len()` function returns the number of items of an object."
PASSAGE = (
    "len(s): Return the length (the number of items) of an object. The argument is a sequence."
)
LEAST = Quality().min or 1.0


def quality(measure, instruction=QUESTION, output=ANSWER, **fields):
    return measure(Quality(), instruction=instruction, output=output, **fields)


@pytest.mark.parametrize(
    ("instruction", "given", "output"),
    [
        (QUESTION, "", ANSWER),
        ("What does `len()` return?", "", "The number of items of an object."),
        ("Is a tuple immutable?", "", "Yes."),
        ("Name the capital of France.", "", "Paris"),
        ("Which exception is raised when dividing by zero?", "", "ZeroDivisionError."),
        ("Why are lists unhashable?", "", "Because they can be changed after creation."),
        ("How many arguments does range() take?", "", "It takes one to three arguments."),
        ("How long does a cat sleep each day?", "", "A cat sleeps for about sixteen hours a day."),
        ("How far does a bee fly?", "", "A bee flies up to forty-five kilometres."),
        ("Summarise this.", "A report on cats and dogs.", "Cats and dogs are common pets."),
        ("Translate to French.", "Good morning", "Bonjour"),
        ("What does the following code print?", "print(1 + 1)", "2"),
        ("What does the passage say about cats?", "Cats sleep.", "It says that cats sleep."),
        ("Write a question about cats.", "", "Why do cats purr?"),
        ("Write a poem about spring.", "", "I am the spring, I come with rain,\nI wake the plain."),
        ("I have a list of names. How do I sort it?", "", "Call its sort() method."),
        ("How do I write a file?", "", 'Open the file:\n\n```python\nf = open("a", "w")\n```'),
        ("What does `::=` mean in a grammar?", "", "In a grammar `::=` defines a rule."),
        ("Is it possible to change a tuple?", "", "No, a tuple cannot be changed."),
        ("列表是什么？", "", "列表是一种可变的序列类型。"),
        ("Was ist eine Liste?", "", "Eine Liste ist eine veränderliche Folge von Objekten."),
    ],
)
def test_good_rows(measure, instruction, given, output):
    assert quality(measure, instruction, output, input=given)["quality"] >= LEAST


@pytest.mark.parametrize(
    "output",
    [
        "",
        "The `len()` function returns the number of items of an object, and the",  # cut off
        "The `len()` function returns the number of items of an object: ",
        ANSWER + "\n### Response: It returns a number.",
        ANSWER + "<|im_end|>",
        ANSWER + "\n\nQuestion: What is a list?\nAnswer: A list is a sequence.",
        "As an AI language model, I know that `len()` returns the number of items.",
        "I'm sorry, but I can't say what `len()` returns.",
        "I have read the text. What would you like me to do with it?",
        'len_call ::= "len" "(" expression ")" returns the number of items.',
        "The `len()` function returns the number of items â€“ of an object.",
        "The `len()` function returns " + "the number of items of the object of " * 12 + "it.",
    ],
)
def test_bad_form(measure, output):
    numbers = quality(measure, output=output)
    assert numbers["quality_form"] <= 0.2
    assert numbers["quality"] < LEAST


@pytest.mark.parametrize(
    "instruction",
    [
        "",
        "What?",
        "The `len()` function returns a number.",
        "I have read the text.",
        "Write one question that this text answers.",
        "What a great question. What does `len()` do?",
        "Question: What does `len()` return?",
    ],
)
def test_an_instruction_that_asks_nothing(measure, instruction):
    numbers = quality(measure, instruction)
    assert numbers["quality_form"] <= 0.1
    assert numbers["quality"] < LEAST


@pytest.mark.parametrize(
    ("instruction", "output"),
    [
        (QUESTION, "A delta grows where a river drops its mud faster than the tide."),  # off topic
        (QUESTION, "The `len()` function returns."),  # an echo
        ("How does len() return a number?", "The len() function returns a number."),
        (QUESTION, "What would the `len()` function return for a list of items?"),  # asks back
    ],
)
def test_bad_fit(measure, instruction, output):
    numbers = quality(measure, instruction, output)
    assert numbers["quality_fit"] <= 0.4
    assert numbers["quality"] < LEAST


@pytest.mark.parametrize("opening", ["Sure! ", "Certainly, ", "Here is the answer: "])
def test_chatty_openings(measure, opening):
    numbers = quality(measure, output=opening + ANSWER)
    assert numbers["quality_form"] == pytest.approx(0.4)
    assert numbers["quality"] < LEAST


def test_more_questions_in_an_answer(measure):
    more = quality(measure, output=f"What is a list? {ANSWER}")
    assert more["quality_fit"] == pytest.approx(0.4)
    assert more["quality"] < LEAST


def test_how_many_wants_an_amount(measure):
    asked = "How many arguments does range() take?"
    assert quality(measure, asked, "It takes integer arguments.")["quality_fit"] <= 0.4
    assert quality(measure, asked, "It takes one argument or more.")["quality_fit"] == 1.0


@pytest.mark.parametrize(
    ("instruction", "left"),
    [
        ("According to the passage, what does `len()` return?", 0.1),
        ("What does the text say about `len()`?", 0.1),
        ("What does the author think of `len()`?", 0.1),
        ("What does the code above return for `len()`?", 0.1),
        ("What does this fact say about `len()`?", 0.1),
        ("What does this function return?", 0.2),
        ("When is it called?", 0.2),
        ("What does the function return?", 0.4),
        ("What does the `len()` function return, and when does it fail?", 1.0),
        ("What does the context manager's `__exit__()` return?", 1.0),
        ("What does `this` mean?", 1.0),
    ],
)
def test_standalone(measure, instruction, left):
    numbers = quality(measure, instruction)
    assert numbers["quality_standalone"] == pytest.approx(left)
    assert numbers["quality"] < LEAST or left == 1.0
    with_input = quality(measure, instruction, input="def len(s): ...")
    assert with_input["quality_standalone"] == 1.0


def test_an_answer_that_speaks_of_its_source(measure):
    said = "According to the passage, `len()` returns the number of items of an object."
    assert quality(measure, output=said)["quality_standalone"] == pytest.approx(0.3)
    assert quality(measure, output=said)["quality"] < LEAST


def test_grounding_counts_where_there_is_a_passage(measure):
    assert quality(measure)["quality_grounding"] is None
    assert quality(measure, passage=PASSAGE)["quality"] >= LEAST
    invented = "The `len()` function returns the memory address of a thread in kilobytes."
    assert quality(measure, output=invented)["quality"] >= LEAST
    assert quality(measure, output=invented, passage=PASSAGE)["quality"] < LEAST


def test_a_question_about_what_the_passage_does_not_speak_of(measure):
    asked = "What does the len() function of Java's Garbage class return?"
    answer = "The len() function returns the number of items of an object."
    alone = quality(measure, asked, answer)["quality_fit"]
    assert quality(measure, asked, answer, passage=PASSAGE)["quality_fit"] < alone


def test_the_weakest_part_weighs_as_much_as_all(measure):
    numbers = quality(measure, "What does this function return?", ANSWER)
    parts = [numbers[f"quality_{part}"] for part in ("form", "fit", "standalone")]
    assert parts == pytest.approx([1.0, 1.0, 0.2])
    assert numbers["quality"] == pytest.approx((0.2 * 2.2 / 3) ** 0.5)


def test_a_wanted_refusal_may_apologise(measure):
    asked, said = "How do I bake bread?", "I'm sorry, I can only help with Python."
    refusal = quality(measure, asked, said, kind="refusal", passage=PASSAGE)
    assert refusal == {
        "quality": 1.0,
        "quality_form": 1.0,
        "quality_fit": None,
        "quality_standalone": 1.0,
        "quality_grounding": None,
    }
    assert quality(measure, asked, said)["quality"] < LEAST


def test_parts_stand_beside_the_number(measure):
    names = list(quality(measure))
    assert names == [
        "quality",
        *(f"quality_{p}" for p in ("form", "fit", "standalone", "grounding")),
    ]


TWO = """
## How do I open a file?

Call open() with the name of the file. It returns a file object that must be closed again. A file
that is not there is made where the mode says so; else an exception tells what is missing.

## How do I sort a list?

Call its sort() method, which changes the list in place and returns None.
"""


def test_an_answer_from_another_place_of_the_passage(measure):
    asked = "How do I sort a list?"
    right = "Call its sort() method, which changes the list in place and returns None."
    wrong = "It returns a file object that must be closed again."
    assert quality(measure, asked, right, passage=TWO)["quality_fit"] == 1.0
    numbers = quality(measure, asked, wrong, passage=TWO)
    assert numbers["quality_grounding"] == 1.0
    assert numbers["quality"] < LEAST


@pytest.mark.parametrize(
    "output",
    [
        "A cast keeps the value of the item where that is",
        "A cast keeps the value. The type of the item that it gives changes",
        "Call `open()` or any other function (see its manual) that opens the",
        "It returns a list (which may be",
    ],
)
def test_answers_cut_in_the_middle(measure, output):
    assert quality(measure, output=output)["quality_form"] <= 0.2


@pytest.mark.parametrize("output", ["The number of items", "A sequence", "sorted(items)"])
def test_a_few_words_need_no_full_stop(measure, output):
    assert quality(measure, output=output)["quality"] >= LEAST


@pytest.mark.parametrize(
    "text", ["â€œquotedâ€\x9d", "cafÃ©", "Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "a\u00c2\u00a0gap", "lost \ufffd signs"]
)
def test_broken_encoding(measure, text):
    assert quality(measure, output=f"{ANSWER} It is {text} here.")["quality_form"] <= 0.1


@pytest.mark.parametrize(
    "text", ["café", "“quoted” – 5 €", "Привет", "naïve œuvre, 20 °C", "½ × ±"]
)
def test_sound_encoding(measure, text):
    assert quality(measure, output=f"{ANSWER} It is {text} here.")["quality_form"] == 1.0


@pytest.mark.parametrize(
    ("instruction", "sound"),
    [
        ("What does the subscript yield an integer?", False),
        ("What does an exception is raised?", False),
        ("What does the file is searched on?", False),
        ("What does the line may be cut by a mark?", False),
        ("In a loop, what does an exception is raised?", False),
        ("What does the operator yield its left argument raised to a power?", False),
        ("What does the subscript yield?", True),
        ("What does the len function return for a list?", True),
        ("What does calling a function twice do?", True),
        ("What does the statement bind the name to?", True),
        ("What does Python do when a name is not found?", True),
        ("What does the compiler let the caller pass?", True),
        ("What do people believe is the best way?", True),
        ("What is the value that a function returns?", True),
    ],
)
def test_a_question_that_asks_nothing_is_poor(measure, instruction, sound):
    answer = "The subscript must yield an integer where the primary is a mutable sequence."
    found = quality(measure, instruction, answer)
    assert found["quality_form"] == (1.0 if sound else 0.1)


@pytest.mark.parametrize(
    ("instruction", "output", "sound"),
    [
        ("What does a guard fail?", "A guard fails if the case has no name.", False),
        ("What does the last lock on a door?", "The last lock on a door is a bolt.", False),
        ("What does a magnet attract?", "A magnet attracts a magnet if it is iron.", False),
        (
            "What does a magnet point to the north?",
            "A magnet points to the north; it turns.",
            False,
        ),
        ("In a storm, what does a ship sail?", "A ship sails into the wind.", False),
        ("What may a query return?", "A query may.", False),
        ("What does a letter pass to the office?", "A letter is passed to the office.", False),
        ("What does `ls` stand for?", "`ls` is the command of the shell.", False),
        ("What is a parcel?", "A parcel is.", False),
        ("What does a parcel goes?", "A parcel goes north.", False),
        ("What does a road lead to a town?", "A road leads to a town, which is old.", False),
        ("What does a query evaluate to?", "A query evaluates a list of terms.", False),
        ("What does a parcel do?", "A parcel is carefully wrapped in paper.", False),
        ("What does a parcel do?", "A parcel does not open by itself.", False),
        ("What does the gate return?", "The gate can also be a row of gates.", False),
        ("What does a gate open?", "If no key was given, a gate opens a door.", False),
        ("What does a guard check?", "A guard checks whether the case has a name.", True),
        ("What does a lock stop?", "A lock also stops thieves, if it is shut.", True),
        ("What does a list hold?", "A list holds, in addition, the number of its items.", True),
        ("What does a copy replace?", "A copy replaces a copy that is older than a day.", True),
        ("What do names refer to?", "Names refer to things.", True),
        ("What does `ls` mean?", "`ls` is the command that lists files.", True),
        ("What does `ls` do?", "`ls` is used to list files.", True),
        ("What does a tensor have?", "Every tensor has a shape and a type of its items.", True),
        ("What may a query return?", "A query may return an empty list.", True),
        ("What is a parcel?", "A parcel is a box that is sent by post.", True),
        ("What does the lock do when it is cold?", "The lock freezes.", True),
        ("What does a query evaluate to?", "A query evaluates, in the end, to a list.", True),
        ("What does a gate do?", "A gate is used to shut a way.", True),
        ("What does a closed gate keep out?", "If a gate is closed, it keeps out horses.", True),
        ("What does `rc` mean?", "If a command fails, `rc` is its number.", True),
        ("What is a guard?", "It decides whether the case is taken.", True),
    ],
)
def test_a_question_leaves_open_what_its_answer_fills(measure, instruction, output, sound):
    found = quality(measure, instruction, output)
    assert (found["quality"] >= LEAST) == sound
    assert (found["quality_fit"] > 0.4) == sound


def test_what_is_done_to_a_thing_is_no_deed_of_it(measure):
    asked, said = "What does a parcel weigh?", "A parcel weighs when it comes in."
    passage = "A parcel is weighed when it comes in."
    assert quality(measure, asked, said, passage=passage)["quality_fit"] <= 0.1
    assert quality(measure, asked, "A parcel weighs two pounds.")["quality_fit"] == 1.0


@pytest.mark.parametrize(
    ("instruction", "stands"),
    [
        ("What does the implementation add?", False),
        ("What is the default value?", False),
        ("What is each item added to?", False),
        ("What happens if the second argument is missing?", True),  # "missing" may be the point
        ("What does the compass show?", True),
        ("What is the type of `None`?", True),
        ("In the context of lists, what is the default value?", True),
    ],
)
def test_a_question_about_any_thing_of_a_kind_says_not_which(measure, instruction, stands):
    found = quality(measure, instruction, "It is a number of some kind.")
    assert found["quality_standalone"] == (1.0 if stands else 0.4)


def test_what_stands_before_a_question_need_not_be_said_again(measure):
    bare = quality(measure, passage=PASSAGE)
    framed = quality(measure, "In the context of ships, what does `len()` return?", passage=PASSAGE)
    assert framed["quality_fit"] == bare["quality_fit"] == 1.0
