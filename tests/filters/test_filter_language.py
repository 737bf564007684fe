"""`language` is the probability that a pair is written in the wanted language."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.filters.language import _CODE, Language, prose
from curate.filters.languages.draws import drawn
from curate.filters.languages.grams import grams
from curate.filters.languages.judge import asked, probabilities
from curate.filters.languages.profiles import profiles

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
        "print({'langdetect', 'datasketch', 'sklearn', 'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


SHORT = {
    "en": ["What is a tuple?", "It is a list.", "How do I sort a list?", "The value is returned.",
           "What does this mean?", "Yes, that is correct.", "A set has no order.", "Use the second argument."],
    "de": ["Was ist eine Liste?", "Das ist nicht richtig.", "Wie sortiert man eine Liste?", "Der Wert wird zurückgegeben.", "Ja, das ist so."],
    "es": ["¿Qué es una lista?", "¿Cómo se ordena una lista?", "El valor es devuelto.", "No hay ningún error.", "Esto es una función."],
    "fr": ["Qu'est-ce qu'une liste ?", "Comment trier une liste ?", "La valeur est renvoyée.", "Ce n'est pas une erreur.", "Oui, c'est vrai."],
    "it": ["Che cos'è una lista?", "Come si ordina una lista?", "Questo è il valore della funzione.", "Non c'è nessun errore.", "Quali sono gli argomenti?"],
    "ru": ["Что такое список?", "Как отсортировать список?", "Это русский язык.", "Функция возвращает значение.", "Ошибки нет."],
    "ja": ["リストとは何ですか。", "これは日本語です。", "値を返します。", "リストを並べ替えるには?", "はい、そうです。"],
    "pl": ["Co to jest lista?", "Jak posortować listę?", "Funkcja zwraca wartość.", "Nie ma żadnego błędu.", "Tak, to prawda."],
}  # fmt: skip
"""By hand: few words each, and clear to a reader."""


def verdicts(code: str, texts: list[str]) -> list[bool]:
    rows = pl.DataFrame({"instruction": [""] * len(texts), "output": texts})
    return [number >= 0.8 for number in Language(code=code).measure(rows)["language"]]


@pytest.mark.parametrize("code", SHORT)
def test_short_texts_of_the_wanted_language(code):
    assert all(verdicts(code, SHORT[code]))


def test_short_texts_of_other_languages():
    others = [text for code, texts in SHORT.items() if code != "en" for text in texts]
    kept = [text for text, is_kept in zip(others, verdicts("en", others), strict=True) if is_kept]
    assert set(kept) <= {"Ja, das ist so.", "No hay ningún error.", "Co to jest lista?"}


def test_langdetect_misses_short_texts():
    """Why there is a rule for them: of these 43 it misses six, and ours none."""
    missed = [t for code, those in SHORT.items() for t in those if asked(t).get(code, 0.0) < 0.8]
    assert len(missed) >= 4


LONG = [
    "The sort method changes the list in place and returns nothing, so its result cannot be chained.",
    "Die Methode ändert die Liste selbst und gibt nichts zurück, also lässt sie sich nicht verketten.",
    "El método ordena la lista en su lugar y no devuelve nada, por lo que no se puede encadenar.",
    "La méthode trie la liste sur place et ne renvoie rien, on ne peut donc pas l'enchaîner.",
    "Метод сортирует список на месте и ничего не возвращает, поэтому его нельзя продолжить точкой.",
    "Phương thức này sắp xếp danh sách tại chỗ và không trả về gì, vì vậy không thể nối tiếp nó.",
    "The method is called sort. Die Methode ändert die Liste selbst. La méthode ne renvoie rien.",
    "Der Befehl list sort tut es. The command changes the list in place and gives nothing back.",
    "THE METHOD CHANGES THE LIST IN PLACE And Returns Nothing, SO ITS RESULT Cannot Be Chained TO it",
    "Метод sort сортирует список на месте, и ничего не возвращает: list sort нельзя продолжить так.",
    "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut",
    "qwe rty uio pas dfg hjk lzx cvb nmq wer tyu iop asd fgh jkl zxc vbn mqw ert yui opa sdf ghj klz",
]


def test_long_texts_get_the_number_of_langdetect():
    known = profiles()
    taken = grams(LONG, known)
    found = drawn(taken, known.shares, taken.counts > 0)
    for text, row in zip(LONG, found, strict=True):
        numbers = dict(zip(known.codes, row, strict=True))
        assert {code: p for code, p in numbers.items() if p > 0.1} == pytest.approx(asked(text))


def test_a_sentence_beside_much_code_is_judged_alone(measure):
    code = "\n".join(f"    value_{i} = compute(value_{i - 1}, größe={i})" for i in range(30))
    assert (
        measure(Language(), output=f"This adds the sizes.\n```python\n{code}\n```")["language"]
        > 0.8
    )
    german = f"Das addiert alle Größen.\n```python\n{code}\n```"
    assert measure(Language(), output=german)["language"] < 0.5


WILD = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("aeinrst AB.`<@1é漢жあ̀"), max_size=90
)


@given(
    st.lists(st.one_of(WILD, st.sampled_from(LONG), st.sampled_from(SHORT["en"])), max_size=8),
    st.randoms(),
)
@settings(max_examples=60, deadline=None)
def test_any_text_gets_the_same_number_whatever_stands_beside_it(texts, chance):
    numbers = probabilities(texts, "en")
    assert all(number is None or 0.0 <= number <= 1.0 for number in numbers)
    order = list(range(len(texts)))
    chance.shuffle(order)
    assert probabilities([texts[at] for at in order], "en") == [numbers[at] for at in order]
    assert [probabilities([text], "en")[0] for text in texts] == numbers


@given(st.text("ab1.( )_`<>:/@hü\u2028\x1c\n'\",-x=é漢²", max_size=30))
@settings(max_examples=300, deadline=None)
def test_words_are_stripped_of_code_alike_by_the_quick_way(text):
    slow = " ".join(_CODE.sub(" ", text).split())
    assert prose(text) == (slow if any(map(str.isalpha, slow)) else " ".join(text.split()))
