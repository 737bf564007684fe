"""A calibration as tables for people: on the terminal, and in Markdown for the card."""

from __future__ import annotations

from typing import Any

from curate.calibrate.bounds import KEPT

Lines = list[dict[str, Any]]


def tables(report: dict[str, Any]) -> list[tuple[str, Lines]]:
    """Title and rows of each table of a report (`Report.to_dict`)."""
    return [
        ("Area under the ROC curve: 0.5 tells nothing, 1 all", _areas(report)),
        ("All bounds of the recipe together", _drops(report)),
        ("Each bound: what it drops, and what no other bound drops", _bounds(report)),
        ("Bounds of quality, all other bounds aside", _quality(report)),
    ]


def assumptions(report: dict[str, Any]) -> list[str]:
    """What must be known to read the numbers right, one sentence or two a line."""
    errors = [line["error"] for line in report["areas"] if line["error"] is not None]
    told = [
        f"{report['good']} good rows ({report['origin']}), {report['faulty']} copies with one "
        f"planted fault each, seed {report['seed']}. In means each kind of fault counts the same.",
        "Areas: the chance that a good row has the better number than a faulty one, ties half; "
        f"standard error {max(errors, default=0.0):.3f} at most (Hanley & McNeil 1982).",
    ]
    if report["quality"]:
        told.append(
            f"Precision assumes that {_percent(report['share'])} of the candidates are faulty "
            f"({report['share_origin']}), with as many of each kind."
        )
    if report["chosen_by_bounds"]:
        told.append(
            "The good rows are those that these bounds kept, so that what a bound drops of them is "
            "not told, and areas are too high: give rows that were judged otherwise with --rows."
        )
    return told


def markdown(report: dict[str, Any]) -> str:
    """The report as Markdown: a table for each part, and what was assumed."""
    parts = ["## Calibration", "\n".join(f"- {line}" for line in assumptions(report))]
    for title, lines in tables(report):
        if lines:
            parts.append(f"### {title}\n\n{_table(lines)}")
    return "\n\n".join(parts) + "\n"


def _table(lines: Lines) -> str:
    names = list(lines[0])
    rule = ["---" if isinstance(lines[0][name], str) else "---:" for name in names]
    rows = [[_cell(line[name]) for name in names] for line in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in [names, rule, *rows])


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _areas(report: dict[str, Any]) -> Lines:
    """A row for each fault, a column for each measure that tells something."""
    by_fault: dict[str, dict[str, Any]] = {}
    for line in report["areas"]:
        row = by_fault.setdefault(line["fault"], {"fault": line["fault"]})
        row[line["measure"]] = None if line["auc"] is None else round(line["auc"], 2)
    measures = dict.fromkeys(line["measure"] for line in report["areas"])
    telling: dict[tuple[float | None, ...], str] = {}
    for measure in measures:
        column = tuple(row[measure] for row in by_fault.values())
        if measure != KEPT and not set(column) <= {None, 0.5}:
            telling.setdefault(column, measure)  # two columns that are alike say the same
    shown = [*telling.values(), KEPT]
    return [{"fault": name, **{m: row[m] for m in shown}} for name, row in by_fault.items()]


def _drops(report: dict[str, Any]) -> Lines:
    shown = []
    for line in report["drops"]:
        name = line["fault"] or "(good)"
        kept = None if line["dropped"] is None else 1 - line["dropped"]
        shares = {"kept": _percent(kept), "dropped": _percent(line["dropped"])}
        shown.append({"fault": name, "rows": line["rows"], **shares, "mostly by": line["by"] or ""})
    return shown


def _bounds(report: dict[str, Any]) -> Lines:
    return [
        {
            "filter": line["filter"],
            "min": line["min"],
            "max": line["max"],
            "good dropped": _percent(line["good_dropped"]),
            "faulty dropped": _percent(line["faulty_dropped"]),
            "good, it alone": _percent(line["good_alone"]),
            "faulty, it alone": _percent(line["faulty_alone"]),
        }
        for line in report["bounds"]
    ]


def _quality(report: dict[str, Any]) -> Lines:
    return [
        {
            "quality from": f"{line['bound']:.2f}",
            "good kept": _percent(line["good_kept"]),
            "faulty dropped": _percent(line["faulty_dropped"]),
            "precision": _percent(line["precision"]),
        }
        for line in report["quality"]
    ]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}%"
