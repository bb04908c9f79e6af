"""Who hears of what, in whole sentences, and only as long as they see what it is about."""

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity import sentences
from activity.actions import follow
from activity.models import Level
from ip_registry import notices
from ip_registry.actions import disclosing
from ip_registry.actions.erasing import erase
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.openings import new_author
from ip_registry.queries.records import record_view
from kernel.jobs import run_due
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import PASSWORD, person, sign_in

NAMES = sorted(set(re.findall(r'"(record\.[a-z-]+)"', Path(notices.__file__).read_text(encoding="utf-8"))))


def heard(client: FlaskClient, user: User) -> str:
    """The page of somebody's notices."""
    sign_in(client, user)
    return client.get("/notifications", headers={"Accept-Language": "en"}).get_data(as_text=True)


@pytest.mark.parametrize("name", NAMES)
def test_every_notice_has_a_sentence_of_its_own(client: FlaskClient, database: Session, name: str) -> None:
    assert name in sentences._sentences
    assert len(NAMES) > 15


def test_a_named_author_is_led_to_the_record_and_the_owner_hears_of_it(client: FlaskClient, database: Session) -> None:
    owner, author = person(display_name="Ada Owner"), person(display_name="Bo Author")
    made = make.record(owner, others=[new_author(author.display_name, author.handle)])
    page = heard(client, author)
    assert "Ada Owner names you as an author and asks for your consent" in page
    assert f'href="/registry/{made.number}"' in page
    assert "because you are named as an author" in page
    acts.consent(made, author)
    assert "Bo Author consented, and with that every named author has" in heard(client, owner)


def test_whoever_watches_somebody_hears_of_what_they_disclose_and_of_nothing_sealed(
    client: FlaskClient, database: Session
) -> None:
    owner, fan = person(display_name="Ada Owner"), person()
    with unit_of_work():
        follow(viewer_for(fan.id), ref=Ref("accounts.user", owner.id), level=Level.WATCHING)
    made = make.record(owner)
    assert "Ada Owner" not in heard(client, fan)
    acts.reveal(made, owner)
    run_due()
    assert "Ada Owner disclosed a record" in heard(client, fan)


def test_what_one_no_longer_sees_one_no_longer_reads_of(client: FlaskClient, database: Session) -> None:
    owner, reader, challenger = person(display_name="Ada Owner"), person(), person(display_name="Cy Challenger")
    made = make.record(owner)
    title = made.record.title
    acts.act(made, owner, "reveal", scope="person", paths=None, to=reader.handle)
    assert "Ada Owner shows you a record" in heard(client, reader)
    view = record_view(viewer_for(owner.id), made.number)
    party = next(one.id for one in view.parties if one.role == "reader")
    with unit_of_work():
        disclosing.end_showing(viewer_for(owner.id), record=acts.record_now(made), party_id=party)
    assert title not in heard(client, reader)
    acts.reveal(made, owner)
    acts.act(made, challenger, "dispute", key=OwnerKey.generate(), statement="Mine.", own_record=None)
    assert "Cy Challenger disputes your record; you can answer" in heard(client, owner)
    with unit_of_work():
        erase(viewer_for(owner.id), record=acts.record_now(made))
    assert title not in heard(client, owner)


def test_the_owner_hears_of_a_key_that_they_did_not_change(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    key = OwnerKey.generate()
    given: dict[str, Any] = {"key": key, "next_key": key.vkey, "reason": "", "password": PASSWORD}
    acts.act(made, owner, "key-rotate", **given)
    assert "if that was not you, stop it now" in heard(client, owner)


def test_the_same_offer_can_be_heard_of_twice(client: FlaskClient, database: Session) -> None:
    from ip_registry.actions.transfers import take_back

    owner, buyer = person(display_name="Ada Owner"), person()
    made = make.record(owner)
    for _ in range(2):
        acts.assign(made, owner, buyer)
        assert "Ada Owner assigns a record to you" in heard(client, buyer)
        with unit_of_work():
            take_back(viewer_for(owner.id), record=acts.record_now(made))
        assert "Ada Owner" not in heard(client, buyer)
