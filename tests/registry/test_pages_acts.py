"""The forms of acts: what they ask for, who may open them, and that what is refused changes nothing."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.models import User
from ip_registry.act_forms import FORMS
from ip_registry.actions.custody import lock
from ip_registry.envelopes.details import DETAILS
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.openings import new_author
from ip_registry.models import Deposit, LedgerEntry, PendingLeaf, Record, RecordEvent
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import PASSWORD, person, sign_in

OF_AN_OWNER = ("reveal", "embargo", "assign", "licence", "withdraw", "key-rotate", "erase")
LICENCE = {"to_name": "Firm", "terms": "None.", "exclusive": False, "until": None}


def url_of(made: make.Made, act: str) -> str:
    return f"/registry/{made.number}/acts/{act}"


def send(client: FlaskClient, made: make.Made, act: str, **fields: Any) -> TestResponse:
    return client.post(url_of(made, act), data=fields, headers={"Accept-Language": "en"})


def by_browser(one: acts.Signed, **fields: Any) -> dict[str, Any]:
    """What a browser sends that signed."""
    return {**fields, **one.body}


def keep_key_here(app: Flask, made: make.Made) -> None:
    """As if the record had been sealed without JavaScript."""
    with unit_of_work() as work:
        work.get_one(Deposit, made.record.id).custody = lock(made.sealed.key, app.config["SECRET_KEY"])


def count(database: Session, model: Any) -> int:
    return database.scalar(select(func.count()).select_from(model)) or 0


def now_of(database: Session, made: make.Made) -> Record:
    database.expire_all()
    return acts.record_now(made)


@pytest.fixture
def owner(client: FlaskClient, database: Session) -> User:
    """Somebody who is signed in."""
    found = person()
    sign_in(client, found)
    return found


def test_every_event_has_a_form_with_its_fields() -> None:
    assert set(DETAILS) <= set(FORMS)
    for kind, fields in DETAILS.items():
        assert set(FORMS[kind].says) == set(fields), kind


@pytest.mark.parametrize("act", OF_AN_OWNER)
def test_the_owner_is_told_what_an_act_does_and_what_of_it_stays(client: FlaskClient, owner: User, act: str) -> None:
    made = make.record(owner, title="A coating")
    page = client.get(url_of(made, act), headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert "A coating" in page.text
    assert 'class="once"' in page.text
    if act != "erase":
        assert (
            f'data-registry-act="{act}" data-record="{made.sealed.leaf.hash}" data-prev="{made.sealed.leaf.hash}"'
            in (page.text)
        )
        assert f'data-owner-key="{made.sealed.key.vkey}" data-custody="0"' in unescape(page.text)
        assert "Signing needs JavaScript" in page.text


def test_an_embargo_that_stands_is_in_its_form_unless_it_is_to_be_lifted(client: FlaskClient, owner: User) -> None:
    made = make.record(owner)
    day = (now() + timedelta(days=90)).date().isoformat()
    acts.act(made, owner, "embargo", until=day, mode="reveal")
    page = client.get(url_of(made, "embargo")).text
    assert f'value="{day}"' in page
    assert re.search(r'<input[^>]*checked[^>]*value="reveal"', page)
    page = client.get(url_of(made, "embargo") + "?lift=1").text
    assert f'value="{day}"' not in page
    assert re.search(r'<input[^>]*checked[^>]*value="remind"', page)


@pytest.mark.parametrize("act", [*OF_AN_OWNER, "answer"])
def test_nobody_else_opens_or_sends_them(client: FlaskClient, database: Session, act: str) -> None:
    made = make.record()
    assert client.get(url_of(made, act)).status_code == 303
    assert send(client, made, act).status_code == 401
    sign_in(client, person())
    assert client.get(url_of(made, act)).status_code == 403
    assert send(client, made, act).status_code == 403
    assert client.get(url_of(made, "nonsense")).status_code == 404
    assert client.get(f"/registry/2026-99999/acts/{act}").status_code == 404


def test_publishing_says_first_what_it_may_cost(client: FlaskClient, owner: User) -> None:
    made = make.record(owner)
    for scope, has_gate in (("public", True), ("file", True), ("person", False)):
        page = client.get(f"{url_of(made, 'reveal')}?scope={scope}", headers={"Accept-Language": "en"}).text
        for words in (
            "Publishing may cost you the patent",
            "https://www.cnipa.gov.cn/",
            "https://www.epo.org/en/legal/epc/2020/a55.html",
            "https://www.uspto.gov/web/offices/pac/mpep/s2153.html",
            'name="is_understood"',
        ):
            assert (words in page) is has_gate, (scope, words)


def test_nothing_is_published_without_a_tick(client: FlaskClient, database: Session, owner: User) -> None:
    made = make.record(owner)
    one = acts.signed(made, "reveal", **acts.REVEAL)
    refused = send(client, made, "reveal", **by_browser(one, scope="public"))
    assert refused.status_code == 422
    assert "Tick this to publish" in refused.text
    assert now_of(database, made).state == "sealed"
    done = send(client, made, "reveal", **by_browser(one, scope="public", is_understood="y"))
    assert (done.status_code, done.headers["Location"]) == (303, f"/registry/{made.number}")
    assert now_of(database, made).state == "disclosed"


def test_an_act_that_a_browser_signed_stands_in_the_log_when_the_page_answers(
    client: FlaskClient, database: Session, owner: User
) -> None:
    made = make.record(owner)
    one = acts.signed(made, "licence", **LICENCE)
    done = send(client, made, "licence", **by_browser(one, to_name="Firm", terms="None."))
    assert done.status_code == 303
    assert database.scalars(select(LedgerEntry.leaf).where(LedgerEntry.leaf == one.leaf.data)).one()
    again = send(client, made, "licence", **by_browser(one, to_name="Firm", terms="None."))
    assert again.status_code == 303
    events = select(func.count()).select_from(RecordEvent).where(RecordEvent.record_id == made.record.id)
    assert database.scalar(events) == 2


def test_without_script_and_key_the_form_says_what_to_do_and_keeps_what_was_typed(
    client: FlaskClient, database: Session, owner: User
) -> None:
    made = make.record(owner)
    refused = send(client, made, "licence", to_name="Firm & Co", terms="Two years.")
    assert refused.status_code == 422
    assert "Turn JavaScript on and sign with your own key file" in refused.text
    assert "Firm & Co" in unescape(refused.text)
    assert "Two years." in refused.text
    assert count(database, PendingLeaf) == 0


def test_without_script_the_kept_key_signs(app: Flask, client: FlaskClient, database: Session, owner: User) -> None:
    made = make.record(owner)
    keep_key_here(app, made)
    page = client.get(url_of(made, "embargo"), headers={"Accept-Language": "en"})
    assert 'data-custody="1"' in page.text
    assert "The registry signs for you" in page.text
    done = send(client, made, "embargo", until="2040-05-06", mode="remind")
    assert done.status_code == 303
    record = now_of(database, made)
    assert str(record.embargo_until) == "2040-05-06"
    assert database.scalars(select(LedgerEntry).where(LedgerEntry.leaf_hash == record.last_hash)).one()


@pytest.mark.parametrize("fault", ["stale", "another key", "other details", "no leaf", "another type"])
def test_what_is_refused_leaves_nothing_behind(client: FlaskClient, database: Session, owner: User, fault: str) -> None:
    made = make.record(owner)
    if fault == "stale":
        one = acts.signed(made, "licence", **LICENCE)
        acts.act(made, owner, "embargo", until="2040-01-01", mode="remind")
    else:
        one = acts.signed(made, "licence", key=OwnerKey.generate() if fault == "another key" else None, **LICENCE)
    sent = by_browser(one, to_name="Firm", terms="None.")
    if fault == "other details":
        sent["details"] = acts.signed(made, "licence", **{**LICENCE, "to_name": "Other"}).details
    if fault == "no leaf":
        sent["leaf"] = "{}"
    if fault == "another type":
        sent |= acts.signed(made, "withdraw", reason="").body
        sent["details"] = one.details
    before = (count(database, RecordEvent), count(database, LedgerEntry), now_of(database, made).last_hash)
    refused = send(client, made, "licence", **sent)
    assert refused.status_code == 422, refused.headers.get("Location")
    assert "Nothing was signed or changed, and nothing you typed is lost." in refused.text
    assert 'name="leaf" type="hidden" value=""' in refused.text
    after = (count(database, RecordEvent), count(database, LedgerEntry), now_of(database, made).last_hash)
    assert (after, count(database, PendingLeaf)) == (before, 0)


def test_a_co_inventor_consents_or_declines(client: FlaskClient, database: Session) -> None:
    owner, yes, no = person(), person(), person(display_name="Eva Lang")
    made = make.record(owner, others=[new_author("Chen Yu", yes.handle), new_author("Eva Lang", no.handle)])
    sign_in(client, yes)
    assert 'data-owner-key=""' in client.get(url_of(made, "consent")).text
    assert send(client, made, "consent").status_code == 303
    assert client.get(url_of(made, "consent")).status_code == 403
    sign_in(client, no)
    assert send(client, made, "decline", message="I only tested it.").status_code == 303
    sign_in(client, owner)
    page = client.get(f"/registry/{made.number}", headers={"Accept-Language": "en"}).text
    assert "2 of 3 confirmed with keys of their own" in page
    assert "not confirmed: says it is not theirs" in page
    assert "I only tested it." in page


def test_a_record_changes_hands_when_it_is_accepted(
    app: Flask, client: FlaskClient, database: Session, owner: User
) -> None:
    made, heir = make.record(owner, title="A coating"), person()
    keep_key_here(app, made)
    nobody = send(client, made, "assign", to="@nobody-here", to_name="Heir")
    assert nobody.status_code == 422
    assert "nobody goes by this handle" in nobody.text
    assert send(client, made, "assign", to=f"@{heir.handle}", to_name="Heir").status_code == 303
    assert "Take the offer back" in client.get(f"/registry/{made.number}", headers={"Accept-Language": "en"}).text
    sign_in(client, heir)
    assert "Refuse the offer" in client.get(f"/registry/{made.number}", headers={"Accept-Language": "en"}).text
    assert send(client, made, "accept").status_code == 303
    assert now_of(database, made).owner_id == heir.id


def test_an_offer_is_taken_back(app: Flask, client: FlaskClient, database: Session, owner: User) -> None:
    made, heir = make.record(owner), person()
    acts.assign(made, owner, heir)
    assert client.post(f"/registry/{made.number}/offer/end").status_code == 303
    assert now_of(database, made).next_owner_id is None
    assert client.post(f"/registry/{made.number}/offer/end").status_code == 409


def test_a_dispute_needs_sight_and_an_answer_belongs_to_one(
    client: FlaskClient, database: Session, owner: User
) -> None:
    made, other = make.record(owner), person()
    sign_in(client, other)
    assert client.get(url_of(made, "dispute")).status_code == 403
    acts.reveal(made, owner)
    own = make.record(other)
    page = client.get(url_of(made, "dispute"), headers={"Accept-Language": "en"}).text
    assert own.sealed.leaf.hash in page
    done = send(client, made, "dispute", statement="It is ours.\r\nSince May.", own_record=own.sealed.leaf.hash)
    assert done.status_code == 303
    sign_in(client, owner)
    page = client.get(url_of(made, "answer"), headers={"Accept-Language": "en"}).text
    assert "It is ours.\nSince May." in page
    hash_of = page.partition('name="dispute" type="hidden" value="')[2].partition('"')[0]
    one = acts.signed(made, "answer", dispute=hash_of, statement="It is not.")
    assert send(client, made, "answer", **by_browser(one, dispute=hash_of, statement="It is not.")).status_code == 303
    assert client.get(url_of(made, "answer")).status_code == 403


def test_a_new_key_needs_the_password(client: FlaskClient, database: Session, owner: User) -> None:
    made, key = make.record(owner), OwnerKey.generate()
    one = acts.signed(made, "key-rotate", next_key=key.vkey, reason="")
    assert send(client, made, "key-rotate", **by_browser(one)).status_code == 422
    wrong = send(client, made, "key-rotate", **by_browser(one, password="guess"))
    assert wrong.status_code == 422
    assert "not your present password" in wrong.text
    assert "guess" not in wrong.text
    assert send(client, made, "key-rotate", **by_browser(one, password=PASSWORD)).status_code == 303
    assert now_of(database, made).owner_key == key.vkey


def test_a_lost_key_waits_and_can_be_kept_after_all(client: FlaskClient, database: Session, owner: User) -> None:
    made, key = make.record(owner), OwnerKey.generate()
    one = acts.signed(made, "key-rotate", key=key, next_key=key.vkey, reason="Lost.")
    assert send(client, made, "key-rotate", **by_browser(one, password=PASSWORD)).status_code == 303
    page = client.get(f"/registry/{made.number}", headers={"Accept-Language": "en"}).text
    assert "seven days after it was named" in page
    assert client.post(f"/registry/{made.number}/key-change/end").status_code == 303
    assert now_of(database, made).next_key is None


def test_erasing_needs_the_number_and_leaves_the_entry(client: FlaskClient, database: Session, owner: User) -> None:
    made = make.record(owner, title="A coating")
    assert send(client, made, "erase", number="2026-1x").status_code == 422
    assert now_of(database, made).state == "sealed"
    assert send(client, made, "erase", number=made.number).status_code == 303
    page = client.get(f"/registry/{made.number}", headers={"Accept-Language": "en"}).text
    assert now_of(database, made).state == "erased"
    assert "A coating" not in page
    assert f'href="/registry/{made.number}/erasure.pdf"' in page
    assert "Erased. The certificate of erasure" in page
    assert "/acts/" not in page
    assert client.get(url_of(made, "erase")).status_code == 403


def test_single_files_are_chosen_from_the_record(client: FlaskClient, database: Session, owner: User) -> None:
    made = make.record(owner, files={"a.txt": b"a", "b.txt": b"b"})
    page = client.get(f"{url_of(made, 'reveal')}?scope=file").text
    assert 'value="a.txt"' in page
    one = acts.signed(made, "reveal", scope="file", paths=["a.txt"], to=None)
    done = send(client, made, "reveal", **by_browser(one, scope="file", paths="a.txt", is_understood="y"))
    assert done.status_code == 303
    sign_in(client, person())
    shown = client.get(f"/registry/{made.number}", headers={"Accept-Language": "en"}).text
    assert "a.txt" in shown
    assert "b.txt" not in shown
    assert "1 of 2 shown" in shown


def test_a_publication_is_signed_beforehand_for_the_end_of_an_embargo(
    client: FlaskClient, database: Session, owner: User
) -> None:
    made = make.record(owner)
    one = acts.signed(made, "embargo", until="2040-05-06", mode="reveal")
    then = acts.signed(made, "reveal", prev=one.leaf.hash, **acts.REVEAL)
    sent = by_browser(one, until="2040-05-06", mode="reveal")
    for torn in ("{", "[]", json.dumps({**then.body, "leaf": "x"}), json.dumps({**then.body, "details": one.details})):
        refused = send(client, made, "embargo", **sent, then=torn)
        assert refused.status_code == 422, torn
        assert "Nothing was signed or changed" in refused.text
        assert now_of(database, made).embargo_until is None
    assert send(client, made, "embargo", **sent, then=json.dumps(then.body)).status_code == 303
    kept = database.get_one(Deposit, made.record.id, populate_existing=True).presigned
    assert kept == then.body
    assert "then published by itself" in client.get(f"/registry/{made.number}", headers={"Accept-Language": "en"}).text
