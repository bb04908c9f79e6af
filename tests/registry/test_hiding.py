"""Staff hide what a dispute says: the reason is shown, the entry in the log stays."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from activity.models import LogEntry
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.models import LedgerEntry, RecordEvent
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import person, sign_in
from tests.makers.registry import Made

WORDS = "Zqslander about a third person"


@pytest.fixture
def disputed(client: FlaskClient) -> tuple[Made, User, RecordEvent]:
    owner, challenger = person(), person()
    made = make.record(owner, title="A coating")
    acts.reveal(made, owner)
    said = acts.act(made, challenger, "dispute", key=OwnerKey.generate(), statement=WORDS, own_record=None)
    return made, challenger, said


def page(client: FlaskClient, made: Made) -> str:
    return client.get(f"/registry/{made.number}", headers={"Accept-Language": "en"}).text


def test_a_hidden_statement_is_read_by_nobody_but_staff_and_its_author(
    client: FlaskClient, database: Session, disputed: tuple[Made, User, RecordEvent]
) -> None:
    made, challenger, said = disputed
    url = f"/registry/statements/{said.leaf_hash.hex()}"
    assert WORDS in page(client, made)
    sign_in(client, person(staff=True))
    assert "Hide this statement" in page(client, made)
    assert client.post(f"{url}/hide", data={"reason": " "}).status_code == 422
    done = client.post(f"{url}/hide", data={"reason": "It names somebody."}, follow_redirects=True)
    assert done.status_code == 200
    assert WORDS in done.text
    assert client.post(f"{url}/hide", data={"reason": "Again."}).status_code == 409
    strangers = type(client)(client.application, client.application.response_class, use_cookies=True)
    for text in (page(strangers, made), strangers.get(f"/api/v1/registrations/{made.number}/events").text):
        assert WORDS not in text
    assert page(strangers, made).count("Hidden by staff: It names somebody.") == 2
    sign_in(client, challenger)
    assert WORDS in page(client, made)
    assert database.scalar(select(LedgerEntry.index).where(LedgerEntry.leaf_hash == said.leaf_hash)) is not None
    sign_in(client, person(staff=True))
    assert client.post(f"{url}/show").status_code == 303
    assert WORDS in page(strangers, made)
    acts_done = select(LogEntry.act, LogEntry.reason).where(LogEntry.act.like("registry.%")).order_by(LogEntry.id)
    assert [tuple(row) for row in database.execute(acts_done)] == [
        ("registry.hide-statement", "It names somebody."),
        ("registry.show-statement", ""),
    ]


def test_nobody_else_hides_it_and_nothing_else_is_hidden(
    client: FlaskClient, disputed: tuple[Made, User, RecordEvent]
) -> None:
    made, challenger, said = disputed
    url = f"/registry/statements/{said.leaf_hash.hex()}/hide"
    assert client.post(url, data={"reason": "No."}).status_code == 401
    sign_in(client, challenger)
    assert "Hide this statement" not in page(client, made)
    assert client.post(url, data={"reason": "No."}).status_code == 403
    sign_in(client, person(staff=True))
    for leaf_hash in (made.sealed.leaf.hash, "00" * 32, "nonsense"):
        assert client.post(f"/registry/statements/{leaf_hash}/hide", data={"reason": "No."}).status_code == 404
