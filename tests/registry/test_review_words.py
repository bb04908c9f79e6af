"""Titles, names and statements that want to be more than words: on pages, in feeds, in papers and in terminals."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ip_registry.envelopes.canonical import canonical
from ip_registry.envelopes.details import parse_details
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.openings import new_author
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import person

EVIL = "</title><script>alert(1)</script><img src=x onerror='alert(2)'>\"&{{7*7}}"
STEERING = ["\x1b[2Jgone", "a\x0bb", "a\x00b", "a\rb", "\x9b2J", "a\ufffeb", "\x7f"]


@pytest.mark.parametrize("word", [*STEERING, "two\nlines", "two\u2028lines"])
def test_a_title_is_one_line_of_words(client: FlaskClient, database: Session, word: str) -> None:
    with pytest.raises(EnvelopeError, match=r"control characters|one line"):
        make.sealed(person(), title=word)
    with pytest.raises(EnvelopeError, match=r"control characters|one line"):
        make.sealed(person(), others=[new_author(word)])


@pytest.mark.parametrize("word", STEERING)
def test_a_statement_steers_nothing(word: str) -> None:
    said = {"v": 1, "record": "0" * 64, "statement": f"fine\n{word}", "own_record": None}
    with pytest.raises(EnvelopeError, match="control characters"):
        parse_details("dispute", canonical(said))


def test_words_stay_words_wherever_a_record_is_shown(client: FlaskClient, database: Session) -> None:
    owner, rival = person(), person()
    made = make.record(
        owner,
        title=EVIL,
        abstract=EVIL,
        ip_terms=EVIL,
        others=[new_author(EVIL)],
        files={"<img src=x onerror=alert(3)>'\".txt": b"1", "=cmd|calc.csv": b"2"},
    )
    acts.reveal(made, owner)
    acts.act(made, rival, "dispute", key=OwnerKey.generate(), statement=EVIL, own_record=None)
    disputed = acts.record_now(made).last_hash.hex()
    acts.act(made, owner, "answer", dispute=disputed, statement=EVIL)
    pages = [f"/registry/{made.number}", "/registry", f"/people/{owner.handle}", "/search?q=alert"]
    for page in pages:
        shown = client.get(page, follow_redirects=True).text
        assert "<script>alert" not in shown, page
        assert "<img src=x" not in shown, page
    assert "{{7*7}}" in client.get(pages[0]).text  # nothing evaluates it
    feed = client.get("/feeds/registry.atom").text
    ET.fromstring(feed)  # noqa: S314 - our own
    assert "<script>alert" not in feed
    for kind in ("pdf", "zip"):
        path = {"pdf": "certificate.pdf", "zip": "evidence"}[kind]
        answer = client.get(f"/registry/{made.number}/{path}")
        assert answer.status_code == 200
        name: Any = answer.headers["Content-Disposition"]
        assert made.number in name
        assert "alert" not in name


def test_the_paper_is_made_whatever_the_script_of_the_words(client: FlaskClient, database: Session) -> None:
    """Letters that the font has not, letters that run the other way, one word of 200 letters, pictures."""
    owner = person()
    for title in ("\u202eesrever", "שלום עולם", "🙂" * 200, "W" * 200, "Ω≈ç√∫˜µ≤≥÷", "锆" * 200, "\u0301" * 50, "a\tb"):
        made = make.record(owner, title=title, others=[new_author(title)])
        acts.reveal(made, owner)
        for path in ("certificate.pdf?lang=en", "certificate.pdf?lang=zh"):
            answer = client.get(f"/registry/{made.number}/{path}")
            assert (answer.status_code, answer.data[:5]) == (200, b"%PDF-"), title
