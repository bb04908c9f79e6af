"""The page that checks evidence: what it says of good and bad bundles, and that it keeps nothing."""

import io
import zipfile
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from kernel.db import Base
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import person, sign_in

COPY = b"what I found"


def bundle_of(client: FlaskClient, made: make.Made) -> bytes:
    answer = client.get(f"/registry/{made.number}/evidence")
    assert answer.status_code == 200
    return bytes(answer.data)


def check(client: FlaskClient, bundle: bytes, *copies: tuple[str, bytes]) -> TestResponse:
    data: dict[str, Any] = {"bundle": (io.BytesIO(bundle), "evidence.zip")}
    if copies:
        data["copies"] = [(io.BytesIO(content), name) for name, content in copies]
    return client.post("/registry/verify", data=data, headers={"Accept-Language": "en"})


def verdict(answer: TestResponse) -> str:
    """The large words."""
    return unescape(answer.text).partition('id="verdict-title">')[2].partition("</h2>")[0].rpartition(">")[2]


def changed(bundle: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The bundle with something else in one of its files."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as before, zipfile.ZipFile(made, "w") as after:
        for info in before.infolist():
            content = before.read(info)
            if info.filename == name:
                assert old in content
                content = content.replace(old, new)
            after.writestr(info, content)
    return made.getvalue()


@pytest.fixture
def made(client: FlaskClient, database: Session) -> make.Made:
    """A record that everybody may see."""
    owner = person()
    found = make.record(owner, title="A coating <that> heals", files={"draft.txt": COPY})
    acts.reveal(found, owner)
    return found


def test_a_number_or_a_leaf_hash_leads_to_the_record(client: FlaskClient, made: make.Made) -> None:
    asked = client.get(f"/registry/verify?number=%20{made.number}%20")
    assert asked.headers["Location"] == f"/registry/{made.number}#check"
    leaf = made.sealed.leaf.hash
    assert client.get(f"/registry/verify?number={leaf.upper()}").headers["Location"] == f"/v/{leaf}"
    wrong = client.get("/registry/verify?number=<b>", headers={"Accept-Language": "en"})
    assert wrong.status_code == 200
    assert "This is no number of a record" in wrong.text
    assert "<b>" not in wrong.text
    for unknown in ("2026-999", "0" * 64):
        absent = client.get(f"/registry/verify?number={unknown}", headers={"Accept-Language": "en"})
        assert absent.status_code == 404
        assert "has no record of this number or hash" in absent.text


def test_good_evidence_is_proven_with_and_without_copies(client: FlaskClient, made: make.Made) -> None:
    bundle = bundle_of(client, made)
    answer = check(client, bundle)
    assert answer.status_code == 200
    assert verdict(answer) == "Proven"
    assert "(Other work)." in answer.text  # as the reader calls it
    assert "A coating &lt;that&gt; heals" in answer.text
    assert f'href="/v/{made.sealed.leaf.hash}"' in answer.text
    with_copy = check(client, bundle, ("draft.txt", COPY))
    assert verdict(with_copy) == "Proven"
    assert "It matches" in with_copy.text


def test_another_copy_is_told_from_false_evidence(client: FlaskClient, made: make.Made) -> None:
    bundle = bundle_of(client, made)
    other = check(client, bundle, ("draft.txt", COPY + b"."))
    assert verdict(other) == "Proven, but not this copy"
    assert "It does not match" in other.text
    false = check(client, changed(bundle, "record/opening.json", b"heals", b"steel"), ("draft.txt", COPY))
    assert verdict(false) == "Not proven"


def test_a_log_that_only_says_it_is_ours_is_not_believed(client: FlaskClient, made: make.Made) -> None:
    bundle = bundle_of(client, made)
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        policy = opened.read("policy.txt")
    name = policy.split(b" ", 2)[1].split(b"+")[0]
    key = b"log " + name + b"+"
    assert key in policy
    answer = check(client, changed(bundle, "policy.txt", policy, policy.replace(key, b"log x" + name + b"+")))
    assert verdict(answer) != "Proven"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", bytes(2000)])
def test_what_is_no_evidence_is_said_beside_the_field(client: FlaskClient, made: make.Made, content: bytes) -> None:
    answer = check(client, content)
    assert answer.status_code == 422
    assert 'id="bundle-error"' in answer.text
    assert verdict(answer) == ""


def test_nothing_is_chosen(client: FlaskClient, database: Session) -> None:
    answer = client.post("/registry/verify", headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "Choose an evidence bundle first." in answer.text


def test_nothing_of_what_was_sent_is_kept(client: FlaskClient, database: Session, made: make.Made) -> None:
    def rows() -> dict[str, int]:
        tables = Base.metadata.tables
        return {name: len(database.execute(select(table)).all()) for name, table in tables.items()}

    bundle, before = bundle_of(client, made), rows()
    assert check(client, bundle, ("draft.txt", COPY)).status_code == 200
    assert rows() == before


def test_strangers_and_members_may_check(client: FlaskClient, made: make.Made) -> None:
    bundle = bundle_of(client, made)
    assert client.get("/registry/verify").headers.get("Set-Cookie") is None
    sign_in(client, person())
    assert 'name="csrf_token"' in client.get("/registry/verify").text
    assert verdict(check(client, bundle)) == "Proven"
