"""What is private, what documentation only shows, and what redaction leaves."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.moderation.private import KINDS, Private, findings, redacted

KEY = "AKIA" + "J4RTQ2WZ7VNB3KLP"  # made up, and apart so that no scanner takes it for one
TOKEN = "ghp_" + "h7Tq2LxVb9ZkR4mWc8YpNd3JfG6sAuE1oBiK"
BLOCK = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join("q8Zt3LxVb9RkW4mTc7YpNd2JfG6sHuE1oBiKaQwErTyUiOpLkJhGfDsAzXcVbN" for _ in range(8))
    + "\n-----END RSA PRIVATE KEY-----"
)


def row(output: str, instruction: str = "What is said?", more: str = "") -> pl.DataFrame:
    return pl.DataFrame({"instruction": [instruction], "input": [more], "output": [output]})


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in findings(text) if one.certainty > 0.5]


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("Write to anna.berg@kth.se today.", "email", "anna.berg@kth.se"),
        ("mailto:anna.berg@kth.se", "email", "anna.berg@kth.se"),
        ("anna.berg (at) kth (dot) se", "email", "anna.berg (at) kth (dot) se"),
        ("Call +46 8 790 60 32.", "phone", "+46 8 790 60 32"),
        ("Call (212) 736-5000 now", "phone", "(212) 736-5000"),
        (f"key {KEY}", "secret", KEY),
        (f"export T={TOKEN}", "secret", TOKEN),
        (f"see\n{BLOCK}\nend", "secret", BLOCK),
        ('api_key = "9f8aB2kLmQ7xZt4RwVn0PcJd"', "secret", "9f8aB2kLmQ7xZt4RwVn0PcJd"),
        ("postgres://bob:Xk29vlq8z@db.firma.de/x", "secret", "Xk29vlq8z"),
        ("card 4716 4616 2205 1275", "card", "4716 4616 2205 1275"),
        ("IBAN DE44 5001 0517 5407 3249 31 now", "iban", "DE44 5001 0517 5407 3249 31"),
        ("at 88 Harbor View Drive, Portland, ME 04101.", "address", "88 Harbor View Drive, Portland, ME 04101"),
        ("in der Lindenstraße 14, 50674 Köln.", "address", "Lindenstraße 14, 50674 Köln"),
        ("client 178.62.193.14 left", "ip", "178.62.193.14"),
        ("remote address: 2a02:8109:9f40:1b8c::2f1", "ip", "2a02:8109:9f40:1b8c::2f1"),
    ],
)  # fmt: skip
def test_private_things_are_found_where_they_stand(text: str, kind: str, what: str) -> None:
    assert found(text) == [(kind, what)]


@pytest.mark.parametrize(
    "text",
    [
        "user@example.com, alice@mail.example.org and bob@host.test (RFC 2606)",
        "git clone git@github.com:python/cpython.git",
        "info@python.org and python-dev@python.org are no persons",
        "M = A@B.T",
        "555-0142, (415) 555-0132, +44 20 7946 0958, 123-456-7890, 000-000-0000",
        "2**52 is 4503599627370496, the time is 1700000000, the range 1000000 to 2000000",
        "AKIAIOSFODNN7EXAMPLE, sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, sk-...",
        "-----BEGIN PRIVATE KEY----- ... -----END PRIVATE KEY-----",
        'password = "hunter2"; api_key = "YOUR_API_KEY"; token = tokenize.generate_tokens(readline)',
        "http://username:password@proxy.example.com:8080",
        "4242 4242 4242 4242 and 378282246310005 are test cards",
        "GB82 WEST 1234 5698 7654 32 and DE89 3704 0044 0532 0130 00 are the usual examples",
        "1600 Pennsylvania Avenue NW, Washington, DC 20500, and 123 Main Street, Anytown, CA 12345",
        "IP 192.0.2.1, 198.51.100.7, 203.0.113.9, 2001:db8::1 (RFC 5737, RFC 3849), 127.0.0.1, 8.8.8.8",
        "Chrome/120.0.6099.109 and Windows 10.0.19045",
        "<142480216486.20800.16526388040877946887@nightshade.la.mastaler.com> is the id of a message",
        "Decimal('+35236450.6') and one@one.org",
        "MAC 00:1B:44:11:3A:B7 at 12:34:56",
        "",
    ],
)
def test_what_documentation_shows_is_not_private(text: str) -> None:
    assert found(text) == []


def test_the_number_is_the_most_certain_finding_of_all_fields() -> None:
    rows = row("Her mail is anna.berg@kth.se.", instruction="Who is at info@kth.se?")
    measured = Private().measure(rows)
    assert measured.columns == ["private", *(f"private_{kind}" for kind in KINDS)]
    assert measured.dtypes == [pl.Float64] * 8
    assert measured["private"].to_list() == measured["private_email"].to_list() == [1.0]
    assert measured["private_phone"].to_list() == [0.0]


def test_a_list_or_an_office_is_below_the_default_bound() -> None:
    assert Private().measure(row("Ask info@kth.se."))["private"].to_list() == [0.3]
    assert Private().max == 0.5


def test_the_region_tells_whose_numbers_are_known() -> None:
    rows = row("030 2093 2951 and 617-253-4795")
    assert Private().measure(rows)["private"].to_list() == [0.9]
    assert Private(region="DE").measure(row("617-253-4795"))["private"].to_list() == [0.0]


def test_redaction_puts_placeholders_and_tells_what_it_changed() -> None:
    rows = row("Write to anna.berg@kth.se or +46 8 790 60 32.", more=f"key: {KEY}").with_columns(
        id=pl.lit("r1")
    )
    changed, told = redacted(rows)
    assert changed["output"].to_list() == ["Write to <email> or <phone>."]
    assert changed["input"].to_list() == ["key: <secret>"]
    assert told.select("id", "row", "field", "kind").rows() == [
        ("r1", 0, "input", "secret"),
        ("r1", 0, "output", "email"),
        ("r1", 0, "output", "phone"),
    ]
    assert "anna" not in str(told.rows())
    assert Private().measure(changed)["private"].to_list() == [0.0]


def test_rows_without_findings_stay_as_they_are() -> None:
    rows = pl.DataFrame(
        {
            "instruction": ["What is len?", None],
            "output": ["A function.", "x@example.com"],
            "n": [1, 2],
        }
    )
    changed, told = redacted(rows)
    assert changed.equals(rows)
    assert told.is_empty()


def test_a_bound_decides_what_is_redacted() -> None:
    rows = row("Ask info@kth.se.")
    assert redacted(rows).rows.equals(rows)
    assert redacted(rows, above=0.2).rows["output"].to_list() == ["Ask <email>."]


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "anna.berg@kth.se", "+46 8 790 60 32", KEY, "4716 4616 2205 1275", "<email>", "tel: ",
            "DE44 5001 0517 5407 3249 31", "client 178.62.193.14", "password: ", "aB3dE5gH7jK9mN2pQ4",
            "9 Oakfield Road", "lives at ", "://u:", "@", " ", "\n", "1", "(at)", "user@example.com",
        ]
    ),
)  # fmt: skip


@given(st.lists(PIECES, max_size=8).map("".join))
def test_redacting_again_changes_nothing(text: str) -> None:
    once = redacted(row(text))
    again = redacted(once.rows)
    assert again.rows.equals(once.rows)
    assert again.changes.is_empty()
    assert Private().measure(once.rows)["private"].to_list()[0] <= 0.5
    if once.changes.is_empty():
        assert once.rows["output"].to_list() == [text]


@given(st.lists(st.text(max_size=60), min_size=1, max_size=5))
def test_any_text_gives_a_number_between_0_and_1_whatever_stands_beside_it(
    texts: list[str],
) -> None:
    rows = pl.DataFrame({"instruction": texts, "input": texts[::-1], "output": texts})
    together = Private().measure(rows)
    alone = pl.concat([Private().measure(rows[at]) for at in range(rows.height)])
    assert together.equals(alone)
    assert together.select(pl.all().is_between(0, 1).all()).row(0) == (True,) * 8


@given(st.lists(PIECES, max_size=6).map("".join))
def test_the_measure_finds_what_findings_finds(text: str) -> None:
    best = max((one.certainty for one in findings(text)), default=0.0)
    rows = row(text, instruction="")
    assert Private().measure(rows)["private"].to_list() == [best]
