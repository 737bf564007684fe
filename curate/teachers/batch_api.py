"""Batches of an OpenAI-compatible endpoint: one attempt at one step, through the `openai` client.

A batch carries its name in its metadata, so that one whose id was never seen here, since this
process was killed or the connection was lost, is found again instead of being made and paid twice.
A line has the very body of a direct call. Answers are read as plain JSON that may hold anything.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from curate.errors import TeacherError
from curate.teachers.base import Batch, BatchCall, Reply
from curate.teachers.chat import ODD, ChatSession, count, read_reply

if TYPE_CHECKING:
    from openai._legacy_response import LegacyAPIResponse

MOST_CALLS = 50_000  # in a batch of OpenAI's
_NAME = "curate"  # the key of the batch's name in its metadata
_PATH: Final = "/v1/chat/completions"
_PAGES, _PAGE = 5, 100  # of the list of batches, latest first, that are looked through
_LONGEST = 50_000_000  # bytes of a line that is read
_ABSENT = (404, 405, 501)  # what servers without batches answer
_ID = 200  # characters of an id that is one


class BatchApi:
    """The batches of one model through one client (a `BatchSession`)."""

    def __init__(self, session: ChatSession) -> None:
        self.session = session
        self.left_out = session.unsupported
        self._uploaded: dict[str, str] = {}

    def line(self, key: str, call: BatchCall) -> bytes:
        """A call as a line of a batch."""
        body = self.session.request(call.messages, call.options)
        whole = {"custom_id": key, "method": "POST", "url": _PATH, "body": body}
        return json.dumps(whole).encode() + b"\n"

    async def find(self, name: str, known: Collection[str]) -> Batch | None:
        """The batch of a name among the latest, with none of the `known` ids; not a failed one."""
        with self.session.failures("list of batches"):
            more: dict[str, Any] = {}
            for _ in range(_PAGES):
                page = await self._page(more)
                for data in page["data"]:
                    if (data.get("metadata") or {}).get(_NAME) == name:
                        batch = self._batch(data)
                        if batch.id not in known and batch.status != "failed":
                            return batch
                if not page.get("has_more") or not page["data"]:
                    break
                more = {"after": page["data"][-1]["id"]}
        return None

    async def _page(self, more: dict[str, Any]) -> Any:
        import openai

        try:
            batches = self.session.client.batches.with_raw_response
            return _json(await batches.list(limit=_PAGE, **more))
        except openai.APIStatusError as error:
            if error.status_code not in _ABSENT:
                raise
            what = f"{self.session.where} has no Batch API ({error.status_code}): leave --batch out"
            raise TeacherError(what, fatal=True) from error

    async def submit(self, name: str, lines: bytes, known: Collection[str]) -> Batch:
        """Find the batch of a name, or else make it. Made again after a failure, it makes none
        twice.
        """
        found = await self.find(name, known)
        if found is not None:
            return found
        client = self.session.client
        with self.session.failures("batch"):
            if name not in self._uploaded:
                file = (f"curate-{name[:16]}.jsonl", lines, "application/jsonl")
                made = await client.files.with_raw_response.create(file=file, purpose="batch")
                self._uploaded[name] = _id(_json(made)["id"])
            answer = await client.batches.with_raw_response.create(
                completion_window="24h",
                endpoint=_PATH,
                input_file_id=self._uploaded[name],
                metadata={_NAME: name},
            )
            del self._uploaded[name]
            return self._batch(_json(answer))

    async def look(self, batch: str) -> Batch | None:
        """Where a batch stands; None where the endpoint does not know it."""
        import openai

        with self.session.failures("batch"):
            try:
                batches = self.session.client.batches.with_raw_response
                return self._batch(_json(await batches.retrieve(batch)))
            except openai.NotFoundError:
                return None

    async def download(self, file: str, most: int, copy: BinaryIO) -> None:
        """Write a file of results, up to a size, to `copy`; nothing where it is gone."""
        import openai

        copy.seek(0)
        copy.truncate()
        with self.session.failures("file"):
            files = self.session.client.files.with_streaming_response
            try:
                async with files.content(file) as answer:
                    async for chunk in answer.iter_bytes():
                        copy.write(chunk[: most - copy.tell()])
                        if copy.tell() >= most:
                            return
            except openai.NotFoundError:
                return

    def results(
        self, copy: BinaryIO, calls: Mapping[str, BatchCall], left_out: Collection[str]
    ) -> Iterator[tuple[str, Reply | TeacherError | None]]:
        """Key and result of the calls in a file, sent without `left_out`; no key comes twice.

        None: to be sent anew, since the model refused an option that is left out from now on. What
        is no line of these calls, or too long for one, is passed over.
        """
        seen = set()
        copy.seek(0)
        for text in _lines(copy):
            try:
                line = json.loads(text)
                key = line["custom_id"]
                call = calls.get(key)
            except ODD:
                continue
            if call is not None and key not in seen:
                seen.add(key)
                yield key, self._result(line, call, left_out)

    def _result(
        self, line: dict[str, Any], call: BatchCall, left_out: Collection[str]
    ) -> Reply | TeacherError | None:
        try:
            if not isinstance(line.get("response"), dict):
                code, words, _ = self._error(line)
                return TeacherError(words or code or "no answer", passing=True)
            status, body = line["response"]["status_code"], line["response"]["body"]
            if status == 200:
                return read_reply(body, call.options.max_tokens)
            code, words, param = self._error(body)
            sent = self.session.body(call.messages, call.options, left_out)
            if self.session.adapt(status, code, param, f"{words} {body}", sent):
                return None
            return self.session.refusal(status, code, words)
        except TeacherError as error:
            return error
        except ODD:
            return TeacherError("no chat completion", passing=True)

    def _error(self, body: Any) -> tuple[str, str, str]:
        """Code, words and option of an error."""
        error = body.get("error") if isinstance(body, dict) else None
        given = error if isinstance(error, dict) else {"message": error or body}
        code, param = str(given.get("code") or "")[:_ID], str(given.get("param") or "")[:_ID]
        return code, self.session.clean(str(given.get("message") or "")), param

    def _batch(self, data: dict[str, Any]) -> Batch:
        """A batch as the endpoint tells of it. Raises TypeError or the like for anything else."""
        counts, status = data.get("request_counts"), data["status"]
        if not status.isidentifier():
            raise TypeError("not a status")
        told = counts if isinstance(counts, dict) else {}
        done, failed = (count(told.get(name)) for name in ("completed", "failed"))
        files = [data.get(name) for name in ("output_file_id", "error_file_id")]
        if status == "completed" and done and not files[0]:
            status = "finalizing"  # its replies are paid for, so they will come
        errors = (data.get("errors") or {}).get("data") or []
        words = "; ".join(self._error({"error": error})[1] for error in errors[:3])
        return Batch(
            _id(data["id"]),
            status,
            done + failed,
            tuple(_id(file) for file in files if file),
            self.session.clean(words) or "it does not say why",
        )


def _json(answer: LegacyAPIResponse[Any]) -> Any:
    """The JSON of an answer. Building the client's models of it would hide what is odd."""
    return json.loads(answer.content)


def _id(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _ID:
        raise TypeError("not an id")
    return value


def _lines(copy: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, without those that are too long."""
    while line := copy.readline(_LONGEST):
        whole = line.endswith(b"\n") or len(line) < _LONGEST
        if whole:
            yield line
        while not whole:
            rest = copy.readline(_LONGEST)
            whole = rest.endswith(b"\n") or len(rest) < _LONGEST
