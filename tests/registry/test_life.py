"""What happens to a record: who may do what, with which key, and what becomes of it."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry.actions import consents, disclosing, rekeying, transfers
from ip_registry.actions.erasing import erase
from ip_registry.actions.registering import register
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.openings import new_author
from ip_registry.models import Deposit, RecordParty
from ip_registry.queries.copies import comparable
from ip_registry.queries.records import record_files, record_view
from ip_registry.sequencing import sequenced
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import PASSWORD, person
from tests.registry.life import FILES, holds, named, told

__all__ = ["holds"]

pytestmark = pytest.mark.usefixtures("holds")


# Consents


def test_a_record_of_one_is_sealed_at_once(database: Session) -> None:
    owner = person()
    made = make.record(owner)
    assert made.record.state == "sealed"
    assert record_view(viewer_for(owner.id), made.number).consents == (1, 1)


def test_named_authors_are_asked_and_the_last_consent_seals(database: Session) -> None:
    owner, first, second = person(), person(), person()
    made = make.record(owner, others=[named(first), named(second)])
    assert made.record.state == "proposed"
    assert told(database, first) == ["record.consent-asked"]
    acts.consent(made, first)
    view = record_view(viewer_for(owner.id), made.number)
    assert (view.state, view.consents) == ("proposed", (2, 3))
    assert [party.is_confirmed for party in view.authors] == [True, True, False]
    acts.consent(made, second)
    assert record_view(viewer_for(owner.id), made.number).state == "sealed"
    assert told(database, owner) == ["record.consented", "record.all-consented"]


def test_a_consent_is_signed_with_a_key_of_ones_own(database: Session) -> None:
    owner, author = person(), person()
    made = make.record(owner, others=[named(author)])
    with pytest.raises(ForbiddenError, match="key of one's own"):
        acts.consent(made, author, key=made.sealed.key)
    key = OwnerKey.generate()
    acts.consent(made, author, key=key)
    assert record_view(viewer_for(owner.id), made.number).authors[1].key == key.vkey


def test_a_consent_with_another_key_than_the_opening_names_is_refused(database: Session) -> None:
    owner, author = person(), person()
    key = OwnerKey.generate()
    made = make.record(owner, others=[named(author)], author_keys=[None, key.vkey])
    with pytest.raises(ForbiddenError, match="another key"):
        acts.consent(made, author)
    acts.consent(made, author, key=key)


def test_nobody_consents_for_others(database: Session) -> None:
    owner, author, stranger = person(), person(), person()
    made = make.record(owner, others=[named(author), new_author("Somebody Without Account")])
    party = database.scalars(select(RecordParty).where(RecordParty.user_id == author.id)).one()
    consent = {"key": OwnerKey.generate(), "author": 1, "id_commit": party.id_commit}
    with pytest.raises(ForbiddenError, match="not named"):
        acts.act(made, stranger, "consent", **consent)
    with pytest.raises(ForbiddenError, match="not in this place"):
        acts.act(made, author, "consent", **{**consent, "author": 2})
    with pytest.raises(InvalidError):
        acts.act(made, author, "consent", **{**consent, "id_commit": "0" * 64})
    acts.consent(made, author)
    with pytest.raises(ConflictError, match="already"):
        acts.consent(made, author)


def test_who_declines_is_shown_as_unconfirmed_and_sees_no_more(database: Session) -> None:
    owner, author = person(), person()
    made = make.record(owner, others=[named(author)])
    with unit_of_work():
        consents.decline(viewer_for(author.id), record=acts.record_now(made), message="I had no part in it.")
    view = record_view(viewer_for(owner.id), made.number)
    assert (view.state, view.authors[1].state, view.authors[1].message) == (
        "proposed",
        "declined",
        "I had no part in it.",
    )
    assert record_view(viewer_for(author.id), made.number).is_sealed_to_me
    assert told(database, owner) == ["record.declined"]
    with pytest.raises(ConflictError, match="declined"):
        acts.consent(made, author)


# Disclosing


def test_a_disclosed_record_is_everybodys_and_stays_so(database: Session) -> None:
    owner, author = person(), person()
    made = make.record(owner, others=[named(author)])
    acts.reveal(made, owner)
    view = record_view(Viewer(), made.number)
    assert (view.state, view.title) == ("disclosed", made.record.title)
    assert view.disclosed_at is not None
    assert [event.type for event in view.events] == ["register", "reveal"]
    assert view.events[1].details == {"v": 1, "record": made.sealed.leaf.hash, **acts.REVEAL}
    assert told(database, author) == ["record.consent-asked", "record.disclosed"]
    with pytest.raises(ConflictError, match="public already"):
        acts.reveal(made, owner)


def test_one_file_of_a_folder_is_shown_with_its_proof_and_nothing_else(database: Session) -> None:
    owner = person()
    made = make.record(owner, files=FILES)
    acts.act(made, owner, "reveal", scope="file", paths=["a/two.txt"], to=None)
    view, files = record_view(Viewer(), made.number), record_files(Viewer(), made.record.id)
    assert (view.is_sealed_to_me, view.title, view.open_paths) == (True, "", ("a/two.txt",))
    assert files is not None
    assert [row.file.path for row in files.rows] == ["a/two.txt"]
    (shown,) = comparable(Viewer(), made.number).files
    assert shown.proof == made.sealed.manifest.proof_of("a/two.txt")
    whole = record_files(viewer_for(owner.id), made.record.id)
    assert whole is not None
    assert len(whole.rows) == len(FILES)


def test_a_file_that_is_not_in_the_record_cannot_be_shown(database: Session) -> None:
    owner = person()
    made = make.record(owner, files=FILES)
    with pytest.raises(InvalidError, match="no such file"):
        acts.act(made, owner, "reveal", scope="file", paths=["four.txt"], to=None)


def test_one_person_sees_what_they_were_shown(database: Session) -> None:
    owner, reader, other = person(), person(), person()
    made = make.record(owner, files=FILES)
    acts.act(made, owner, "reveal", scope="person", paths=["three.txt"], to=reader.handle)
    view, files = record_view(viewer_for(reader.id), made.number), record_files(viewer_for(reader.id), made.record.id)
    assert (view.sight.extent, view.title, view.opening) == ("files", made.record.title, None)
    assert files is not None
    assert [row.file.path for row in files.rows] == ["three.txt"]
    assert record_files(viewer_for(other.id), made.record.id) is None
    assert told(database, reader) == ["record.shown"]
    acts.act(made, owner, "reveal", scope="person", paths=None, to=reader.handle)
    whole = record_view(viewer_for(reader.id), made.number)
    assert whole.opening is not None
    assert whole.sight.sees_all
    with unit_of_work():
        party = next(one for one in record_view(viewer_for(owner.id), made.number).parties if one.role == "reader")
        disclosing.end_showing(viewer_for(owner.id), record=acts.record_now(made), party_id=party.id)
    assert record_view(viewer_for(reader.id), made.number).is_sealed_to_me


def test_nothing_can_be_shown_of_a_blind_record(database: Session) -> None:
    owner = person()
    made = make.record(owner, blind=True)
    for scope, to in (("public", None), ("person", person().handle)):
        with pytest.raises(ConflictError, match="not kept here"):
            acts.act(made, owner, "reveal", scope=scope, paths=None, to=to)


def test_what_was_blind_is_deposited_later_by_the_same_leaf(client: FlaskClient, database: Session) -> None:
    owner, author = person(), person()
    made = make.record(owner, blind=True, others=[named(author)])
    assert told(database, author) == []
    with pytest.raises(ConflictError, match="registered before"), unit_of_work():
        register(viewer_for(author.id), leaf=made.sealed.leaf.data, deposit=make.deposit(made.sealed))
    for _ in range(2):
        with unit_of_work():
            again = register(viewer_for(owner.id), leaf=made.sealed.leaf.data, deposit=make.deposit(made.sealed))
        assert again.id == made.record.id
    view = record_view(viewer_for(author.id), made.number)
    assert (view.state, view.consents, view.title) == ("proposed", (1, 2), again.title)
    assert told(database, author) == ["record.consent-asked"]
    acts.reveal(made, owner)
    assert record_view(Viewer(), made.number).opening is not None


def test_what_was_erased_is_not_deposited_again(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    with unit_of_work():
        erase(viewer_for(owner.id), record=acts.record_now(made))
    with unit_of_work():
        register(viewer_for(owner.id), leaf=made.sealed.leaf.data, deposit=make.deposit(made.sealed))
    assert database.scalars(select(Deposit)).all() == []
    assert acts.record_now(made).title == ""


def version_of(made: make.Made, owner: User) -> bytes:
    """The leaf of a next version, signed by the key of the record."""
    last = acts.record_now(made).last_hash.hex()
    return make.sealed(owner, key=made.sealed.key, parent=made.sealed.leaf.hash, prev=last).leaf.data


def test_a_withdrawn_record_has_no_next_version(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    acts.act(made, owner, "withdraw", reason="")
    with pytest.raises(ConflictError, match="withdrawn"), unit_of_work():
        register(viewer_for(owner.id), leaf=version_of(made, owner))


def test_versions_stand_in_one_line_and_the_older_record_lives_on(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    with unit_of_work():
        second = register(viewer_for(owner.id), leaf=version_of(made, owner))
    sequenced(second.leaf_hash)
    acts.act(made, owner, "licence", to_name="Firm", terms="None.", exclusive=False, until=None)
    for name in (made.number, second.leaf_hash.hex()):
        line = record_view(Viewer(), name).versions
        assert [row.leaf_hash for row in line] == [made.sealed.leaf.hash, second.leaf_hash.hex()]
        assert [row.title for row in line] == ["", ""]
    assert [row.title for row in record_view(viewer_for(owner.id), made.number).versions] == [made.record.title, ""]


# Changing hands


def test_a_record_changes_hands_when_the_next_owner_accepts(database: Session) -> None:
    owner, buyer = person(), person()
    made = make.record(owner)
    key = acts.assign(made, owner, buyer)
    assert record_view(viewer_for(owner.id), made.number).sight.is_owner
    assert record_view(viewer_for(buyer.id), made.number).may == {"accept", "refuse", "dispute"}
    acts.accept(made, buyer, key)
    record = acts.record_now(made)
    assert (record.owner_id, record.owner_key, record.next_key, record.audience) == (
        buyer.id,
        key.vkey,
        None,
        f"user:{buyer.id}",
    )
    view = record_view(viewer_for(buyer.id), made.number)
    assert [(row.how, row.person.id if row.person else None) for row in view.chain] == [
        ("register", owner.id),
        ("accept", buyer.id),
    ]
    assert record_view(viewer_for(owner.id), made.number).title == made.record.title
    assert (told(database, buyer), told(database, owner)) == (["record.assigned"], ["record.accepted"])
    with pytest.raises(ForbiddenError, match="Only the owner"):
        acts.reveal(made, owner)
    acts.act(made, buyer, "reveal", key=key, **acts.REVEAL)


def test_only_the_one_to_whom_it_was_assigned_accepts_and_with_the_named_key(database: Session) -> None:
    owner, buyer, thief = person(), person(), person()
    made = make.record(owner)
    key = acts.assign(made, owner, buyer)
    with pytest.raises(ForbiddenError, match="not assigned to you"):
        acts.accept(made, thief, key)
    with pytest.raises(ForbiddenError, match="key to which"):
        acts.accept(made, buyer, OwnerKey.generate())
    with pytest.raises(ConflictError, match="another assignment"):
        acts.act(made, buyer, "accept", key=key, assign="0" * 64)


def test_an_offer_is_taken_back_or_refused_and_can_come_again(database: Session) -> None:
    owner, buyer = person(), person()
    made = make.record(owner)
    key = acts.assign(made, owner, buyer)
    with pytest.raises(ConflictError, match="Take the offer back"):
        acts.assign(made, owner, person())
    with unit_of_work():
        transfers.take_back(viewer_for(owner.id), record=acts.record_now(made))
    with pytest.raises(ForbiddenError, match="not assigned to you"):
        acts.accept(made, buyer, key)
    acts.assign(made, owner, buyer)
    with unit_of_work():
        transfers.take_back(viewer_for(buyer.id), record=acts.record_now(made))
    assert told(database, owner) == ["record.offer-refused"]
    assert told(database, buyer) == []
    with pytest.raises(ForbiddenError), unit_of_work():
        transfers.take_back(viewer_for(person().id), record=acts.record_now(made))


@pytest.mark.parametrize("to", ["nobody-at-all", None])
def test_a_record_is_assigned_to_an_account(database: Session, to: str | None) -> None:
    owner = person()
    made = make.record(owner)
    with pytest.raises(InvalidError) as refusal:
        acts.act(made, owner, "assign", next_key=OwnerKey.generate().vkey, to=to, to_name="N", note="")
    assert "to" in refusal.value.errors


def test_a_licence_is_the_business_of_those_inside(database: Session) -> None:
    owner = person()
    made = make.record(owner)
    acts.act(made, owner, "licence", to_name="Firm", terms="Three per cent.", exclusive=True, until="2030-01-01")
    acts.reveal(made, owner)
    assert record_view(viewer_for(owner.id), made.number).events[1].details is not None
    seen = record_view(Viewer(), made.number).events[1]
    assert (seen.type, seen.details, seen.salt) == ("licence", None, None)


# Withdrawing, disputing


def test_a_withdrawn_record_leaves_everybodys_sight_and_nothing_more_is_added(database: Session) -> None:
    owner, author = person(), person()
    made = make.record(owner, others=[named(author)])
    acts.reveal(made, owner)
    acts.act(made, owner, "withdraw", reason="It does not work.")
    assert record_view(Viewer(), made.number).is_sealed_to_me
    assert record_view(viewer_for(author.id), made.number).state == "withdrawn"
    assert told(database, author)[-1] == "record.withdrawn"
    with pytest.raises(ConflictError, match="withdrawn"):
        acts.act(made, owner, "licence", to_name="Firm", terms="None.", exclusive=False, until=None)
    with pytest.raises(ConflictError, match="withdrawn"):
        acts.consent(made, author)


def test_a_dispute_and_its_answer_stand_side_by_side(database: Session) -> None:
    owner, challenger = person(), person()
    made, own = make.record(owner), make.record(challenger)
    acts.reveal(made, owner)
    statement = {"statement": "I showed this in March.", "own_record": own.sealed.leaf.hash}
    disputed = acts.act(made, challenger, "dispute", key=OwnerKey.generate(), **statement)
    assert record_view(Viewer(), made.number).is_disputed
    assert told(database, owner) == ["record.disputed"]
    with pytest.raises(ConflictError, match="not answered yet"):
        acts.act(made, challenger, "dispute", key=OwnerKey.generate(), statement="Again.", own_record=None)
    answer = {"dispute": disputed.leaf_hash.hex(), "statement": "Mine is older."}
    acts.act(made, owner, "answer", **answer)
    assert told(database, challenger) == ["record.answered"]
    (row,) = record_view(Viewer(), made.number).disputes
    assert (row.dispute.details or {})["statement"] == "I showed this in March."
    assert row.answer is not None
    assert (row.answer.details or {})["statement"] == "Mine is older."
    with pytest.raises(ConflictError, match="answered already"):
        acts.act(made, owner, "answer", **answer)
    assert acts.record_now(made).state == "disclosed"


def test_what_one_does_not_see_one_does_not_dispute(database: Session) -> None:
    owner, challenger = person(), person()
    made = make.record(owner)
    fact = {"statement": "Mine.", "own_record": None}
    with pytest.raises(ForbiddenError, match="those who see"):
        acts.act(made, challenger, "dispute", key=OwnerKey.generate(), **fact)
    with pytest.raises(ForbiddenError, match="of your own"):
        acts.act(made, owner, "dispute", key=OwnerKey.generate(), **fact)
    acts.reveal(made, owner)
    with pytest.raises(InvalidError, match="no such record of yours"):
        acts.act(made, challenger, "dispute", key=OwnerKey.generate(), statement="Mine.", own_record="0" * 64)
    with pytest.raises(ForbiddenError, match="not with the owner's"):
        acts.act(made, challenger, "dispute", **fact)


def test_only_a_dispute_of_this_record_is_answered(database: Session) -> None:
    owner = person()
    made = make.record(owner)
    with pytest.raises(InvalidError, match="no such dispute"):
        acts.act(made, owner, "answer", dispute="0" * 64, statement="What?")


# Keys


def test_the_present_key_names_the_next_one_at_once(database: Session) -> None:
    owner = person()
    made = make.record(owner)
    key = OwnerKey.generate()
    with pytest.raises(InvalidError, match="password"):
        acts.act(made, owner, "key-rotate", next_key=key.vkey, reason="")
    acts.act(made, owner, "key-rotate", next_key=key.vkey, reason="New laptop.", password=PASSWORD)
    assert acts.record_now(made).owner_key == key.vkey
    with pytest.raises(ForbiddenError, match="key of the record"):
        acts.reveal(made, owner)
    acts.act(made, owner, "reveal", key=key, **acts.REVEAL)
    assert [(row.how, row.is_in_force) for row in record_view(Viewer(), made.number).chain] == [
        ("register", True),
        ("key-rotate", True),
    ]


def lost_key(made: make.Made, owner: User) -> OwnerKey:
    key = OwnerKey.generate()
    acts.act(made, owner, "key-rotate", key=key, next_key=key.vkey, reason="Lost.", password=PASSWORD)
    return key


def test_a_lost_key_is_replaced_after_a_week(database: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = person()
    made = make.record(owner)
    key = lost_key(made, owner)
    assert told(database, owner) == ["record.key-changing"]
    assert record_view(Viewer(), made.number).chain[1].is_in_force is False
    with pytest.raises(ForbiddenError, match="key of the record"):
        acts.act(made, owner, "reveal", key=key, **acts.REVEAL)
    later = now() + rekeying.DELAY + timedelta(minutes=1)
    monkeypatch.setattr(rekeying, "now", lambda: later)
    with unit_of_work():
        assert rekeying.settle_all() == 1
    assert acts.record_now(made).owner_key == key.vkey
    acts.act(made, owner, "reveal", key=key, **acts.REVEAL)


def test_whatever_the_present_key_signs_in_that_week_ends_the_change(database: Session) -> None:
    owner = person()
    made = make.record(owner)
    lost_key(made, owner)
    acts.act(made, owner, "licence", to_name="Firm", terms="None.", exclusive=False, until=None)
    record = acts.record_now(made)
    assert (record.owner_key, record.next_key) == (made.sealed.key.vkey, None)
    lost_key(made, owner)
    with unit_of_work():
        register(viewer_for(owner.id), leaf=version_of(made, owner))
    assert acts.record_now(made).next_key is None
    lost_key(made, owner)
    with unit_of_work():
        rekeying.stop_changing(viewer_for(owner.id), record=acts.record_now(made))
    assert acts.record_now(made).next_key is None


def test_a_key_that_nobody_named_names_no_key(database: Session) -> None:
    owner = person()
    made = make.record(owner)
    with pytest.raises(ForbiddenError, match="by itself"):
        acts.act(
            made,
            owner,
            "key-rotate",
            key=OwnerKey.generate(),
            next_key=OwnerKey.generate().vkey,
            reason="",
            password=PASSWORD,
        )
    with pytest.raises(InvalidError, match="the old one"):
        acts.act(made, owner, "key-rotate", next_key=made.sealed.key.vkey, reason="", password=PASSWORD)
