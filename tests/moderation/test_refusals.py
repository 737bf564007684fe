"""Refusals: their share and sorts, what they never touch, their wording and their split."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from string import Template

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import assets
from curate.dedup.duplicates import near_duplicates
from curate.dedup.options import Dedup
from curate.errors import TeacherError
from curate.generate.passages import cut
from curate.moderation.refusal_questions import STRICT
from curate.moderation.refusal_seeds import SORTS, load_seeds
from curate.moderation.refusal_teacher import SCHEMA, ask, messages, parse
from curate.moderation.refusals import refusals, replaced
from curate.moderation.topic import Topic
from curate.publish.split import split
from curate.schema import PAIR, PASSAGE
from curate.sources.pydoc import Pydoc
from curate.teachers.base import Reply

PYTHON = "the Python programming language"


def rows(*told: dict[str, object]) -> pl.DataFrame:
    empty = {name: "" for name, kind in PAIR.items() if kind == pl.String}
    row = {**empty, "start": 0, "end": 9, "kind": "answer", "dropped": None, "split": None}
    return pl.DataFrame([row | fields for fields in told], schema=PAIR)


def live(count: int) -> pl.DataFrame:
    return rows(*({"id": str(at), "document": str(at % 50)} for at in range(count)))


def documents(*texts: str) -> pl.DataFrame:
    told = [
        {"id": str(at), "document": "d", "start": 0, "end": 1, "text": text, "heading": ""}
        for at, text in enumerate(texts)
    ]
    return pl.DataFrame(told, schema=PASSAGE)


ANIMALS = Topic.of(documents("A cat sleeps and a river carries sand."), "animals and rivers")


@pytest.fixture(scope="module")
def passages() -> pl.DataFrame:
    return cut(Pydoc().read().rows, 350)


@pytest.fixture(scope="module")
def topic(passages) -> Topic:
    return Topic.of(passages, PYTHON)


@pytest.fixture(scope="module")
def few(passages, topic) -> pl.DataFrame:
    """5 % of 1,000 rows."""
    return refusals(live(950), passages, PYTHON, 0.05, 0, known=topic)


@pytest.fixture(scope="module")
def many(passages, topic) -> pl.DataFrame:
    """5 % of 20,000 rows."""
    return refusals(live(19_000), passages, PYTHON, 0.05, 0, known=topic)


def sorts(frame: pl.DataFrame) -> Counter[str]:
    return Counter(document.split(":")[1] for document in frame["document"])


def test_enough_seeds():
    seeds = load_seeds()
    questions = [s for found in (*seeds.fields.values(), *seeds.sorts.values()) for s in found]
    answers = {text for texts in seeds.answers.values() for text in texts}
    assert len({seed.text for seed in questions}) == len(questions) >= 300
    assert len(answers) >= 40
    assert all(answer.count("$topic") == 1 for answer in answers)
    assert not any(answer.startswith("$topic") for answer in answers)  # in lower case


def test_seeds_are_no_prompt():
    assert "refusals" not in assets.names("prompts")


def test_the_share_is_that_of_the_rows_with_them(few, many):
    assert (few.height, many.height) == (50, 1000)


def test_columns(few):
    assert few.schema == PAIR
    assert set(few["kind"]) == set(few["task"]) == {"refusal"}
    assert set(few["model"]) == {"seeds"}
    assert few["prompt"].str.starts_with("refusals@").all()
    assert few["id"].n_unique() == few.height
    assert few["dropped"].null_count() == few.height


def test_sorts_come_in_their_shares(few, many):
    assert load_seeds().shares == {"far": 30, "near": 25, "talk": 20, "unsafe": 10, "rules": 15}
    assert sorts(few) == {"far": 15, "near": 12, "talk": 10, "unsafe": 5, "rules": 8}
    assert sorts(many) == {"far": 300, "near": 250, "talk": 200, "unsafe": 100, "rules": 150}


@pytest.mark.parametrize("seed", [0, 1])
def test_no_near_duplicates(passages, topic, seed):
    for count in (950, 19_000):
        made = refusals(live(count), passages, PYTHON, 0.05, seed, known=topic)
        assert near_duplicates(made, Dedup(threshold=0.8)).is_empty()


@pytest.mark.parametrize(
    "topic", ["the beets music library manager", "animals and rivers", "", "tax"]
)
def test_no_near_duplicates_for_other_documents(topic):
    songs = documents(f"An album has songs by a singer, and a river has bees. {topic}")
    for seed in range(3):
        made = refusals(live(19_000), songs, topic, 0.05, seed)
        assert made.height > 900
        assert near_duplicates(made, Dedup(threshold=0.8)).is_empty()


def test_no_question_comes_twice(many):
    assert many["instruction"].str.to_lowercase().n_unique() == many.height


def test_answers_vary(few, many):
    assert few["output"].n_unique() >= 40
    assert many["output"].n_unique() >= 200
    assert max(Counter(many["output"]).values()) <= 30


def test_every_question_is_surely_off_topic(many, topic):
    assert topic.score(many["instruction"].to_list()).min() > 0.5
    bare = many.filter(~pl.col("instruction").str.contains("[:?] |, "))  # without a frame
    assert topic.score(bare["instruction"].to_list()).min() >= STRICT


def test_near_misses_are_about_the_neighbouring_field(few):
    near = few.filter(pl.col("document").str.contains(":near:"))["instruction"]
    computing = {seed.key for seed in load_seeds().fields["computing"]}
    assert {
        document.rsplit(":")[-1] for document in few["document"] if ":near:" in document
    } <= computing
    assert near.str.contains("Python").sum() == 0


def test_what_the_documents_answer_is_not_refused():
    cats = documents(
        "Cats and kittens: a kitten is a young cat. Do cats like pizza? A hamster is no cat, and a "
        "goldfish is afraid of cats. A cat is so cute when it sleeps.",
    )
    made = refusals(live(19_000), cats, "cats", 0.05, 0)
    assert made.filter(pl.col("instruction").str.contains("(?i)cats|kitten")).is_empty()
    web = documents("In JavaScript a constant is declared with const. JavaScript sorts an array.")
    made = refusals(live(19_000), web, "JavaScript", 0.05, 0)
    assert made.filter(pl.col("instruction").str.contains("JavaScript")).is_empty()


def test_nothing_of_the_live_rows_is_asked_again(passages, topic, few):
    asked = rows(
        *({"id": str(at), "instruction": text} for at, text in enumerate(few["instruction"]))
    )
    again = refusals(asked, passages, PYTHON, 0.5, 0, known=topic)
    assert not set(again["instruction"]) & set(few["instruction"])


def test_refusals_that_are_there_count(passages, topic, few):
    assert refusals(pl.concat([live(950), few]), passages, PYTHON, 0.05, 0, known=topic).is_empty()
    more = refusals(pl.concat([live(950), few[:20]]), passages, PYTHON, 0.05, 0, known=topic)
    assert more.height == 30


def test_a_larger_share_only_adds_rows(passages, topic, few):
    more = refusals(live(950), passages, PYTHON, 0.1, 0, known=topic)
    assert more.height == 106
    assert set(few["id"]) < set(more["id"])
    assert set(few.select("id", "output").rows()) < set(more.select("id", "output").rows())


def test_same_seed_same_rows(passages, topic, few):
    assert refusals(live(950), passages, PYTHON, 0.05, 0, known=topic).equals(few)
    assert not refusals(live(950), passages, PYTHON, 0.05, 1, known=topic).equals(few)


@pytest.mark.parametrize("share", [0, 0.0001])
def test_no_refusals(passages, topic, share):
    assert refusals(live(950), passages, PYTHON, share, 0, known=topic).is_empty()


@pytest.mark.parametrize("share", [-0.1, 1, float("nan")])
def test_impossible_share(passages, topic, share):
    with pytest.raises(ValueError, match="expected 0 to under 1"):
        refusals(live(950), passages, PYTHON, share, 0, known=topic)


def test_the_split_takes_its_share_by_seed_question(many):
    sides = split(pl.concat([live(1000), many]), 0.1, 0).filter(pl.col("kind") == "refusal")
    share = (sides["split"] == "test").mean()
    assert 0.06 < share < 0.14
    assert sides.group_by("document").agg(pl.col("split").n_unique())["split"].max() == 1


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("our billing system", "our billing system"),
        (" animals and rivers.\n", "animals and rivers"),
        ("prices in $ and €", "prices in $ and €"),
        ("", "my subject"),
    ],
)
def test_answers_name_the_topic(topic, said):
    made = refusals(live(950), documents("A river carries sand and a cat sleeps."), topic, 0.05, 0)
    assert made["output"].str.contains(said, literal=True).all()
    assert not made["output"].str.contains(r"\$topic|  |\.\.| ,").any()


def test_off_topic_rows_are_replaced(topic):
    off = rows(
        {"id": "1", "instruction": "Who won the World Cup?", "output": "Germany."},
        {"id": "2", "instruction": "who won the World Cup?", "output": "Brazil."},
        {"id": "3", "instruction": "Summarise it.", "input": "Some text.", "output": "It."},
        {"id": "4", "instruction": "What does the passage say?", "output": "Nothing."},
        {"id": "5", "instruction": "How do I sort a list?", "output": "On topic after all."},
    )
    made = replaced(off, topic, PYTHON, 0)
    assert made.schema == PAIR
    assert [text.lower() for text in made["instruction"]] == ["who won the world cup?"]
    assert PYTHON in made["output"][0]
    assert made["document"][0].startswith("refusals:replaced:")
    assert replaced(off.clear(), topic, PYTHON, 0).is_empty()


def test_further_questions_come_first_and_are_checked(passages, topic):
    further = {"near": ["How do I declare a struct in Zig?", "How do I sort a list?"], "far": [" "]}
    made = refusals(live(950), passages, PYTHON, 0.05, 0, further, "gpt", known=topic)
    new = made.filter(pl.col("model") == "gpt")
    assert [text.lower().find("struct in zig") >= 0 for text in new["instruction"]] == [True]
    assert sorts(new) == {"near": 1}


def replying(*texts: str):
    left = list(texts)

    async def complete(messages, options):
        assert options.schema == SCHEMA
        return Reply(left.pop(0), 1, 1, "stop")

    return complete


def test_a_teacher_is_asked_once_a_sort():
    replies = [json.dumps({"questions": [f"Question of {sort}?"]}) for sort in SORTS]
    found = asyncio.run(ask(PYTHON, 5, 0, replying(*replies)))
    assert found == {sort: [f"Question of {sort}?"] for sort in SORTS}


def test_a_teacher_that_fails():
    async def complete(messages, options):
        raise TeacherError("no answer")

    with pytest.raises(TeacherError):
        asyncio.run(ask(PYTHON, 5, 0, complete))


@pytest.mark.parametrize("sort", SORTS)
def test_what_a_teacher_is_asked(sort):
    system, user = messages(sort, PYTHON, 7, 0)
    assert PYTHON in system["content"]
    assert "7 questions" in user["content"]
    assert messages(sort, PYTHON, 7, 0) == [system, user]


@pytest.mark.parametrize(
    ("text", "questions"),
    [
        ('{"questions": ["One?", "Two?", "One?"]}', ["One?", "Two?"]),
        ('Sure!\n```json\n{"questions": ["One\\n?"]}\n```', ["One ?"]),
        ('["One?", 2, null, ""]', ["One?"]),
        ('{"answers": ["One?"]}', ["One?"]),
        ("I'm sorry, I can't help with that.", []),
        ('{"questions": "One?"}', []),
        ("[" * 5000, []),
        ("", []),
    ],
)
def test_replies(text, questions):
    assert parse(Reply(text, 1, 1, "stop")) == questions


@given(
    st.text(st.characters(codec=None), max_size=40),
    st.text(st.characters(codec="utf-8"), max_size=40),
)
@settings(max_examples=30, deadline=None)
def test_any_text(reply, topic):
    assert all(isinstance(text, str) for text in parse(Reply(reply, 1, 1, "stop")))
    made = replaced(rows({"id": "1", "instruction": f"x{topic}"}), ANIMALS, topic, 0)
    assert made.height <= 1


def test_every_frame_and_filling_is_a_template():
    seeds = load_seeds()
    for frames in seeds.frames.values():
        for frame in frames:
            assert set(Template(frame).get_identifiers()) < {"q", "Q"}
    for found in (*seeds.fields.values(), *seeds.sorts.values()):
        for seed in found:
            assert seed.fillings()
            assert not any("$" in text for text in seed.fillings())
