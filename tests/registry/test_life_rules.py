"""What every event of a record has to be, what erasing leaves, and the same for programs."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from ip_registry.actions.erasing import erase
from ip_registry.actions.events import add_event
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.models import Deposit, LedgerEntry, PendingLeaf, Record, RecordEvent, RecordParty, TimeToken
from ip_registry.queries.records import record_view
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import person
from tests.registry.life import holds, named

__all__ = ["holds"]

pytestmark = pytest.mark.usefixtures("holds")


# Erasing


def test_an_erased_record_says_nothing_and_the_log_still_has_its_leaves(database: Session) -> None:
    owner, author, reader = person(), person(), person()
    made = make.record(owner, others=[named(author)])
    acts.act(made, owner, "licence", to_name="Secret Firm", terms="Ten.", exclusive=False, until=None)
    acts.act(made, owner, "reveal", scope="person", paths=None, to=reader.handle)
    acts.reveal(made, owner)
    before = list(database.scalars(select(LedgerEntry.leaf_hash).order_by(LedgerEntry.index)))
    database.add(
        TimeToken(log_id=made.record.log_id, record_id=made.record.id, imprint="00", url="https://tsa.example.cn/")
    )
    with unit_of_work():
        erase(viewer_for(owner.id), record=acts.record_now(made))
        again = erase(viewer_for(owner.id), record=acts.record_now(made))
    assert again.state == "erased"
    assert (again.title, again.kind, again.audience) == ("", "", f"user:{owner.id}")
    assert database.scalars(select(Deposit)).all() == []
    assert database.scalars(select(RecordParty)).all() == []
    assert database.scalars(select(TimeToken)).all() == []
    kept = database.execute(select(RecordEvent.details, RecordEvent.salt, RecordEvent.actor_id)).all()
    assert {tuple(row) for row in kept} == {(None, None, None)}
    assert list(database.scalars(select(LedgerEntry.leaf_hash).order_by(LedgerEntry.index))) == before
    for viewer in (Viewer(), viewer_for(author.id), viewer_for(reader.id)):
        assert record_view(viewer, made.number).is_sealed_to_me
    with pytest.raises(ForbiddenError, match="erased"):
        acts.act(made, owner, "withdraw", reason="")


def test_nobody_erases_what_is_not_theirs(database: Session) -> None:
    made = make.record()
    with pytest.raises(ForbiddenError, match="Only the owner"), unit_of_work():
        erase(viewer_for(person().id), record=acts.record_now(made))
    assert database.scalars(select(Deposit)).one().opening is not None


# What every event has to be


OWNERS_ACTS: list[tuple[str, dict[str, Any]]] = [
    ("reveal", acts.REVEAL),
    ("embargo", {"until": "2040-01-01", "mode": "remind"}),
    ("licence", {"to_name": "Firm", "terms": "None.", "exclusive": False, "until": None}),
    ("withdraw", {"reason": ""}),
    ("assign", {"to": "x", "to_name": "X", "note": "", "next_key": OwnerKey.generate().vkey}),
]


@pytest.mark.parametrize(("kind", "details"), OWNERS_ACTS)
def test_the_acts_of_an_owner_need_the_owner_and_the_owners_key(
    database: Session, kind: str, details: dict[str, Any]
) -> None:
    owner, other = person(), person()
    made = make.record(owner)
    with pytest.raises(ForbiddenError, match="Only the owner"):
        acts.act(made, other, kind, **details)
    with pytest.raises(ForbiddenError, match="key of the record"):
        acts.act(made, owner, kind, key=OwnerKey.generate(), **details)
    assert database.scalars(select(RecordEvent.type)).all() == ["register"]
    assert database.scalars(select(PendingLeaf)).all() == []


def test_a_leaf_that_does_not_follow_the_last_event_is_refused(database: Session) -> None:
    owner = person()
    made = make.record(owner)
    late = acts.signed(made, "withdraw", reason="")
    acts.act(made, owner, "embargo", until=None, mode="remind")
    with pytest.raises(ConflictError, match="in between"):
        acts.send(made, owner, late)


def test_the_same_leaf_again_is_the_first_event_and_nobody_elses(database: Session) -> None:
    owner = person()
    made = make.record(owner)
    one = acts.signed(made, "licence", to_name="Firm", terms="None.", exclusive=False, until=None)
    first = acts.send(made, owner, one)
    acts.reveal(made, owner)
    assert acts.send(made, owner, one).id == first.id
    with pytest.raises(ConflictError, match="already"):
        acts.send(made, person(), one)
    other = make.record(owner)
    with pytest.raises(ConflictError, match="already"):
        acts.send(other, owner, one)


def test_details_open_their_leaf_and_speak_of_this_record(database: Session) -> None:
    owner = person()
    made, other = make.record(owner), make.record(owner)
    one = acts.signed(made, "withdraw", reason="One.")
    two = acts.signed(made, "withdraw", reason="Two.")
    wrong: list[tuple[str | None, bytes | None]] = [
        (two.details, one.salt),
        (one.details, two.salt),
        (one.details, b"short"),
        (one.details, None),
        (one.details + " ", one.salt),
        (one.details.replace('"v":1', '"v":1,"w":2'), one.salt),
        (acts.signed(other, "embargo", until=None, mode="remind").details, one.salt),
    ]
    for details, salt in wrong:
        with pytest.raises(InvalidError), unit_of_work():
            add_event(
                viewer_for(owner.id), record=acts.record_now(made), leaf=one.leaf.data, details=details, salt=salt
            )
    with pytest.raises(InvalidError, match="another record"):
        acts.act(made, owner, "withdraw", reason="", record=other.sealed.leaf.hash)


def test_what_has_to_be_known_cannot_stay_blind(database: Session) -> None:
    owner = person()
    made = make.record(owner)
    blind = acts.signed(made, "reveal", **acts.REVEAL)
    with pytest.raises(InvalidError, match="needs its details"), unit_of_work():
        add_event(viewer_for(owner.id), record=acts.record_now(made), leaf=blind.leaf.data, details=None, salt=None)
    quiet = acts.signed(made, "licence", to_name="Firm", terms="None.", exclusive=False, until=None)
    with unit_of_work():
        event = add_event(
            viewer_for(owner.id), record=acts.record_now(made), leaf=quiet.leaf.data, details=None, salt=None
        )
    assert (event.details, event.salt) == (None, None)


def test_a_leaf_that_begins_a_record_or_is_none_is_no_event(database: Session) -> None:
    owner = person()
    made, other = make.record(owner), make.sealed(owner)
    for leaf in (other.leaf.data, b"{}", b"", other.leaf.data[:-1] + b" }"):
        with pytest.raises(InvalidError), unit_of_work():
            add_event(viewer_for(owner.id), record=acts.record_now(made), leaf=leaf, details=None, salt=None)


def test_an_invented_checkpoint_is_refused(database: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = person()
    made = make.record(owner)
    monkeypatch.setattr(acts, "after", lambda: (7, bytes(32)))
    with pytest.raises(ConflictError, match="no checkpoint"):
        acts.act(made, owner, "withdraw", reason="")


# The API


def test_a_program_adds_an_event_and_is_answered_with_a_proof(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    one = acts.signed(made, "reveal", **acts.REVEAL)
    path = f"/registrations/{made.number}/events"
    sent = Program(client, owner).post(path, one.body)
    assert sent.status_code == 201, sent.json
    assert sent.json["leaf_hash"] == one.leaf.hash
    assert sent.json["proof"].startswith("c2sp.org/tlog-proof@v1\nindex ")
    assert Program(client, owner).post(path, one.body).json["index"] == sent.json["index"]
    life = Program(client).get(path).json["items"]
    assert [(event["type"], event["index"]) for event in life] == [
        ("register", made.index),
        ("reveal", sent.json["index"]),
    ]
    assert life[1]["leaf"] == one.leaf.data.decode()
    assert life[1]["details"]["scope"] == "public"


def test_a_program_is_told_what_is_wrong(client: FlaskClient, database: Session) -> None:
    owner, other = person(), person()
    made = make.record(owner)
    path = f"/registrations/{made.number}/events"
    one = acts.signed(made, "withdraw", reason="")
    assert Program(client).post(path, one.body).status_code == 401
    assert Program(client, other).post(path, one.body).status_code == 403
    assert Program(client, owner).post(path, {**one.body, "salt": "0" * 64}).status_code == 422
    assert Program(client, owner).post(path, {**one.body, "extra": 1}).status_code == 422
    stale = acts.signed(made, "withdraw", reason="", prev="0" * 64)
    assert Program(client, owner).post(path, stale.body).status_code == 409
    assert Program(client, owner).post("/registrations/1999-1/events", one.body).status_code == 404
    assert Program(client, owner).post(path, one.body).status_code == 201


def test_a_program_erases_and_gets_the_certificate(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    path = f"/registrations/{made.number}/deposit"
    assert Program(client, person()).send("DELETE", path).status_code == 403
    erased = Program(client, owner).send("DELETE", path)
    assert erased.status_code == 200, erased.json
    assert (erased.json["leaf_hash"], erased.json["leaves"]) == (made.sealed.leaf.hash, [made.sealed.leaf.hash])
    assert Program(client, owner).send("DELETE", path).json == erased.json
    assert made.record.title not in erased.get_data(as_text=True)


def test_there_is_no_record_where_an_event_stands(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    event = acts.reveal(made, owner)
    label = made.number.split("-")[0]
    with pytest.raises(NotFoundError):
        record_view(Viewer(), f"{label}-{made.index + 1}")
    assert record_view(Viewer(), event.leaf_hash.hex()).number == made.number
    assert database.scalars(select(Record)).one().id == made.record.id
