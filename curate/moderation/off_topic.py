"""Whether a row is about the recipe's topic and documents, by the words of its question.

    off_topic = 0.75 · off_topic_question + 0.25 · off_topic_answer

A row's passage proves nothing: a teacher that wanders off still leaves the passage in its row. The
question counts most; an answer that is at home lets pass a question in words of its own.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

import polars as pl
from pydantic import Field

from curate.filters.base import numbers, texts
from curate.moderation.base import Moderation
from curate.moderation.topic import Topic
from curate.options import options
from curate.text import content_units

_QUESTION = 0.75


@options
class OffTopic(Moderation, name="off_topic"):
    """How far question and answer are from the documents, from 0 to 1; null without documents."""

    max: Annotated[float | None, Field(allow_inf_nan=False)] = 0.5
    """Highest distance that is kept; null for no upper bound."""

    needs_passage: ClassVar[bool] = True

    def measure(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`against` the rows' own passages, so that a number depends on other rows here.

        All null where no row has a passage, as in a foreign file: nobody knows its topic.
        """
        known = sorted({text for text in texts(rows, "passage") if content_units(text)})
        if not known:
            nothing = [None] * rows.height
            return numbers(off_topic=nothing, off_topic_question=nothing, off_topic_answer=nothing)
        documents = pl.DataFrame({"text": known})
        return self.against(rows, Topic.of(documents.with_columns(heading=pl.lit("")), ""))

    def against(self, rows: pl.DataFrame, topic: Topic) -> pl.DataFrame:
        """`off_topic`, 0 (about the topic) to 1 (foreign), and its two parts.

        An `input` is part of the question. An answer without a word that carries meaning counts as
        the question does. Null for a refusal, which is about what is off topic.
        """
        given = zip(texts(rows, "instruction"), texts(rows, "input"), strict=True)
        asked = topic.score([f"{one}\n{two}".strip() for one, two in given]).tolist()
        output = texts(rows, "output")
        said = topic.score(output).tolist()
        refused = [kind == "refusal" for kind in texts(rows, "kind")]
        both = [
            _QUESTION * one + (1 - _QUESTION) * (two if content_units(text) else one)
            for one, two, text in zip(asked, said, output, strict=True)
        ]
        columns = {"off_topic": both, "off_topic_question": asked, "off_topic_answer": said}
        return numbers(
            **{
                name: [None if no else value for no, value in zip(refused, values, strict=True)]
                for name, values in columns.items()
            }
        )
