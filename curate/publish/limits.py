"""What a card says that the rows cannot be trusted for, from how they were made."""

from __future__ import annotations

from typing import Any

from curate.publish.markup import code, escape


def limits(facts: dict[str, Any]) -> str:
    """The section, each point only where it holds."""
    return "## Limits\n\n" + "\n".join(f"- {point}" for point in _points(facts))


def _points(facts: dict[str, Any]) -> list[str]:
    recipe, counts, covered = facts["recipe"], facts["counts"], facts["coverage"]
    models = ", ".join(map(code, facts["models"]))
    points = [
        f"Synthetic: {models} wrote every row, and no person has checked it. Expect errors of "
        "fact, and the manner and prejudices of that model.",
        "Each row is about one passage; questions that span documents are missing.",
        f"Language: {escape(recipe['publish']['language'] or 'not told')}. Measures of wording "
        "were tuned on English.",
        _terms(recipe, facts["documents"]),
    ]
    bare = covered["passages"] - covered["passages_covered"]
    if bare:
        points.append(
            f"{bare} of {covered['passages']} passages have no row: what they say is not asked for."
        )
    if counts["refusals"]:
        points.append(
            f"{counts['refusals']} rows refuse questions that the documents do not answer; such an "
            "answer is right for these documents alone."
        )
    if not counts["test"]:
        points.append("There is no test split.")
    elif counts["test"] < 100:
        points.append(f"The test split has {counts['test']} rows: too few for close comparisons.")
    if not facts["calibration"]:
        points.append("Nobody has calibrated the bounds on planted faults (`curate calibrate`).")
    return points


def _terms(recipe: dict[str, Any], documents: list[dict[str, Any]]) -> str:
    """Under what licences the rows may fall."""
    licences = sorted({each["licence"] for each in documents if each["licence"]})
    shown = ", ".join(map(code, licences[:10])) or "none is told"
    own = recipe["publish"]["licence"]
    said = f"The rows are published under {code(own)}" if own else "No licence is given"
    unknown = any(not each["licence"] for each in documents)
    rest = "; that of some is not known" if unknown and licences else ""
    return (
        f"{said}. They quote and paraphrase the documents, so the licences of those bind, too "
        f"({shown}{rest}), and so may the terms of the model that wrote them."
    )
