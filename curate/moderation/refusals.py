"""Rows that turn a question down: about other things, small talk, unsafe, against the rules.

    rows = refusals(live, passages, "the Python programming language", share=0.05, seed=0)

Questions come from the bundled seeds, and answers name the topic ("Let's keep this conversation
relevant to …"). None is about anything that the documents may answer: each question has a
`Topic.score` of 0.6 at least. All variants of a seed question are one `document`, so that the split
by document puts all of them on one side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from curate.moderation.refusal_answers import Answers
from curate.moderation.refusal_questions import Question, questions, unanswered
from curate.moderation.refusal_seeds import SORTS, load_seeds
from curate.moderation.topic import Topic
from curate.schema import PAIR
from curate.text import digest, folded, points_at_text


def refusals(
    live: pl.DataFrame,
    passages: pl.DataFrame,
    topic: str,
    share: float,
    seed: int,
    further: Mapping[str, Sequence[str]] | None = None,
    model: str = "",
    run: str = "",
    known: Topic | None = None,
) -> pl.DataFrame:
    """PAIR rows that make `share` (0 to under 1) of the rows refusals, those in `live` counted.

    `live` are the rows that stay (PAIR), `passages` the documents (PASSAGE). `further` has more
    questions of each sort (`SORTS`), made by a teacher called `model` (`refusal_teacher`). `known`
    is the documents' Topic, where it is made already. A larger share only adds rows. Fewer rows
    come where the documents are about too much for as many. Raises ValueError for another share.
    """
    if not 0 <= share < 1:
        raise ValueError(f"a share of {share:g} refusals; expected 0 to under 1")
    refused = int((live["kind"] == "refusal").sum())
    count = round(share / (1 - share) * (live.height - refused)) - refused
    if count <= 0:
        return pl.DataFrame(schema=PAIR)
    asked = frozenset(map(folded, live["instruction"]))
    found = questions(load_seeds(), known or Topic.of(passages, topic), seed, asked, further, model)
    return _rows(_shared(found, count), topic, seed, run)


def replaced(
    off_topic: pl.DataFrame, known: Topic, topic: str, seed: int, run: str = ""
) -> pl.DataFrame:
    """PAIR rows that turn down the questions of rows that are off topic, at most one a question.

    Left out are questions that the documents, whose Topic is `known`, may answer after all, and
    those with an `input` or that speak of a text: their subject stands elsewhere.
    """
    alone = off_topic.filter(pl.col("input").fill_null("").str.strip_chars() == "")
    asked = {
        folded(text): text.strip()
        for text in alone["instruction"].fill_null("")
        if text.strip() and not points_at_text(text)
    }
    texts = list(asked.values())
    found = [
        Question("replaced", "field", digest(folded(text), size=8), text, text)
        for text in unanswered(texts, known.score(texts).tolist(), known)
    ]
    return _rows(found, topic, seed, run)


def _shared(found: dict[str, Iterator[Question]], count: int) -> list[Question]:
    """`count` questions, the sorts in their shares; what one sort lacks the others give."""
    shares = load_seeds().shares
    due = dict.fromkeys(SORTS, 0.0)
    chosen: list[Question] = []
    while due and len(chosen) < count:
        whole = sum(shares[sort] for sort in due)
        for sort in due:
            due[sort] += shares[sort] / whole
        sort = max(due, key=lambda each: due[each])
        question = next(found[sort], None)
        if question is None:
            del due[sort]
            continue
        due[sort] -= 1
        chosen.append(question)
    return chosen


def _rows(found: Sequence[Question], topic: str, seed: int, run: str) -> pl.DataFrame:
    answers = Answers(load_seeds(), topic, seed)
    prompt = load_seeds().identity
    rows = [
        {
            "id": digest(document, 0, 0, prompt, one.model, one.text),
            "instruction": one.text,
            "input": "",
            "output": answers.next(one.manner, one.bare),
            "kind": "refusal",
            "task": "refusal",
            "document": document,
            "start": 0,
            "end": 0,
            "prompt": prompt,
            "model": one.model,
            "run": run,
            "dropped": None,
            "split": None,
        }
        for one in found
        for document in [f"refusals:{one.sort}:{one.seed}"]
    ]
    return pl.DataFrame(rows, schema=PAIR)
