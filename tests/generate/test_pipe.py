"""The way to a teacher: retries, limits, budget, and how it stops. Nothing is lost or asked twice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest

from curate.errors import TeacherError
from curate.generate.journal import Journal
from curate.generate.pipe import Halted, Pipe
from curate.teachers.base import CallOptions, Limits, Message, Prices, Reply

OPTIONS = CallOptions(max_tokens=100, temperature=0.5, seed=1)
BUSY = TeacherError("429: slow down", passing=True, limited=True, wait=0.001)
DOWN = TeacherError("here not reachable", fatal=True, passing=True, wait=0.001)


def message(number: int) -> list[Message]:
    return [{"role": "user", "content": f"call {number}"}]


@dataclass
class Fake:
    """A teacher, and its session, whose `answer` gets the number of the attempt."""

    answer: Callable[[int], Reply] = lambda _: Reply("yes", 10, 100, "stop")
    limits: Limits = field(default_factory=lambda: Limits(concurrency=4, tries=5))
    prices: Prices | None = None
    seconds: float = 0.0
    attempts: int = 0
    under_way: int = 0
    peak: int = 0
    times: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Self]:
        yield self

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        self.attempts += 1
        number = self.attempts
        self.times.append(time.monotonic())
        self.under_way += 1
        self.peak = max(self.peak, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
            return self.answer(number)
        finally:
            self.under_way -= 1


async def each(pipe: Pipe, count: int) -> list[Reply | BaseException]:
    calls = (pipe.complete(message(number), OPTIONS) for number in range(count))
    return await asyncio.gather(*calls, return_exceptions=True)


def run(
    folder: Path, teacher: Fake, count: int, budget: float | None = None
) -> tuple[list[Reply | BaseException], Pipe]:
    async def go() -> list[Reply | BaseException]:
        async with pipe:
            return await each(pipe, count)

    with Journal(folder / "j", "here") as journal:
        pipe = Pipe(teacher, journal, budget)  # type: ignore[arg-type]
        return asyncio.run(go()), pipe


def halted(folder: Path, teacher: Fake, count: int, after: float) -> list[Reply | BaseException]:
    """What becomes of calls when the run is halted after some seconds."""

    async def go() -> list[Reply | BaseException]:
        async with pipe:
            asyncio.get_running_loop().call_later(after, pipe.halt)
            return await each(pipe, count)

    with Journal(folder / "j", "here") as journal:
        pipe = Pipe(teacher, journal)  # type: ignore[arg-type]
        return asyncio.run(asyncio.wait_for(go(), 20))


def failing(*errors: TeacherError) -> Callable[[int], Reply]:
    """Fails with these errors, then answers."""

    def answer(number: int) -> Reply:
        if number <= len(errors):
            raise errors[number - 1]
        return Reply("yes", 10, 1, "stop")

    return answer


def test_what_may_pass_is_tried_again_and_counted(tmp_path: Path) -> None:
    found, pipe = run(tmp_path, Fake(failing(BUSY, BUSY, BUSY)), 1)
    assert found == [Reply("yes", 10, 1, "stop")]
    assert (pipe.usage.requests, pipe.usage.retries) == (1, 3)


def test_tries_end_with_their_number_in_the_reason(tmp_path: Path) -> None:
    found, _ = run(tmp_path, Fake(failing(*[BUSY] * 9)), 1)
    assert str(found[0]) == "429 after 5 tries: slow down"


def test_being_turned_away_while_others_are_answered_counts_for_nothing(tmp_path: Path) -> None:
    """30 attempts of one call fail while 30 others are answered; 5 tries are allowed."""
    unlucky: list[int] = []

    class Unfair(Fake):
        async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
            if messages == message(0) and len(unlucky) < 30:
                unlucky.append(1)
                raise TeacherError("429: slow", passing=True, limited=True, wait=0.02)
            return await super().complete(messages, options)

    async def others() -> None:
        for number in range(1, 400):
            await pipe.complete(message(number), OPTIONS)

    async def go() -> Reply:
        async with pipe:
            return (await asyncio.gather(pipe.complete(message(0), OPTIONS), others()))[0]

    teacher = Unfair(seconds=0.005, limits=Limits(concurrency=2, tries=5))
    with Journal(tmp_path / "j", "here") as journal:
        pipe = Pipe(teacher, journal)  # type: ignore[arg-type]
        assert asyncio.run(go()).text == "yes"
    assert len(unlucky) == 30


def test_what_cannot_pass_is_not_tried_again(tmp_path: Path) -> None:
    teacher = Fake(failing(TeacherError("400: too long")))
    found, _ = run(tmp_path, teacher, 1)
    assert (str(found[0]), teacher.attempts) == ("400: too long", 1)


def test_nobody_there_is_found_out_after_three_tries(tmp_path: Path) -> None:
    teacher = Fake(failing(*[DOWN] * 9))
    found, _ = run(tmp_path, teacher, 1)
    assert isinstance(found[0], TeacherError)
    assert (found[0].fatal, teacher.attempts) == (True, 3)


def test_a_lost_connection_later_on_costs_that_call_alone(tmp_path: Path) -> None:
    def answer(number: int) -> Reply:
        if number == 1:
            return Reply("yes", 10, 1, "stop")
        raise DOWN

    teacher = Fake(answer, Limits(concurrency=1, tries=5))
    found, _ = run(tmp_path, teacher, 2)
    assert isinstance(found[1], TeacherError)
    assert (found[1].fatal, teacher.attempts) == (False, 6)


def test_no_more_calls_are_under_way_than_allowed(tmp_path: Path) -> None:
    teacher = Fake(seconds=0.01)
    run(tmp_path, teacher, 30)
    assert teacher.peak == 4


def test_a_call_that_waits_for_its_next_try_holds_up_nobody(tmp_path: Path) -> None:
    later = TeacherError("429: later", passing=True, limited=True, wait=0.3)
    teacher = Fake(failing(later), Limits(concurrency=1, tries=2))
    found, _ = run(tmp_path, teacher, 20)
    assert all(isinstance(reply, Reply) for reply in found)
    assert teacher.times[19] - teacher.times[0] < 0.3  # 19 others came before the second try


def test_a_hang_ends_with_the_timeout(tmp_path: Path) -> None:
    teacher = Fake(seconds=60, limits=Limits(concurrency=4, tries=1, timeout=0.05))
    found, _ = run(tmp_path, teacher, 1)
    assert str(found[0]) == "no reply within 0.05 s after 1 tries"


def test_requests_per_minute_are_kept_from_the_first_second_on(tmp_path: Path) -> None:
    teacher = Fake(limits=Limits(concurrency=64, requests_per_minute=600))
    run(tmp_path, teacher, 25)
    within = [t for t in teacher.times if t < teacher.times[0] + 1]
    assert len(within) <= 21  # a second's worth at once, and another in the second


def test_tokens_per_minute_are_kept_by_calls_larger_than_a_seconds_worth(tmp_path: Path) -> None:
    teacher = Fake(limits=Limits(concurrency=64, tokens_per_minute=6000))
    run(tmp_path, teacher, 3)  # each may use 107 tokens, a second's worth is 100
    assert teacher.times[2] - teacher.times[0] > 1.5


@pytest.mark.parametrize("count", [1, 20])
def test_a_budget_is_never_exceeded_and_used_up(tmp_path: Path, count: int) -> None:
    """Each call costs $0.11, and could have cost at most $0.12."""
    teacher = Fake(prices=Prices(input=1000, output=1000), seconds=0.001)
    found, pipe = run(tmp_path, teacher, count, budget=0.565)
    answered = [reply for reply in found if isinstance(reply, Reply)]
    assert pipe.budget.spent == pytest.approx(0.11 * len(answered))
    assert len(answered) == min(count, 5)
    refused = {str(error) for error in found if isinstance(error, TeacherError)}
    assert refused == ({"budget of $0.565 reached: not asked"} if count > 5 else set())


def test_what_was_answered_before_costs_no_budget(tmp_path: Path) -> None:
    prices = Prices(input=1000, output=1000)
    run(tmp_path, Fake(prices=prices), 5)
    found, pipe = run(tmp_path, Fake(prices=prices), 5, budget=0.01)
    assert all(isinstance(reply, Reply) for reply in found)
    assert (pipe.budget.spent, pipe.usage.reused) == (0, 5)


def test_a_hang_counts_as_paid_since_it_may_be_billed(tmp_path: Path) -> None:
    limits = Limits(concurrency=1, tries=1, timeout=0.02)
    _, pipe = run(tmp_path, Fake(prices=Prices(0, 1000), limits=limits, seconds=60), 1, budget=1)
    assert pipe.budget.spent == pytest.approx(0.1)


def test_a_halt_keeps_what_is_under_way_and_sends_nothing_more(tmp_path: Path) -> None:
    teacher = Fake(seconds=0.05)
    found = halted(tmp_path, teacher, 10, after=0.02)
    assert [type(reply) for reply in found] == [Reply] * 4 + [Halted] * 6
    assert (tmp_path / "j").read_bytes().count(b"\n") == teacher.attempts == 4


def test_an_endless_wait_does_not_outlive_a_halt(tmp_path: Path) -> None:
    later = TeacherError("429: later", passing=True, limited=True, wait=200)
    assert isinstance(halted(tmp_path, Fake(failing(later)), 1, after=0.05)[0], Halted)


def test_a_rate_limit_does_not_outlive_a_halt(tmp_path: Path) -> None:
    teacher = Fake(limits=Limits(concurrency=4, requests_per_minute=2))
    found = halted(tmp_path, teacher, 20, after=0.1)
    assert [type(reply) for reply in found].count(Reply) == teacher.attempts < 3


def test_turns_are_not_saved_up_while_all_places_are_taken(tmp_path: Path) -> None:
    """Two calls take a second; then no more than a second's worth and one may follow at once."""

    class Slow(Fake):
        async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
            self.seconds = 1.0 if self.attempts < 2 else 0.0
            return await super().complete(messages, options)

    teacher = Slow(limits=Limits(concurrency=2, requests_per_minute=300))
    run(tmp_path, teacher, 20)
    after = teacher.times[0] + 0.9
    assert sum(after < moment < after + 0.5 for moment in teacher.times) <= 9


