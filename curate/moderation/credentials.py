"""Keys and secrets: the published forms of tokens, private keys, and values that are called secret.

The forms are those that GitHub's secret scanning, gitleaks and the issuers document;
`detect-secrets` had no release since May 2024 and does not know the newer ones. What is written for
a reader to fill in (`YOUR_KEY`, `xxxx`, `…EXAMPLE`) is no secret, nor are issuers' own examples.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from curate.moderation.finding import Finding

# The characters with which each form begins: to look for these first is much faster.
_FORMS = [
    (("AKIA", "ASIA", "ABIA", "ACCA"), r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    (("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"\bgh[pousr]_[A-Za-z0-9]{36,251}\b"),
    (("github_pat_",), r"\bgithub_pat_[A-Za-z0-9_]{60,255}\b"),
    (("glpat-",), r"\bglpat-[\w-]{20,}"),
    (("sk-",), r"\bsk-(?:proj-|svcacct-|admin-|ant-(?:api|admin)\d\d-"
    r"|or-v1-)?[A-Za-z0-9_-]{32,200}\b"),
    (("xox", "xapp"), r"\bxox[abeoprs]-(?:\d+-){0,4}[A-Za-z0-9-]{10,}"
    r"|\bxapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{32,}"),
    (("hooks.slack.com",), r"https://hooks\.slack\.com/(?:services"
    r"|workflows)/[A-Z0-9]+/[A-Z0-9]+/\w{16,}"),
    (("AIza",), r"\bAIza[\w-]{35}(?![\w-])"),
    (("ya29.",), r"\bya29\.[\w-]{20,}"),
    (("_live_",), r"\b(?:sk|rk|pk)_live_[A-Za-z0-9]{16,}"),
    (("SG.",), r"\bSG\.[\w-]{16,32}\.[\w-]{32,64}"),
    (("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
    (("pypi-",), r"\bpypi-AgE[\w-]{50,}"),
    (("hf_",), r"\bhf_[A-Za-z]{34}\b"),
    (("dop_v1_", "doo_v1_"), r"\bdo[op]_v1_[a-f0-9]{64}\b"),
    (("shp",), r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b"),
    (("key-",), r"\bkey-[a-f0-9]{32}\b"),
    (("SK", "AC"), r"\bSK[0-9a-f]{32}\b"),
    ((":AA",), r"\b\d{8,10}:AA[\w-]{33}(?![\w-])"),
    (("AccountKey=",), r"\bAccountKey=[A-Za-z0-9+/]{60,}={0,2}"),
    (("eyJ",), r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}"),
    (
        ("PRIVATE KEY",),
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----[\s\\n\"'+]*"
        r"(?:[A-Za-z0-9+/=:,\- \r\n\\]{40,}?"
        r"(?:-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----|$)|[A-Za-z0-9+/=]{40,})",
    ),
]  # fmt: skip
_PATTERNS = [(begins, re.compile(form)) for begins, form in _FORMS]
_KEY_BODY = 4.2  # bits a character: less is no key but a drawing of one ("…", "MIIB…")
_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,20}://([^\s:/@'\"<>{}$]{1,64}):([^\s/@'\"<>{}$]{6,80})@[\w.-]+", re.I
)
_ASSIGNED = re.compile(
    r"(?:secret|token|passw(?:or)?d|passphrase|pwd|api[_ -]?key|access[_ -]?key|auth[_ -]?key"
    r"|private[_ -]?key"
    r"|credentials?|bearer|encryption[_ -]?key|signing[_ -]?key)\w{0,20}[\"']?\s{0,3}(?::|=|=>"
    r"|:=|\bis\b|\s)\s{0,3}"
    r"[\"'`]?([A-Za-z0-9+/_.~!@#$%^&*=-]{8,200})(?=[\"'`\s,;)\]}<]|\.?$)",
    re.IGNORECASE,
)
_CALLED = ("secret", "token", "passw", "pwd", "key", "credential", "bearer", "passphrase")
_FILL_IN = re.compile(
    r"example|sample|dummy|fake|placeholder|your|change.?me|insert|replace|redacted|foo|bar|test"
    r"|secret|password|passwd|token|default|hunter2|swordfish|correct.?horse|x{4,}|\*{3,}|\.{3}"
    r"|0{6,}|1234|abcd|qwerty|deadbeef",
    re.IGNORECASE,
)
_DRAWN = re.compile(
    r"(?i)example|your|x{6,}|0{8,}|\*{3,}|\.{3}|123456|abcdef(?:ghij)?|placeholder|(.)\1{7}"
)
_JWT_IO = (
    "eyJzdWIiOiIxMjM0NTY3ODkw"  # {"sub":"1234567890 …, the token of jwt.io and of RFC-like texts
)
_RFC_7519 = "eyJpc3MiOiJqb2UiLA0K"


def entropy(text: str) -> float:
    """Bits a character of a text, by its own frequencies (Shannon)."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values()) if size else 0.0


def secrets(text: str) -> Iterator[Finding]:
    """Keys and secrets: 1 for a known form, 0.8 for a random value that is called secret."""
    for begins, pattern in _PATTERNS:
        if any(one in text for one in begins):
            for match in pattern.finditer(text):
                if _real(match[0]):
                    yield Finding("secret", match.start(), match.end(), 1.0)
    yield from _in_urls(text)
    lowered = text.lower()
    if any(word in lowered for word in _CALLED):
        for match in _ASSIGNED.finditer(text):
            if certain := _assigned(match[1]):
                yield Finding("secret", match.start(1), match.end(1), certain)


def _in_urls(text: str) -> Iterator[Finding]:
    """Passwords in addresses, as in `postgres://user:password@host`."""
    if "://" in text and "@" in text:
        for match in _URL.finditer(text):
            if not _FILL_IN.search(match[2]) and match[1].lower() != match[2].lower():
                certain = 0.9 if entropy(match[2]) >= 2.8 else 0.4
                yield Finding("secret", match.start(2), match.end(2), certain)


def _real(token: str) -> bool:
    """Whether a token of a known form looks issued, not drawn for a reader."""
    if token.startswith("-----"):
        body = re.sub(r"-----[^-]*-----|\\n|\s", "", token)
        return len(body) >= 40 and entropy(body) >= _KEY_BODY
    if _DRAWN.search(token) or _JWT_IO in token or _RFC_7519 in token:
        return False
    return entropy(token) >= 3.0


def _assigned(value: str) -> float:
    """How certain a value that is called secret is one: random text with letters and digits."""
    letters = sum(c.isalpha() for c in value)
    digits = sum(c.isdigit() for c in value)
    if (
        not letters
        or not digits
        or _FILL_IN.search(value)
        or re.search(r"\w\.\w+[.(\[]|^\w+=|/\w+/", value)
    ):
        return 0.0
    if len(value) >= 16:
        changes = len(re.findall(r"(?<=[a-z])\d|(?<=[A-Z])[\da-z]|(?<=\d)[A-Za-z]", value))
        if entropy(value) >= 3.3 and digits >= 2 and changes >= len(value) / 6:
            return 0.8
        return 0.0
    mixed = any(not c.isalnum() for c in value) and any(c.isupper() for c in value)
    return 0.6 if mixed and digits >= 1 and not re.search(r"[._=-]", value) else 0.0
