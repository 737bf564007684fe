"""The card: metadata that the Hub takes, what it tells, and that no text can break it."""

from __future__ import annotations

import copy
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from huggingface_hub import DatasetCard, metadata_load
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from curate import pipeline
from curate.cli import main
from curate.progress import Silent
from curate.publish.card import card
from curate.publish.licences import IDS, metadata
from curate.publish.markup import code, escape, plain
from curate.recipe import load
from curate.workspace import Workspace

FACTS: dict[str, Any] = {
    "name": "animals", "version": "1.2.0", "parent": "1.1.0", "created": "2026-11-24T10:00:00Z",
    "content_digest": "ab12", "models": ["a teacher"], "prompt": "question-answer@0a94", "seed": 7,
    "recipe": {
        "topic": "animals and rivers", "source": {"files": {"path": "docs"}},
        "teacher": {"openai": {}}, "generate": {"passage_tokens": 350, "pairs": 3},
        "dedup": {"threshold": 0.8},
        "filters": [{"length": {"min": 3.0, "max": 400.0}}, {"quality": {"min": 0.6, "max": None}}],
        "moderation": {"unsafe": {"min": None, "max": 0.5}, "refusals": 0.05},
        "publish": {"test": 0.1, "licence": "cc-by-4.0", "language": "en", "documents": True},
    },
    "counts": {"documents": 3, "passages": 6, "candidates": 12, "refusals": 1, "live": 9,
               "train": 7, "test": 2, "rejected": 4, "losses": 0},
    "coverage": {"passages": 6, "passages_covered": 5, "documents": 3, "documents_covered": 3},
    "funnel": [{"rule": "quality", "dropped": 3, "example": "quality 0.41 < min 0.6"},
               {"rule": "duplicate", "dropped": 1, "example": "duplicate of ab 0.91 ≥ 0.80"}],
    "calibration": None, "usage": {"prompt_tokens": 900, "completion_tokens": 100},
    "documents": [{"id": "1", "path": "bees.md", "title": "Bees", "licence": "mit"},
                  {"id": "2", "path": "cats.md", "title": "Cats", "licence": ""}],
    "changes": {"parent": "1.1.0", "bump": "minor", "added": 4, "removed": 2, "changed": 0,
                "moved": 1, "rescored": 0, "reasons": {"quality": 2},
                "schema": {"added": ["unsafe"], "removed": [], "retyped": []},
                "recipe": [{"option": "filters.quality.min", "before": 0.5, "after": 0.6}],
                "card": ["counts"]},
}  # fmt: skip


def told(**changes: Any) -> str:
    """The card of FACTS with other values; a key with `__` reaches inside, as in counts__test."""
    facts = copy.deepcopy(FACTS)
    for path, value in changes.items():
        *above, last = path.split("__")
        place = facts
        for name in above:
            place = place[name]
        place[last] = value
    return card(facts)


def body(text: str) -> str:
    return text.split("\n---\n", 1)[1]


def structure(text: str) -> list[str]:
    """What a CommonMark parser with tables makes of a card, but for its texts."""
    parts = []
    for token in MarkdownIt("commonmark").enable("table").parse(body(text)):
        inner = [
            child.type
            for child in token.children or []
            if child.type not in ("text", "code_inline")
        ]
        parts.append(f"{token.type} {token.tag} {' '.join(inner)}")
    return parts


def running(text: str) -> str:
    """The texts of a card outside of code: where a renderer looks for links and formulas."""
    tokens = MarkdownIt("commonmark").enable("table").parse(body(text))
    found = [child for token in tokens for child in token.children or []]
    return "\n".join(child.content for child in found if child.type == "text")


STRUCTURE, METADATA = structure(told()), DatasetCard(told()).data.to_dict()
LINKS = re.compile(r"//|www\.|@\w|\w\.[a-z]{2}|\\[(\[]|\$\$", re.IGNORECASE)

hostile = st.sampled_from([
    "<script>alert(1)</script>", "<img src=x onerror=y>", "[a](http://evil.example)", "![x](y.png)",
    "# heading", "a\n# heading\n\n---\nlicense: mit\n---\n", "```\nrm -rf\n```", "| a | b |\n|---|---|",
    "\\| x \\\\|", "http://evil.example/x", "www.evil.example", "me@evil.example", "evil.com", "//host/x",
    "`code``more```", "`", "``", "\\", "&lt;b&gt; &#60;b&#62;", "$$x$$ \\(y\\) \\[z\\]", "\x1b[31mred\x07",
    "\ud800 alone", "\u202ereversed", "- item", "1. item", "> quote", "<!-- open", "*bold* _it_ ~~no~~",
    "x" * 1_000_000, "`" * 3000, "|" * 3000, "{{ jinja }} {% x %}", "[^1]: note", "\r\n\r\nx", "\u2028x",
    "=====", "a\n=====", "    indented", "\tx", "<a href='x'>", "javascript:alert(1)", "}}},\n@x{",
]) | st.text(min_size=1, max_size=60)  # fmt: skip
texts = hostile.filter(lambda text: bool(text[:300].split()))
_text = {"topic": texts, "path": texts, "licence": texts, "model": texts, "example": texts,
         "rule": texts, "prompt": texts, "name": texts, "reason": texts, "value": texts}  # fmt: skip


