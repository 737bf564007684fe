"""What goes wrong with the Hub, in words that say what to do; no token, no signed address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from curate.errors import CurateError, UsageError

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

_LONGEST = 120.0  # seconds that are waited for a server that asks for it
_AGAIN = "Nothing is lost: run the same command again; what the Hub has is not sent again"
_PASSING = (408, 429, 500, 502, 503, 504)
_TOKENS = "https://huggingface.co/settings/tokens"


class Passing(CurateError):
    """The same call may succeed after `wait` seconds (None: soon). `brief` is what went wrong."""

    def __init__(self, brief: str, wait: float | None = None) -> None:
        self.brief = brief
        self.wait = wait
        super().__init__(f"{brief}. {_AGAIN}.")


class Conflict(CurateError):
    """Someone else has changed the repository meanwhile, or it has such a tag already."""


def told(error: Exception, doing: str, repo: str, endpoint: str) -> CurateError | None:
    """The error that says what to do; None for what is neither of the Hub nor of the network."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    what = f"Could not {doing} {repo}"
    for cause in _causes(error):
        if isinstance(cause, OfflineModeIsEnabled):
            return UsageError("HF_HUB_OFFLINE is set, so the Hub is not called. Unset it to go on")
        if isinstance(cause, HfHubHTTPError):
            return _refused(cause, what, repo, endpoint)
        if isinstance(cause, httpx2.TransportError):
            kind = f"no connection to {endpoint}, or it was cut ({type(cause).__name__})"
            return Passing(f"{what}: {kind}")
        if type(cause).__module__.startswith("hf_xet") or "xet" in str(cause).lower():
            return CurateError(
                f"{what}: Xet storage failed ({secretless(str(cause))[:200]}). {_AGAIN}. "
                "Where the server has no Xet storage, set HF_HUB_DISABLE_XET=1"
            )
    if isinstance(error, OSError) and error.errno is not None:
        return None
    *_, root = _causes(error)
    said = secretless(f"{type(root).__name__}: {root}")[:300]
    return CurateError(f"{what}: {endpoint} gave an answer that makes no sense ({said})")


def secretless(text: str) -> str:
    """`text` without the token, and without what follows `?` in addresses."""
    from huggingface_hub import get_token

    token = get_token()
    shown = text.replace(token, "<token>") if token else text
    return re.sub(r"(https?://[^\s'\"?]*)\?[^\s'\"]*", r"\1", shown)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _refused(error: HfHubHTTPError, what: str, repo: str, endpoint: str) -> CurateError:
    from huggingface_hub.errors import GatedRepoError

    status = error.response.status_code
    words = secretless(" ".join((error.server_message or "").split()))[:200]
    said = f"{what}: {endpoint} answered {status}" + (f", {words}" if words else "")
    if status == 401:
        return CurateError(
            f"{said}. The token is not valid, or there is none and {repo} is private or does not "
            f"exist. Log in with: hf auth login, or set HF_TOKEN (tokens: {_TOKENS})"
        )
    if status == 403 and isinstance(error, GatedRepoError):
        return CurateError(f"{said}. {repo} is gated: ask for access at {endpoint}/datasets/{repo}")
    if status == 403:
        return CurateError(
            f"{said}. The token lacks a right: it needs the role `write`, or, if fine-grained, "
            f"write access to the repositories of {repo.split('/')[0]}. Make one at {_TOKENS}, "
            "then: hf auth login"
        )
    if status == 404:
        return CurateError(
            f"{said}. Check the name; a private repository is seen only with a token that may "
            "read it (hf auth login)"
        )
    if status in (409, 412):
        return Conflict(f"{said}. Someone else has changed {repo} meanwhile")
    if status in _PASSING:
        return _passing(said, status, _asked(error))
    return CurateError(said)


def _passing(said: str, status: int, asked: float | None) -> CurateError:
    reason = "Too many requests" if status == 429 else "The Hub is not well"
    if asked is not None and asked > _LONGEST:
        return CurateError(f"{said}. {reason}; it asks to wait {asked:.0f} seconds. {_AGAIN}.")
    return Passing(f"{said}. {reason}", asked)


def _asked(error: HfHubHTTPError) -> float | None:
    """Seconds that the server asks to wait, from `RateLimit` or `Retry-After`."""
    from huggingface_hub.utils import parse_ratelimit_headers  # type: ignore[attr-defined]

    limit = parse_ratelimit_headers(error.response.headers)
    if limit is not None and limit.remaining == 0:
        return float(limit.reset_in_seconds)
    after = error.response.headers.get("Retry-After", "")
    return float(after) if re.fullmatch(r"\d{1,9}", after) else None
