"""Numbers of accounts: payment cards (ISO/IEC 7812, Luhn) and IBAN (ISO 13616).

Check digits and the form of each country are judged by `python-stdnum`. Numbers that processors
publish for tests, and the IBAN examples of the registry, are not private.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from curate.moderation.finding import Finding, labelled

_CARD = re.compile(
    r"(?<![\w.,+\-/=])(?:\d{4}([ -]?)\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -]?)\d{6}\2\d{5})(?![\w]"
    r"|[.,]\d|-\w)"
)
_ISSUER = re.compile(
    r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|6(?:011|4[4-9]|5)|35|3(?:0[0-5]|[68])"
)
_CARD_LABEL = re.compile(
    r"\b(?:card|visa|master ?card|amex|american express|discover|cc|credit|debit|pan|karte)\b",
    re.IGNORECASE,
)
_TEST_CARDS = """
4242424242424242 4111111111111111 4012888888881881 4000056655665556 5555555555554444
5105105105105100 5200828282828210 2223003122003222 378282246310005 371449635398431
378734493671000 6011111111111117 6011000990139424 6011000000000004 3056930009020004
36227206271667 30569309025904 38520000023237 3566002020360505 3530111333300000 4222222222222
4000000000000002 4917610000000000 5424000000000015 4007000000027 4012888818888 370000000000002
6011000000000012 4532015112830366 79927398713 4539578763621486 4556737586899855 4917484589897107
"""
_TEST_CARDS_SET = frozenset(_TEST_CARDS.split())
_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"
)
_TEST_IBANS = """
GB82WEST12345698765432 GB29NWBK60161331926819 GB33BUKB20201555555555 DE89370400440532013000
FR1420041010050500013M02606 FR7630006000011234567890189 NL91ABNA0417164300 CH9300762011623852957
ES9121000418450200051332 IT60X0542811101000000123456 BE68539007547034 AT611904300234573201
DE75512108001245126199 GR1601101250000000012300695 IE29AIBK93115212345678
SE4550000000058398257466 NO9386011117947 PL61109010140000071219812874 PT50000201231234567890154
BE71096123456769 SA0380000000608010167519 LU280019400644750000 DK5000400440116243
FI2112345600000785
"""
_TEST_IBANS_SET = frozenset(_TEST_IBANS.split())


def cards(text: str) -> Iterator[Finding]:
    """Card numbers that pass Luhn: 1 in groups or with a label, 0.4 as a bare integer."""
    from stdnum import luhn

    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        if not 13 <= len(digits) <= 19 or digits in _TEST_CARDS_SET or not _ISSUER.match(digits):
            continue
        if len(set(digits)) < 5 or not luhn.is_valid(digits):
            continue
        grouped = len(digits) != len(match[0])
        sure = grouped or labelled(text, match.start(), _CARD_LABEL)
        yield Finding("card", match.start(), match.end(), 1.0 if sure else 0.4)


def ibans(text: str) -> Iterator[Finding]:
    """IBANs of the form of their country, with right check digits."""
    from stdnum import iban

    for match in _IBAN.finditer(text):
        whole = match[0]
        while len(whole) > 14:  # a word in capitals may follow it
            if iban.is_valid(whole, check_country=False):
                if iban.compact(whole) not in _TEST_IBANS_SET:
                    yield Finding("iban", match.start(), match.start() + len(whole), 1.0)
                break
            whole = whole.rpartition(" ")[0]