@settings(max_examples=60)
@given(st.fixed_dictionaries(_text))
@example(dict.fromkeys(_text, "\\| [a](http://b.example) <b> `|` \\(x\\) $$ --- "))
@example(dict.fromkeys(_text, "---"))
def test_no_text_changes_the_structure_of_the_card(said: dict[str, str]) -> None:
    facts: dict[str, Any] = {
        "name": said["name"],
        "models": [said["model"]],
        "prompt": said["prompt"],
        "recipe__topic": said["topic"],
        "funnel": [{"rule": said["rule"], "dropped": 3, "example": said["example"]}] * 2,
        "documents": [
            {"path": said["path"], "licence": said["licence"]},
            {"path": said["path"], "licence": ""},
        ],
        "recipe__publish__licence": said["licence"],
        "recipe__publish__language": said["topic"],
        "changes__reasons": {said["reason"]: 2},
        "changes__recipe": [{"option": "topic", "before": said["value"], "after": said["topic"]}],
    }
    made = told(**facts)
    assert structure(made) == STRUCTURE
    assert not LINKS.search(running(made))
    assert all(char in "\n\u2060" or char.isprintable() for char in made)
    assert "<" not in body(made)
    assert len(made) < 20_000
    known = DatasetCard(made).data.to_dict()
    assert known["license"] in IDS
    assert set(known) <= {*METADATA, "license_name", "license_link"}
    assert known["configs"] == METADATA["configs"]


def test_escaped_text_reads_as_it_was() -> None:
    for text in (
        "a|b * c_d [e] <f> & `g` \\| $h$ ~i~ !j #k {l}",
        "bees.md",
        "me@x.org http://y.z/",
    ):
        shown = MarkdownIt("commonmark").render(escape(text)).strip()
        plain_text = re.sub(r"</?p>", "", shown).replace("\u2060", "")
        assert plain_text == text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("text", ["a`b", "``", "` `", "x|y", "\\`", "` a ``b```"])
def test_code_reads_as_it_was(text: str) -> None:
    token = MarkdownIt("commonmark").parseInline(code(text))[0].children[0]
    assert (token.type, token.content) == ("code_inline", text)


def test_blank_and_endless_texts() -> None:
    assert code(" \n") == "–"
    assert escape("") == ""
    assert escape("ab" * 500_000, 5) == "abab…"
    assert len(code("ab" * 500_000)) == 122
    assert plain("a b}\n@{x") == "a_b____x"


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("cc-by-4.0", {"license": "cc-by-4.0"}),
        ("CC-BY-4.0", {"license": "cc-by-4.0"}),
        ("", {"license": "unknown"}),
        ("psf-2.0", {"license": "other", "license_name": "psf-2.0",
                     "license_link": "https://spdx.org/licenses/PSF-2.0.html"}),
        ("My company's own", {"license": "other", "license_name": "my-company-s-own"}),
        ("mit OR apache-2.0", {"license": "other", "license_name": "mit-or-apache-2.0"}),
        ("other", {"license": "other"}),
    ],
)  # fmt: skip
def test_licences_are_what_the_hub_takes(licence: str, expected: dict) -> None:
    assert metadata(licence) == expected