def test_a_reply_without_token_counts_counts_at_its_worst(tmp_path: Path) -> None:
    teacher = Fake(lambda _: Reply("yes", 0, 0, "stop"), prices=Prices(1000, 1000))
    found, pipe = run(tmp_path, teacher, 20, budget=0.565)
    assert sum(isinstance(reply, Reply) for reply in found) == 4
    assert pipe.budget.spent < 0.565


def test_an_answer_of_no_use_counts_as_paid(tmp_path: Path) -> None:
    odd = TeacherError("no chat completion", passing=True, billed=True, wait=0.001)
    teacher = Fake(failing(*[odd] * 99), Limits(concurrency=1, tries=50), Prices(1000, 1000))
    found, pipe = run(tmp_path, teacher, 1, budget=0.565)
    assert "budget of $0.565 reached" in str(found[0])
    assert teacher.attempts == 4
    assert pipe.budget.spent < 0.565


def test_being_asked_to_wait_for_nothing_is_no_reason_to_hurry(tmp_path: Path) -> None:
    now = TeacherError("429: now", passing=True, limited=True, wait=0)
    teacher = Fake(failing(*[now] * 4))
    run(tmp_path, teacher, 1)
    assert teacher.times[4] - teacher.times[0] > 0.02


@pytest.mark.parametrize("error", [DOWN, TeacherError("403: no", fatal=True, doubtful=True)])
def test_what_was_answered_before_shows_that_the_teacher_is_there(
    tmp_path: Path, error: TeacherError
) -> None:
    run(tmp_path, Fake(), 3)
    found, _ = run(tmp_path, Fake(failing(*[error] * 99)), 4)
    assert isinstance(found[3], TeacherError)
    assert not found[3].fatal
