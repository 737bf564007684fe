"""What a reader of the numbers must know: what could not be measured, or counts for less."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from train.evaluate.faults import Judge
from train.evaluate.heldout import Part
from train.evaluate.rows import Source, Sources
from train.evaluate.stats import FEWEST_CLUSTERS


def notes(
    sources: Sources, questions: Sequence[Source], parts: Mapping[str, Part], judge: Judge
) -> Iterator[str]:
    """The notes, a sentence each."""
    yield from _of_questions(sources, questions)
    if not judge.refusals:
        yield "The version has no refusals, so nothing is said of refusing"
    elif not any(row.off_topic for row in questions):
        yield "No held-out question is off topic. Give some: --off-topic FILE"
    if not judge.spelling:
        yield f"There is no dictionary of {judge.spelling.language!r}: spelling is not looked at"
    if not sources.passages:
        yield "The version holds no documents, so no answer is compared with its passage"
    for side, part in parts.items():
        if part.left_out:
            shown = ", ".join(f"{row.id} ({row.reason})" for row in part.left_out[:3])
            yield f"{side}: {len(part.left_out)} rows not fully measured: {shown}"


def _of_questions(sources: Sources, questions: Sequence[Source]) -> Iterator[str]:
    documents = {row.document for row in questions if not row.off_topic}
    if documents and len(documents) < FEWEST_CLUSTERS:
        many = "1 document" if len(documents) == 1 else f"{len(documents)} documents"
        yield (
            f"The on-topic questions are about {many}, too few to count by document: "
            "standard errors take rows as independent and may be too small"
        )
    if sources.shared:
        yield f"{sources.shared} documents of the test split were trained on too"