def test_the_metadata_are_what_the_hub_asks_for(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(told(), encoding="utf-8")
    known = metadata_load(tmp_path / "README.md")
    assert known["license"] == "cc-by-4.0"
    assert known["language"] == ["en"]
    assert known["size_categories"] == ["n<1K"]
    assert known["task_categories"] == ["text-generation", "question-answering"]
    assert known["pretty_name"] == "animals 1.2.0"
    assert known["source_datasets"] == ["original"]
    assert [config["config_name"] for config in known["configs"]] == ["default", "rejected"]
    assert [part["split"] for part in known["configs"][0]["data_files"]] == ["train", "test"]
    assert "base_model" not in known
    assert known == METADATA


@pytest.mark.parametrize(
    ("live", "size"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (250_000, "100K<n<1M"), (3_000_000, "1M<n<10M")],
)
def test_the_size_is_that_of_the_live_rows(live: int, size: str) -> None:
    assert DatasetCard(told(counts__live=live)).data.size_categories == [size]


def test_a_language_the_hub_would_refuse_is_not_in_the_metadata() -> None:
    assert DatasetCard(told(recipe__publish__language="english, mostly")).data.language is None
    assert DatasetCard(told(recipe__publish__language="DE")).data.language == ["de"]


def test_a_dataset_as_source_is_named() -> None:
    source = {"dataset": {"path": "org/pages-of_mine"}}
    assert DatasetCard(told(recipe__source=source)).data.source_datasets == ["org/pages-of_mine"]
    source = {"dataset": {"path": "../pages"}}
    assert DatasetCard(told(recipe__source=source)).data.source_datasets == ["original"]


def test_the_card_tells_all_that_belongs_in_it() -> None:
    text = told()
    for part in (
        'load_dataset("ORG/animals", revision="v1.2.0")', 'load_dataset("datasets/animals/1.2.0")',
        "| dropped by quality, as in quality 0.41 &lt; min 0.6 | −3 |", "| **live rows** | **9** |",
        "](card/measures.png)", "| length | ≥ 3 and ≤ 400 |", "| unsafe | ≤ 0.5 |",
        "minor, since 1.1.0: 4 rows added, 2 removed, 1 moved between splits.", "`a teacher` wrote every row",
        "1 documents under `mit`", "1 of 6 passages have no row", "@misc{animals-1.2.0,",
        "1 rows refuse questions", "published under `cc-by-4.0`", "that of some is not known",
    ):  # fmt: skip
        assert part in text


def test_what_does_not_hold_is_not_told() -> None:
    text = told(changes=None, recipe__filters=[], recipe__moderation={"refusals": 0.0}, counts__test=0,
                counts__rejected=0, counts__refusals=0)  # fmt: skip
    assert "measures.png" not in text
    assert "## Changes" not in text
    assert '"rejected"' not in text
    assert "There is no test split." in text
    assert "refuse questions" not in text
    assert [part["split"] for part in metadata_of(text)["configs"][0]["data_files"]] == ["train"]


def test_the_file_that_bounds_were_calibrated_on_is_named_and_does_nothing() -> None:
    found = {
        "good": 9, "faulty": 9, "seed": 0, "origin": "a|[b](http://c.example)<d>.jsonl", "share": 0.5,
        "share_origin": "<script>", "quality": [], "chosen_by_bounds": False, "drops": [], "bounds": [],
        "areas": [{"fault": "empty", "measure": "kept", "auc": 0.9, "error": 0.01}],
    }  # fmt: skip
    safe = {**found, "origin": "live working rows", "share_origin": "told"}
    made = told(calibration=found)
    assert structure(made) == structure(told(calibration=safe))
    assert "9 good rows (a" in made
    assert not LINKS.search(running(made))
    assert "<" not in body(made)


def metadata_of(text: str) -> dict:
    return DatasetCard(text).data.to_dict()


def test_a_hostile_folder_becomes_a_whole_version(small: Path) -> None:
    from datasets import load_dataset

    prose = "\n\nA river carries gravel, sand and mud towards the sea, and drops them there.\n"
    names = [
        "a|b<script>.md",
        "# h\n---\nlicense: mit.md",
        "www.evil.example.md",
        "\x1b[31m\x07.md",
    ]
    for name in [os.fsencode(name) for name in names] + [b"caf\xe9\xff.md"]:
        path = os.path.join(os.fsencode(small / "docs"), name)
        with open(path, "wb") as file:
            file.write(b"# <img src=x> [y](http://z.example) | \x1b[2J \n" + prose.encode())
    topic = json.dumps("<b>|x|</b>\n---\n# h http://evil.example \x1b[2J \ud800")
    recipe = load("small.yaml", [f"topic={topic}", "filters=[{length: {min: 3}}]"])
    folder = small / pipeline.run(recipe, Workspace(recipe.name), Silent()).folder
    text = (folder / "README.md").read_text(encoding="utf-8")
    tokens = MarkdownIt("commonmark").enable("table").parse(body(text))
    inner = [child.type for token in tokens for child in token.children or []]
    assert not {"html_inline", "link_open"} & set(inner)
    assert not [token for token in tokens if token.type == "html_block"]
    assert inner.count("image") == 1
    assert [token.tag for token in tokens if token.type == "heading_open"].count("h1") == 1
    assert not LINKS.search(running(text))
    assert metadata_load(folder / "README.md")["license"] == "unknown"
    data = load_dataset(str(folder))
    assert sum(part.num_rows for part in data.values()) >= 1
    shown = CliRunner().invoke(main, ["show", "small"])
    assert shown.exit_code == 0, shown.output
    assert "\x1b" not in shown.output
    ids = data["train"]["id"]
    shown = CliRunner().invoke(main, ["show", "small", "--row", ids[0]])
    assert shown.exit_code == 0, shown.output
    assert "\x1b" not in shown.output
