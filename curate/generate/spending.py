"""What the calls of a run used and cost, and the budget that they may not exceed.

Money is set aside before a call is sent, for all that it could use, and what it did not use comes
back with the reply. So a budget is never exceeded, whatever is under way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from curate.errors import TeacherError
from curate.generate.bill import Bill
from curate.teachers.base import CallOptions, Message, Prices, Reply
from curate.tokens import count_tokens

TURN = 5  # tokens that a chat template puts around a message: <|im_start|>user⏎ … <|im_end|>⏎
_MARGIN = 1.6  # over the estimate of a prompt's tokens: German is estimated 30 % too low


@dataclass
class Usage:
    """Calls of a run: sent, tried again, answered from the journal, and what they used.

    `prompt_tokens` and `completion_tokens` are those of both kinds of answer; those `new` were
    used by this run, and `seconds` is how long its answers took, added up. `cost` is in USD.
    """

    requests: int = 0
    retries: int = 0
    reused: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    new_prompt_tokens: int = 0
    new_completion_tokens: int = 0
    seconds: float = 0.0
    cost: float | None = None

    def reuse(self, reply: Reply) -> None:
        """Count a reply from the journal."""
        self.reused += 1
        self._add(reply)

    def add(self, reply: Reply, seconds: float) -> None:
        """Count a reply of the teacher."""
        self.requests += 1
        self.seconds += seconds
        self.new_prompt_tokens += reply.prompt_tokens
        self.new_completion_tokens += reply.completion_tokens
        self._add(reply)

    def _add(self, reply: Reply) -> None:
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens


class BudgetSpent(TeacherError):
    """A call was not sent since it could cost more than is left."""


@dataclass
class Budget:
    """The most that a run may cost, in USD; None: no bound. `spent` holds what is certain.

    With a `bill`, what the run spent before it was cut short counts.
    """

    most: float | None
    prices: Prices | None
    bill: Bill | None = None
    spent: float = 0.0
    _held: list[float] = field(default_factory=list)
    _margin: float = _MARGIN
    _settled: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def hold(self, messages: list[Message], options: CallOptions) -> AsyncIterator[Receipt]:
        """Set aside what an attempt could cost; waits while others might give back enough.

        Raises BudgetSpent where nothing will. An attempt that ends without a word counts as paid in
        full, since an endpoint may bill what never arrived.
        """
        receipt = self._receipt(messages, options)
        async with self._set_aside(messages, options):
            try:
                yield receipt
            finally:
                self._book(receipt, messages, options)

    @asynccontextmanager
    async def _set_aside(
        self, messages: list[Message], options: CallOptions
    ) -> AsyncIterator[None]:
        if self.most is None:
            yield
            return
        most = self.worst(messages, options)
        async with self._settled:
            await self._settled.wait_for(lambda: self._fits(most) or not self._held)
            if not self._fits(most):
                raise self.reached()
            self._held.append(most)
        try:
            yield
        finally:
            async with self._settled:
                self._held.remove(most)
                self._settled.notify_all()

    def book(self, messages: list[Message], options: CallOptions, reply: Reply) -> None:
        """Count a reply that nothing was held for: one of a batch."""
        receipt = self._receipt(messages, options)
        receipt.sent()
        receipt.settle(reply)
        self._book(receipt, messages, options)

    def worst(self, messages: list[Message], options: CallOptions) -> float:
        """What a call could cost at most, in USD."""
        if self.prices is None or not (self.prices.input or self.prices.output):
            return 0.0
        return self.prices.cost(round(self._margin * prompt_tokens(messages)), options.max_tokens)

    @property
    def before(self) -> float:
        """What the run spent before it was cut short."""
        return 0.0 if self.bill is None else self.bill.before

    def reached(self) -> BudgetSpent:
        """The error of a call that is not sent."""
        earlier = f", ${self.before:g} of it before the run was cut short" if self.before else ""
        return BudgetSpent(f"budget of ${self.most:g} reached{earlier}: not asked")

    def _receipt(self, messages: list[Message], options: CallOptions) -> Receipt:
        return Receipt(self.bill, self.worst(messages, options))

    def _book(self, receipt: Receipt, messages: list[Message], options: CallOptions) -> None:
        """Count what a receipt says; widen the margin where that is more than it allows for."""
        cost = 0.0
        if not receipt.settled:
            cost = self.worst(messages, options)
        elif self.prices is not None:
            cost = self.prices.cost(receipt.prompt_tokens, receipt.completion_tokens)
        receipt.ended(cost)
        self.spent += cost
        if self.most is not None and receipt.prompt_tokens:
            ratio = receipt.prompt_tokens / prompt_tokens(messages)
            self._margin = max(self._margin, ratio)

    def _fits(self, cost: float) -> bool:
        certain = self.before + self.spent
        return self.most is not None and certain + sum(self._held) + cost <= self.most


@dataclass
class Receipt:
    """What an attempt used: nothing before it was sent, and then what it is settled with.

    `most` is what it could cost. Where that is something, it is on the `bill` before it is sent.
    """

    bill: Bill | None = None
    most: float = 0.0
    number: int = 0
    settled: bool = True
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def sent(self) -> None:
        """Note that the endpoint may bill the attempt from now on. Raises CurateError."""
        if self.bill is not None and self.most:
            self.number = self.bill.sent(self.most)
        self.settled = False

    def ended(self, cost: float) -> None:
        """Note what came of the attempt."""
        if self.bill is not None and self.number:
            self.bill.ended(self.number, cost)

    def settle(self, reply: Reply | None) -> None:
        """Note the reply, or that the endpoint refused and so bills nothing.

        A reply without token counts settles nothing.
        """
        self.settled = reply is None or bool(reply.prompt_tokens or reply.completion_tokens)
        if reply is not None:
            self.prompt_tokens = reply.prompt_tokens
            self.completion_tokens = reply.completion_tokens


def prompt_tokens(messages: list[Message]) -> int:
    """Estimate of the tokens of some messages."""
    return sum(count_tokens(message["content"]) + TURN for message in messages)
