"""Where a person is: postal addresses and IP addresses.

Addresses set aside for documents are not private (RFC 5737, RFC 3849), nor what is not routed, nor
the servers everybody names. A street alone says little; with a town's code it is an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from curate.moderation.finding import Finding, labelled

_STATE = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    "|T[NX]|UT"
    "|V[AT]|W[AIVY]"
)
_WAY = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Place|Pl|Way"
    r"|Square|Sq"
    r"|Terrace|Ter|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Crescent|Close|Grove|Gardens|Mews|Row|Hill)"
)
_TOWN = (
    rf"(?:(?:[A-Z][\w.'-]+[ ,\n]{{1,3}}){{1,4}}(?:{_STATE})[ ,]{{1,2}}\d{{5}}(?:-\d{{4}})?\b"
    r"|(?:[A-Z][\w.'-]+[ ,\n]{1,3}){1,4}[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b)"
)
_STREET = re.compile(
    r"(?<![\w.,/-])\d{1,5}[A-Za-z]?\s(?:[NSEW]\.?\s|North\s|South\s|East\s|West\s)?"
    rf"(?:(?:[A-Z][a-z'’-]+|\d{{1,3}}(?:st|nd|rd|th))\s){{1,3}}{_WAY}\b\.?"
    rf"(?:[ ,]{{1,2}}(?:Apt|Apartment|Suite|Ste|Unit|Flat"
    rf"|#)\.?\s?#?\w{{1,5}})?(?P<town>[ ,\n]{{1,3}}{_TOWN})?"
)
_STRASSE = re.compile(
    r"(?<!\w)[A-ZÄÖÜ][\w.-]*(?:\s[A-ZÄÖÜ][\w.-]*)?(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse"
    r"|ring|damm|ufer)"
    r"\s\d{1,4}\s?[a-z]?(?P<town>[ ,\n]{1,3}(?:[DAC]H?-)?\d{4,5}\s[A-ZÄÖÜ][\wäöüß-]+)?(?!\w)"
)
_RUE = re.compile(
    r"(?<![\w.,])\d{1,4}(?:\s(?:bis|ter))?,?\s(?:rue|avenue|boulevard|place|chemin|impasse"
    r"|allée)\s[\w' -]{3,40},?\s"
    r"(?P<town>\d{5}\s[A-ZÉ][\w-]+)"
)
_BOX = re.compile(rf"\b(?:P\.?\s?O\.?\s?)Box\s\d{{1,6}}(?P<town>[ ,\n]{{1,3}}{_TOWN})?")
_LIVES = re.compile(
    r"\b(?:address(?:es)?|live[sd]? (?:at|on)|lives? in|living at|resid(?:es|ing|ence)(?: at)?"
    r"|home|house"
    r"|ship(?:ped)? to|deliver(?:ed)? to|moved to|mail(?:ed)? to|wohnt|adresse|anschrift)\b",
    re.IGNORECASE,
)
_KNOWN = re.compile(
    r"(?i)^(?:1600 penns|10 downing|221b? baker|\d*123 (?:main|fake|any|elm|sample|example|some"
    r"|first|oak|maple)\b|742 evergreen"
    r"|1 infinite loop|1 hacker way|1 (?:main|any)|4 privet|\d+ (?:main|fake|any|example|sample"
    r"|foo) |51 franklin"
    r"|350 fifth|musterstr|mustermannstr|beispielstr|hauptstr\w* 1\b)"
)
_STREETS = (_STREET, _STRASSE, _RUE, _BOX)
_IPV4 = re.compile(r"(?<![\w.:\-])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d|-\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}){1,6}(?![\w:.]\w)")
_IP_LABEL = re.compile(
    r"\bip(?:v[46])?\b|\b(?:address|logged in|login|connect\w*|client|visitor|remote|from)\b",
    re.IGNORECASE,
)
_PUBLIC = """
8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 208.67.222.222 208.67.220.220 4.4.4.4 4.2.2.2 1.2.3.4
5.6.7.8 123.45.67.89 12.34.56.78 2001:4860:4860::8888 2001:4860:4860::8844 2606:4700:4700::1111
"""
_PUBLIC_SET = frozenset(_PUBLIC.split())


def addresses(text: str) -> Iterator[Finding]:
    """Postal addresses: 0.9 with a town's code, 0.7 with a label, 0.4 for a street alone."""
    for pattern in _STREETS:
        for match in pattern.finditer(text):
            if _KNOWN.search(match[0]):
                continue
            lives = labelled(text, match.start(), _LIVES)
            certainty = 0.9 if match["town"] else 0.7 if lives else 0.4
            yield Finding("address", match.start(), match.end(), certainty)


def ips(text: str) -> Iterator[Finding]:
    """Routed IP addresses: 0.7 with a label, else 0.3, for four numbers are often a version."""
    for pattern, sign in ((_IPV4, "."), (_IPV6, ":")):
        if text.count(sign) < 2:
            continue
        for match in pattern.finditer(text):
            try:
                address = ip_address(match[0])
            except ValueError:
                continue
            if address.is_global and not address.is_multicast and str(address) not in _PUBLIC_SET:
                named = labelled(text, match.start(), _IP_LABEL)
                yield Finding("ip", match.start(), match.end(), 0.7 if named else 0.3)
