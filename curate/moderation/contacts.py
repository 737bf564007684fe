"""How a person is reached: e-mail addresses and telephone numbers.

Addresses and numbers set aside for examples are not private: the domains of RFC 2606 and RFC 6761,
555-01xx of the North American plan, and the numbers that Ofcom keeps for drama. Numbers are judged
by `phonenumbers`, Google's library of the world's numbering plans.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curate.moderation.finding import Finding, labelled

_EMAIL = re.compile(
    r"(?<![\w.+%/-])([A-Za-z0-9][\w.+%'-]{0,63})@((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)"
    r"{1,8}([A-Za-z]{2,24}))(?![\w@-])"
)
_PASSWORD = re.compile(r"://[^\s/@]*:$")  # what follows is one, in an address
_HIDDEN_EMAIL = re.compile(
    r"(?<![\w.])([a-z][\w.+-]{1,40})\s*(?:\(at\)|\[at\]|<at>)\s*((?:[a-z0-9-]{2,40}"
    r"(?:\.|\s*(?:\(dot\)|\[dot\]|<dot>)\s*)){1,3}([a-z]{2,10}))\b",
    re.IGNORECASE,
)
_RESERVED = re.compile(
    r"(?:^|\.)(?:example(?:\.(?:com|net|org|edu))?|test|invalid|localhost|local|internal|home\.arpa"
    r"|(?:my|your|the|our|some|any|another|other)-?(?:company|domain|site|host|server|mail"
    r"|org\w*|email"
    r"|app|website)"
    r"\.\w+|(?:foo|bar|baz|foobar|spam|eggs|acme|domain|company|test|sample|host|hostname"
    r"|server|email"
    r"|mail|mysite|site|website|xyz|abc|somewhere|nowhere|whatever|corp|dummy|fake|placeholder"
    r"|a|b|c|x"
    r"|y|z)\.(?:com|org|net|edu|ac|tld|dom|xyz|invalid|io|de|fr|uk))$",
    re.IGNORECASE,
)
_NOBODY = re.compile(
    r"^(?:git|svn|hg|root|user(?:name)?\d*|you|your\.?(?:name|email)|me|name|first\.?last|foo"
    r"|bar|baz"
    r"|spam|eggs|test(?:er|ing|user)?\d*|some(?:one|body)|nobody|no-?reply|do-?not-?reply"
    r"|example|dummy"
    r"|sample|placeholder|xxx+|x|abc)$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"^(?:info|support|help|contact|admin|webmaster|postmaster|hostmaster|abuse|security|sales"
    r"|office"
    r"|press|privacy|jobs|team|hello|service|billing|mail|news|docs?|bugs?|root|www|ftp"
    r"|[\w-]+-(?:dev|users?|list|announce|discuss|help|bugs|sig|request|ideas|committers|checkins)"
    r"|(?:dev|users?|list|announce|majordomo|listserv)(?:-[\w-]+)?)$",
    re.IGNORECASE,
)
_TOP = """
com org net edu gov mil int info biz name io dev app ai me co tv cloud online site tech xyz blog
email mail world group company agency studio design zone live life today news shop store
"""
_TOP_SET = frozenset(_TOP.split())
_NUMBER = re.compile(
    r"(?<![\w.,:/=+\-#$€£@(\[])(?:\+"
    r"|\()?\d(?:[ ().\-/\u2010-\u2015\u00a0]{0,3}\d){6,14}(?![\w%]|[.,:]\d|-\w)"
)
_PHONE_LABEL = re.compile(
    r"\b(?:tele)?phone(?: number| no\.?)?|\b(?:tel|mobile|mob|cell|fax|call(?: me| us| him"
    r"| her)?|whats ?app|sms|hotline"
    r"|text me|ring|reach (?:me|him|her|us)|dial|telefon|handy|t[ée]l[ée]phone|contact)\b",
    re.IGNORECASE,
)
_FICTION = re.compile(
    r"^(?:\+?1?\d{3}555\d{4}|555\d{4}|\+?1?8005550199|(?:\+?44|0)7700900\d{3}|(?:\+?44"
    r"|0)1632960\d{3}"
    r"|(?:\+?44|0)(?:20794|1134960|1144960|1154960|1164960|1174960|1184960|1214960|1314960|1414960"
    r"|1514960|1614960|1914980)\w*|(?:\+?44|0)3069990\d{3}|(?:\+?61|0)491570\d{3}|(?:\+?33"
    r"|0)199\d{7})$"
)
_DECIMAL = re.compile(r"\+?\d+\.\d+")
_RUN = re.compile(r"1234567|2345678|7654321|9876543|(\d)\1{6}")
_AMERICAN = re.compile(r"(?:\+?1[ .\-])?(?:\(\d{3}\) ?|\d{3}[ .\-])\d{3}[ .\-\u2010-\u2013]\d{4}")


def emails(text: str) -> Iterator[Finding]:
    """E-mail addresses: 1 for a person's, 0.3 for an office's or a list's (`info@`, `x-dev@`)."""
    if "@" in text:
        for match in _EMAIL.finditer(text):
            if _PASSWORD.search(text, max(0, match.start() - 80), match.start()):
                continue
            if certainty := _email(match[1], match[2], match[3]):
                yield Finding("email", match.start(), match.end(), certainty)
    lowered = text.lower()
    if "at)" in lowered or "at]" in lowered or "<at>" in lowered:
        for match in _HIDDEN_EMAIL.finditer(text):
            domain = re.sub(r"\s*[(\[<]dot[)\]>]\s*", ".", match[2], flags=re.IGNORECASE)
            if certainty := _email(match[1], domain, match[3]):
                yield Finding("email", match.start(), match.end(), min(certainty, 0.9))


def _email(local: str, domain: str, top: str) -> float:
    if _RESERVED.search(domain) or _NOBODY.match(local) or domain.lower().startswith(f"{local}."):
        return 0.0
    if not any(character.isalpha() for character in local):
        return 0.3  # the id of a message, mostly
    if _ROLE.match(local) or domain.lower().startswith(("lists.", "groups.", "mail.python.")):
        return 0.3
    return 1.0 if len(top) == 2 or top.lower() in _TOP_SET else 0.4


def phones(text: str, region: str) -> Iterator[Finding]:
    """Telephone numbers: 1 with a country code, 0.9 in the region's form or with a label."""
    for match in _NUMBER.finditer(text):
        raw = match[0]
        if raw.count("(") != raw.count(")") or _DECIMAL.fullmatch(raw):
            continue
        digits = re.sub(r"\D", "", raw)
        plain = ("+" if raw.startswith("+") else "") + digits
        if _FICTION.match(plain) or _RUN.search(digits):
            continue
        certainty = _phone(raw, plain, region, labelled(text, match.start(), _PHONE_LABEL))
        if certainty:
            yield Finding("phone", match.start(), match.end(), certainty)


def _phone(raw: str, plain: str, region: str, named: bool) -> float:
    import phonenumbers

    american = region in ("US", "CA") and bool(_AMERICAN.fullmatch(raw))
    abroad = plain.startswith("+")
    if not (named or abroad or american):
        return 0.0
    try:
        number = phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException:
        return 0.0
    if phonenumbers.is_valid_number(number):
        return 1.0 if abroad else 0.9
    return 0.7 if named and raw != plain and not abroad else 0.0
