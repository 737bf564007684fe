"""The commands as a user meets them, with a scripted teacher."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import click
import polars as pl
import pytest
from click.testing import CliRunner, Result

from curate.cli import main

ROOT = Path(__file__).parent.parent.parent


def curate(*args: str) -> Result:
    return CliRunner().invoke(main, args)


def done(*args: str) -> str:
    result = curate(*args)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*args: str) -> str:
    result = curate(*args)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    return result.output


def commands() -> list[tuple[str, click.Command]]:
    return sorted(main.commands.items())


@pytest.mark.parametrize(("name", "command"), commands(), ids=[name for name, _ in commands()])
def test_every_command_has_help_with_an_example(name: str, command: click.Command) -> None:
    text = done(name, "-h")
    assert "\nExample:\n" in text.replace("  Example", "Example")  # not wrapped into a paragraph
    assert "\\b" not in text
    assert f"curate {name}" in text
    undocumented = [
        option.name
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert undocumented == []


def test_every_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name, _ in commands() if f"curate {name}" not in readme] == []


def test_new_writes_a_recipe_that_is_valid(small: Path) -> None:
    text = done("new", "mine", "docs", "--topic", "animals: cats # and bees")
    assert "Wrote recipes/mine.yaml: 3 documents, teacher SmolLM2" in text
    found = json.loads(done("check", "recipes/mine.yaml", "--json"))
    assert found["documents"] == 3
    assert found["requests"] == 2 * found["pairs"]
    assert (small / "recipes/mine.yaml").read_text().startswith("# curate run recipes/mine.yaml")


def test_new_uses_openai_where_there_is_a_key(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "s3cret")
    assert "teacher gpt-" in done("new", "mine", "docs/cats.md", "docs/bees.md")
    assert "s3cret" not in (small / "recipes/mine.yaml").read_text()
    assert json.loads(done("check", "recipes/mine.yaml", "--json"))["documents"] == 2


def test_new_refuses_what_cannot_work(small: Path) -> None:
    done("new", "mine", "docs")
    assert "recipes/mine.yaml exists" in refused("new", "mine", "docs")
    assert "expected letters" in refused("new", "../mine", "docs")
    assert "nowhere" in refused("new", "other", "nowhere")


def test_run_publishes_and_a_second_run_does_nothing(small: Path) -> None:
    text = done("run", "small.yaml")
    assert "Published datasets/small/0.1.0" in text
    before = snapshot(small / "datasets")
    again = done("run", "small.yaml")
    assert "no request needed" in again
    assert "no bound has moved" in again
    assert "Unchanged: datasets/small/0.1.0" in again
    assert snapshot(small / "datasets") == before


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_candidate_is_live_or_rejected_with_a_reason(small: Path) -> None:
    done("run", "small.yaml")
    folder = small / "datasets/small/0.1.0"
    counts = json.loads((folder / "manifest.json").read_text())["counts"]
    data = pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("data/*.parquet"))])
    rejected = pl.read_parquet(folder / "rejected/rejected-00000-of-00001.parquet")
    assert data.height + rejected.height == counts["candidates"] > counts["passages"]
    assert data["dropped"].null_count() == data.height
    assert rejected["dropped"].null_count() == 0
    assert data.columns == rejected.columns
    assert {"length", "repetition", "grounding"} <= set(data.columns)
    assert any(reason.startswith("grounding 0") for reason in rejected["dropped"])
    assert any(reason.startswith("duplicate of ") for reason in rejected["dropped"])


def test_moving_a_bound_asks_nobody_and_makes_the_next_version(small: Path) -> None:
    done("run", "small.yaml")
    first = snapshot(small / "datasets/small/0.1.0")
    (small / "replies.jsonl").write_text("")  # a call would now fail
    journal = (small / ".curate/small/journal.jsonl").read_bytes()
    text = done("filter", "small.yaml", "--set", "filters.grounding.min=0")
    assert "rows moved" in text
    assert "0 rows moved" not in text
    assert "measured:" not in text
    assert "Published datasets/small/0.2.0" in done("publish", "small.yaml")
    assert snapshot(small / "datasets/small/0.1.0") == first
    assert (small / ".curate/small/journal.jsonl").read_bytes() == journal
    manifest = json.loads((small / "datasets/small/0.2.0/manifest.json").read_text())
    assert manifest["parent"] == "0.1.0"
    assert {"grounding": {"min": 0, "max": None}} in manifest["recipe"]["filters"]


def test_filter_without_working_rows_says_what_makes_them(small: Path) -> None:
    assert "curate generate" in refused("filter", "small.yaml")


def test_a_passage_that_gave_nothing_is_in_the_ledger_and_ends_with_exit_code_3(
    small: Path, script: Callable[[list[dict]], None]
) -> None:
    script([{"when": "Write one question", "error": "429: slow down"}])
    result = curate("generate", "small.yaml")
    assert result.exit_code == 3
    assert "429: slow down" in result.output
    assert "gave no pair (100%), more than --max-loss 0.05 allows" in result.output
    assert curate("generate", "small.yaml", "--max-loss", "1").exit_code == 0


def test_passages_that_the_teacher_failed_on_are_asked_again(
    small: Path, script: Callable[[list[dict]], None]
) -> None:
    lines = [json.loads(line) for line in (small / "replies.jsonl").read_text().splitlines()]
    script([{"when": "Write one question", "error": "503: down"}])
    recipe = (small / "small.yaml").read_text()
    assert curate("generate", "small.yaml").exit_code == 3
    # The script is part of what shapes a reply, so a change of it would itself ask again.
    facts = pl.read_parquet_metadata(small / ".curate/small/candidates.parquet")["curate"]
    assert json.loads(facts)["facts"]["unanswered"] == 6
    assert curate("generate", "small.yaml").exit_code == 3
    script(lines)
    assert "no request needed" not in done("generate", "small.yaml")
    assert "no request needed" in done("generate", "small.yaml")
    assert (small / "small.yaml").read_text() == recipe


def test_a_run_that_got_nothing_says_why(small: Path, script: Callable[[list[dict]], None]) -> None:
    script([{"when": "Write one question", "error": "503: down"}])
    result = curate("run", "small.yaml")
    assert result.exit_code == 3
    assert "503: down" in result.output
    assert "lower a bound" not in result.output


def test_limit_asks_about_fewer_passages(small: Path) -> None:
    assert "3 candidate pairs from 2 passages of 2 documents" in done(
        "generate", "small.yaml", "--limit", "2"
    )


def test_a_bad_recipe_shows_all_problems_and_exit_code_2(small: Path) -> None:
    (small / "bad.yaml").write_text("name: x\nsorce: {}\nteacher: {openai: {}}\n")
    text = refused("run", "bad.yaml")
    assert "4 problems in the recipe:" in text
    assert "bad.yaml:2: sorce: there is no option 'sorce'. Did you mean \"source\"?" in text


def test_two_runs_at_once_are_kept_apart(small: Path) -> None:
    from curate.workspace import Workspace

    with Workspace("small").lock():
        result = curate("run", "small.yaml")
    assert result.exit_code == 1
    assert "Another run is at work" in result.output


def test_show_tells_a_version_and_a_rows_whole_life(small: Path) -> None:
    done("run", "small.yaml")
    assert "small@0.1.0" in done("ls")
    assert "3 documents" in done("show", "small@0.1.0")
    rows = pl.read_parquet(small / "datasets/small/0.1.0/rejected/*.parquet")
    row = rows.row(0, named=True)
    text = done("show", "small", "--row", row["id"][:8])
    assert f"dropped: {row['dropped']}" in text
    assert "[user]" in text
    assert "[reply, " in text
    assert "A cat sleeps for about sixteen hours a day." in text
    assert "characters " in text
    life = json.loads(done("show", "small@0.1.0", "--row", row["id"], "--json"))
    assert life["row"] == {k: row[k] for k in life["row"]}
    assert life["passage"]["path"].endswith(".md")
    assert life["calls"][1]["reply"]["text"] == row["output"]


def test_show_of_what_is_not_there_names_what_is(small: Path) -> None:
    done("run", "small.yaml")
    assert 'Did you mean "small"?' in refused("show", "smal")
    assert "Known: 0.1.0" in refused("show", "small@9.9.9")
    assert "Ids look like" in refused("show", "small", "--row", "zzz")


def test_ls_lists_each_kind(here: Path) -> None:
    assert "python-reference" in done("ls")
    assert "No versions yet" in done("ls", "versions")
    assert "question-answer" in done("ls", "prompts")
    assert "grounding" in done("ls", "filters")
    assert "lexical" in done("ls", "embeddings")
    assert "redact" in done("ls", "moderation")
    assert "embedded" in done("ls", "teachers")
    assert {row["name"] for row in json.loads(done("ls", "sources", "--json"))} == {
        "dataset",
        "files",
        "pydoc",
        "urls",
    }
    assert 'Did you mean "filters"?' in refused("ls", "filtres")


def test_documents_cannot_steer_the_terminal(small: Path, script: Callable[..., None]) -> None:
    evil = "A cat sleeps \x1b[2J\x07 for about sixteen hours a day."
    script(
        [
            {"when": "Write one question", "text": "How long does a cat sleep?"},
            {"when": "?", "text": evil},
        ]
    )
    output = done("run", "small.yaml") + done("show", "small")
    rows = pl.read_parquet(small / "datasets/small/0.1.0/rejected/*.parquet")
    output += "".join(done("show", "small", "--row", name) for name in rows["id"][:3])
    assert "\x1b" not in output
    assert "\x07" not in output


def test_a_file_is_filtered_and_its_rows_stay_as_they_were(here: Path) -> None:
    rows = [
        {"instruction": "How long does a cat sleep each day?", "input": "",
         "output": "A cat sleeps for about sixteen hours a day.", "mine": {"kept": [1, 2]}},
        {"instruction": "Why?", "output": "the the the the the the the the the the"},
    ]  # fmt: skip
    (here / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = curate("filter", "in.jsonl", "-o", "out.jsonl", "--rejected", "no.jsonl")
    assert result.exit_code == 0
    assert "no passages: grounding" in result.output
    assert [json.loads(line) for line in (here / "out.jsonl").read_text().splitlines()] == rows[:1]
    gone = json.loads((here / "no.jsonl").read_text())
    assert gone["instruction"] == "Why?"
    assert gone["dropped"].startswith("repetition")


def test_a_file_is_deduplicated(here: Path) -> None:
    row = {"instruction": "How long does a cat sleep?", "input": "", "output": "Sixteen hours."}
    other = {"instruction": "How far do bees fly?", "input": "", "output": "A few kilometres."}
    (here / "in.json").write_text(json.dumps([row, other, row]))
    assert "1 dropped" in done("dedup", "in.json", "-o", "out.json", "--threshold", "0.8")
    assert json.loads((here / "out.json").read_text()) in ([row, other], [other, row])
    assert "with -o FILE" in refused("dedup", "in.json")


def test_a_killed_run_goes_on_without_asking_again(small: Path) -> None:
    undisturbed = run_and_read(small)
    whole = (small / ".curate/small/journal.jsonl").read_bytes()
    lines = whole.splitlines(keepends=True)
    for kept in (0, 1, 3, len(lines) - 1):
        os.remove(small / ".curate/small/candidates.parquet")
        half = b"".join(lines[:kept]) + lines[min(kept, len(lines) - 1)][:-9]
        (small / ".curate/small/journal.jsonl").write_bytes(half)
        assert f"({kept} answered before)" in done("generate", "small.yaml")
        assert pl.read_parquet(small / ".curate/small/candidates.parquet").equals(undisturbed)
        assert (small / ".curate/small/journal.jsonl").read_bytes().count(b"\n") == len(lines)


def run_and_read(small: Path) -> pl.DataFrame:
    done("generate", "small.yaml")
    return pl.read_parquet(small / ".curate/small/candidates.parquet")


@pytest.mark.parametrize("stage", ["passages", "exchanges", "losses"])
def test_a_checkpoint_that_is_not_whole_is_made_again(small: Path, stage: str) -> None:
    done("generate", "small.yaml")
    path = small / f".curate/small/{stage}.parquet"
    path.write_bytes(b"junk")
    assert "(0 answered before)" not in done("generate", "small.yaml")
    assert "no request needed" in done("generate", "small.yaml")


def test_rows_of_one_generation_are_not_judged_by_passages_of_another(small: Path) -> None:
    done("generate", "small.yaml")
    other = small / "other.yaml"
    other.write_text((small / "small.yaml").read_text().replace("passage_tokens: 60", "pairs: 1"))
    before = {p: p.read_bytes() for p in (small / ".curate/small").glob("candidates.parquet")}
    done("generate", "small.yaml", "--set", "generate.passage_tokens=40")
    for path, text in before.items():  # as if killed before `candidates` was saved
        path.write_bytes(text)
    assert "curate generate" in refused("filter", "small.yaml")


def test_publish_follows_the_recipe_it_is_given(small: Path) -> None:
    done("run", "small.yaml")
    recipe = (small / "small.yaml").read_text()
    publish = "publish: {test: 0.3, licence: mit, documents: false}"
    (small / "small.yaml").write_text(recipe.replace("publish:  {test: 0.3}", publish))
    done("publish", "small.yaml", "--bump", "patch")
    folder = small / "datasets/small/0.1.1"
    assert not (folder / "documents").exists()
    assert "license: mit" in (folder / "README.md").read_text()


def test_new_knows_the_language_of_the_documents(here: Path) -> None:
    (here / "zh").mkdir()
    (here / "zh/a.txt").write_text(
        "猫每天睡十六个小时。它大部分的睡眠都很浅，因此一有动静就会醒来。" * 5
    )
    done("new", "chinese", "zh")
    assert "code: zh-cn" in (here / "recipes/chinese.yaml").read_text()


def test_kept_and_rejected_rows_do_not_overwrite_each_other(here: Path) -> None:
    (here / "in.jsonl").write_text('{"instruction": "Why?", "output": "Because it rains."}\n')
    whole = (here / "in.jsonl").read_bytes()
    assert "file of its own" in refused(
        "filter", "in.jsonl", "-o", "x.jsonl", "--rejected", "x.jsonl"
    )
    refused("filter", "in.jsonl", "-o", "in.jsonl", "--rejected", "bad.csv")
    assert (here / "in.jsonl").read_bytes() == whole


def test_a_row_with_a_lone_surrogate_can_be_read_back(here: Path) -> None:
    (here / "in.jsonl").write_text('{"instruction": "Why \\ud800?", "output": "It rains."}\n')
    done("dedup", "in.jsonl", "-o", "out.jsonl")
    done("dedup", "out.jsonl", "-o", "again.jsonl")
    assert (here / "out.jsonl").read_bytes() == (here / "again.jsonl").read_bytes()


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_a_damaged_version_does_not_hide_the_others(small: Path, text: str) -> None:
    done("run", "small.yaml")
    (small / "datasets/bad/0.1.0").mkdir(parents=True)
    (small / "datasets/bad/0.1.0/manifest.json").write_text(text)
    output = done("ls", "versions")
    assert "small@0.1.0" in output
    assert "damaged" in output
    assert "manifest.json" in refused("show", "bad")
