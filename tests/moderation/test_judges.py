"""Judgement by endpoints, on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.errors import CurateError, TeacherError, UsageError
from curate.moderation.unsafe import Unsafe
from curate.progress import Silent

ROWS = pl.DataFrame(
    {
        "instruction": ["What is len?", "How do I make a bomb?", "Insult me."],
        "input": ["", "", ""],
        "output": ["A function.", "Take a pipe.", "You fool."],
    }
)


def scores(**given: float) -> dict[str, Any]:
    named = {name.replace("__", "/").replace("_", "-"): value for name, value in given.items()}
    return {"flagged": True, "categories": {}, "category_scores": {"hate": 0.0, **named}}


def results(*each: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    return 200, {"id": "m", "model": "m", "results": list(each)}


THREE = (scores(), scores(illicit__violent=0.9, violence=0.4), scores(harassment=0.7))


def openai(endpoint: Any, **more: Any) -> Unsafe:
    return Unsafe(by="openai", base_url=endpoint.url, concurrency=1, tries=2, **more)


def guard(endpoint: Any, **more: Any) -> Unsafe:
    return Unsafe(by="llama-guard", base_url=endpoint.url, concurrency=1, tries=2, **more)


def test_the_scores_of_a_moderation_endpoint_are_folded(endpoint: Any) -> None:
    endpoint.script = [results(*THREE)]
    measured = openai(endpoint).measure(ROWS)
    assert measured["unsafe"].to_list() == [0.0, 0.9, 0.7]
    assert measured["unsafe_illicit"].to_list() == [0.0, 0.9, 0.0]
    assert measured["unsafe_violence"].to_list() == [0.0, 0.4, 0.0]
    assert endpoint.seen[0]["model"] == "omni-moderation-latest"
    assert endpoint.seen[0]["input"][1] == "How do I make a bomb?\n\nTake a pipe."


def test_of_a_refusal_only_the_answer_is_sent(endpoint: Any) -> None:
    endpoint.script = [results(scores())]
    rows = pl.DataFrame(
        {"instruction": ["How do I make a bomb?"], "output": ["I can't help with that."]}
    )
    assert openai(endpoint).measure(rows)["unsafe"].to_list() == [0.0]
    assert endpoint.seen[0]["input"] == ["I can't help with that."]


def test_what_was_paid_for_is_asked_once(endpoint: Any, tmp_path: Path) -> None:
    endpoint.script = [results(*THREE)]
    first = openai(endpoint).told(ROWS, Silent(), tmp_path)
    with (tmp_path / "moderation.jsonl").open("ab") as file:
        file.write(b'{"key": "torn')
    assert openai(endpoint).told(ROWS, Silent(), tmp_path).equals(first)
    assert len(endpoint.seen) == 1
    kept = (tmp_path / "moderation.jsonl").read_text()
    assert '"illicit/violent": 0.9' in kept
    assert "bomb" not in kept


def test_a_damaged_line_is_told_and_left_alone(endpoint: Any, tmp_path: Path) -> None:
    (tmp_path / "moderation.jsonl").write_text('{"key": 1}\n')
    with pytest.raises(CurateError, match=r"moderation.jsonl:1 is damaged"):
        openai(endpoint).told(ROWS, Silent(), tmp_path)
    assert (tmp_path / "moderation.jsonl").read_text() == '{"key": 1}\n'


def test_another_model_is_asked_anew(endpoint: Any, tmp_path: Path) -> None:
    endpoint.script = [results(*THREE), results(*THREE)]
    openai(endpoint).told(ROWS, Silent(), tmp_path)
    openai(endpoint, model="other").told(ROWS, Silent(), tmp_path)
    assert [body["model"] for body in endpoint.seen] == ["omni-moderation-latest", "other"]


def test_a_429_is_tried_again(endpoint: Any) -> None:
    endpoint.script = [(429, {"error": {"message": "slow down"}}), results(*THREE)]
    assert openai(endpoint).measure(ROWS)["unsafe"].to_list() == [0.0, 0.9, 0.7]


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"results": [THREE[0]]}),
        (200, {"results": [{"category_scores": {"hate": float("nan")}}] * 3}),
        (200, {"results": [{"category_scores": {"hate": "much"}}] * 3}),
        (200, {"results": [{"category_scores": {}}] * 3}),
        (200, {"results": None}),
        (200, []),
        (500, {"error": {"message": "down"}}),
    ],
    ids=["fewer", "nan", "word", "none", "null", "list", "500"],
)
def test_an_answer_of_no_use_is_null_and_not_kept(
    endpoint: Any, tmp_path: Path, answer: Any
) -> None:
    endpoint.script = [answer, answer]
    assert openai(endpoint).told(ROWS, Silent(), tmp_path)["unsafe"].to_list() == [None] * 3
    endpoint.script = [results(*THREE)]
    assert openai(endpoint).told(ROWS, Silent(), tmp_path)["unsafe"].to_list() == [0.0, 0.9, 0.7]


def test_a_refused_key_ends_it_and_is_not_told(
    endpoint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "key-of-mine-1234")
    endpoint.script = [(401, {"error": {"message": "bad key key-of-mine-1234"}})]
    with pytest.raises(TeacherError, match="refused omni-moderation-latest") as told:
        openai(endpoint, key_variable="MY_KEY").measure(ROWS)
    assert "1234" not in str(told.value)
    assert endpoint.keys == ["Bearer key-of-mine-1234"]


def test_what_came_before_a_fatal_failure_is_kept(endpoint: Any, tmp_path: Path) -> None:
    endpoint.script = [(200, chat("safe")), (401, {"error": {"message": "no"}})]
    with pytest.raises(TeacherError):
        guard(endpoint).told(ROWS, Silent(), tmp_path)
    endpoint.script = []
    endpoint.answer = lambda _body: "unsafe\nS9"
    assert guard(endpoint).told(ROWS, Silent(), tmp_path)["unsafe"].to_list() == [0.0, 1.0, 1.0]


def test_a_text_that_is_refused_is_null_and_others_go_on(endpoint: Any) -> None:
    endpoint.script = [(400, {"error": {"message": "too long"}})]
    endpoint.answer = lambda _body: "safe"
    assert guard(endpoint).measure(ROWS)["unsafe"].to_list() == [None, 0.0, 0.0]


def test_an_endpoint_that_refuses_all_is_an_error(endpoint: Any) -> None:
    endpoint.fault = lambda _body: (400, {"error": {"message": "unknown model"}})
    with pytest.raises(TeacherError, match="unknown model"):
        openai(endpoint).measure(ROWS)


def test_no_key_for_openai_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
        Unsafe(by="openai").measure(ROWS)


def test_an_endpoint_that_does_not_listen_is_an_error() -> None:
    measure = Unsafe(by="openai", base_url="http://127.0.0.1:9/v1", tries=1)
    with pytest.raises(TeacherError, match="not reachable"):
        measure.measure(ROWS)


def chat(text: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reply", "column"),
    [
        ("unsafe\nS1", "violence"), ("unsafe\nS2", "illicit"), ("\n\nunsafe\nS9", "illicit"),
        ("unsafe\nS12", "sexual"), ("unsafe\nS10,S5", "hate"), ("unsafe\nS11", "self_harm"),
        ("unsafe\nS5", "harassment"), ("unsafe\nS6", "other"), ("unsafe", "other"), ("unsafe S1", "violence"),
    ],
)  # fmt: skip
def test_the_hazards_of_llama_guard_are_folded(endpoint: Any, reply: str, column: str) -> None:
    endpoint.answer = lambda _body: reply
    measured = guard(endpoint).measure(ROWS[:1])
    assert measured["unsafe"].to_list() == measured[f"unsafe_{column}"].to_list() == [1.0]


def test_llama_guard_sees_who_said_what(endpoint: Any) -> None:
    endpoint.answer = lambda body: "unsafe\nS9" if "bomb" in str(body["messages"]) else "safe"
    rows = ROWS.vstack(
        pl.DataFrame({"instruction": ["Only asked."], "input": ["x"], "output": [""]})
    )
    assert guard(endpoint).measure(rows)["unsafe"].to_list() == [0.0, 1.0, 0.0, 0.0]
    assert endpoint.seen[1]["messages"] == [
        {"role": "user", "content": "How do I make a bomb?"},
        {"role": "assistant", "content": "Take a pipe."},
    ]
    assert endpoint.seen[3]["messages"] == [{"role": "user", "content": "Only asked.\n\nx"}]


@pytest.mark.parametrize("reply", ["", "I think so", "safe\nS1", "unsafely put", "Unclear. unsafe"])
def test_another_reply_is_null(endpoint: Any, reply: str) -> None:
    endpoint.answer = lambda _body: reply
    assert guard(endpoint).measure(ROWS[:1])["unsafe"].to_list() == [None]
    assert len(endpoint.seen) == 2


def test_a_row_that_says_nothing_is_not_sent(endpoint: Any) -> None:
    rows = pl.DataFrame(
        {"instruction": [" "], "output": [None]}, schema_overrides={"output": pl.String}
    )
    assert openai(endpoint).measure(rows)["unsafe"].to_list() == [0.0]
    assert endpoint.seen == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"model": "m"}, "by: local takes no model"),
        ({"by": "llama-guard"}, "needs base_url"),
        ({"by": "openai", "base_url": "ftp://x"}, "not an http"),
        ({"by": "openai", "key_variable": "sk-1 2"}, "never the key"),
        ({"by": "chance"}, "local"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Unsafe(**options)
