"""Whatever is done to a record by whomever: its life is one chain, and everybody sees what they should."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from guildhall.app import create_app
from guildhall.settings import Settings
from ip_registry.actions import consents, disclosing, rekeying, transfers
from ip_registry.actions.erasing import erase
from ip_registry.checks.records import audiences_of_records, deposits_open_their_records, lives_of_records
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.openings import new_author
from ip_registry.models import Deposit, Record, RecordEvent, RecordParty
from ip_registry.policy import visible_records
from ip_registry.queries.records import record_view
from kernel.db import db, session
from kernel.errors import GuildhallError
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import PASSWORD, person

ON_LOG = ("reveal-file", "reveal-person", "reveal", "embargo", "assign", "accept", "licence", "dispute", "answer")
BESIDE = ("consent", "decline", "take-back", "end-showing", "key-rotate", "lost-key", "keep-key", "withdraw", "erase")
ENTITLED = -1  # whoever may do it, if anybody
whoever = st.sampled_from((ENTITLED, ENTITLED, ENTITLED, 0, 1, 2, 3))
deeds = st.lists(st.tuples(st.sampled_from(ON_LOG * 3 + BESIDE), whoever, st.integers(0, 3)), min_size=4, max_size=14)
_number = count(1)


class World:
    """A record, four people of whom the first owns it and the second is named as an author, and their keys."""

    def __init__(self) -> None:
        self.people: list[User] = [person() for _ in range(4)]
        author = self.people[1]
        self.made = make.record(
            self.people[0],
            others=[new_author(author.display_name, author.handle)],
            files={"a.txt": b"a", "b.txt": b"b"},
            title=f"zqlife{next(_number)}",
        )
        self.keys: list[OwnerKey] = [self.made.sealed.key]
        self.title = self.made.record.title
        named = RecordParty.record_id == self.made.record.id, RecordParty.position == 1
        self.id_commit = session().scalars(select(RecordParty.id_commit).where(*named)).one()

    def key(self) -> OwnerKey:
        """The key that signs for the record now."""
        record = acts.record_now(self.made)
        return next(key for key in self.keys if key.vkey == record.owner_key)

    def person(self, by: int, deed: str) -> User:
        """Who acts."""
        record = acts.record_now(self.made)
        if by == ENTITLED:
            entitled = {"accept": record.next_owner_id, "consent": self.people[1].id, "dispute": self.people[3].id}
            found = [one for one in self.people if one.id == entitled.get(deed, record.owner_id)]
            by = self.people.index(found[0]) if found else 0
        return self.people[by]

    def do(self, deed: str, by: User, other: User) -> None:
        """One deed; what is refused is no deed."""
        record, viewer = acts.record_now(self.made), viewer_for(by.id)
        fresh = OwnerKey.generate()
        self.keys.append(fresh)
        own: dict[str, Any] = {"key": self.key()}
        on_log: dict[str, tuple[str, dict[str, Any]]] = {
            "reveal": ("reveal", acts.REVEAL | own),
            "reveal-file": ("reveal", {"scope": "file", "paths": ["a.txt"], "to": None} | own),
            "reveal-person": ("reveal", {"scope": "person", "paths": None, "to": other.handle} | own),
            "embargo": ("embargo", {"until": "2040-01-01", "mode": "reveal"} | own),
            "licence": ("licence", {"to_name": "F", "terms": "T", "exclusive": False, "until": None} | own),
            "withdraw": ("withdraw", {"reason": ""} | own),
            "dispute": ("dispute", {"statement": "S", "own_record": None, "key": fresh}),
            "assign": ("assign", {"to": other.handle, "to_name": "N", "note": "", "next_key": fresh.vkey} | own),
            "key-rotate": ("key-rotate", {"reason": "", "next_key": fresh.vkey, "password": PASSWORD} | own),
            "lost-key": ("key-rotate", {"reason": "", "next_key": fresh.vkey, "password": PASSWORD, "key": fresh}),
        }
        if deed in on_log:
            kind, given_ = on_log[deed]
            acts.act(self.made, by, kind, **given_)
        elif deed == "accept":
            offered = next((key for key in self.keys if key.vkey == record.next_key), fresh)
            acts.act(self.made, by, "accept", key=offered, assign=self.last("assign"))
        elif deed == "answer":
            disputed = self.last("dispute")
            acts.act(self.made, by, "answer", dispute=disputed, statement="S", **own)
        elif deed == "consent":
            acts.act(self.made, by, "consent", key=fresh, author=1, id_commit=self.id_commit)
        else:
            self.beside(deed, viewer)

    def beside(self, deed: str, viewer: Viewer) -> None:
        """The deeds of which the log learns nothing."""
        record = acts.record_now(self.made)
        with unit_of_work():
            if deed == "decline":
                consents.decline(viewer, record=record, message="")
            elif deed == "take-back":
                transfers.take_back(viewer, record=record)
            elif deed == "keep-key":
                rekeying.stop_changing(viewer, record=record)
            elif deed == "erase":
                erase(viewer, record=record)
            elif deed == "end-showing":
                reader = session().scalars(select(RecordParty.id).where(RecordParty.role == "reader")).first()
                disclosing.end_showing(viewer, record=record, party_id=reader or 0)

    def last(self, kind: str) -> str:
        query = select(RecordEvent.leaf_hash).where(
            RecordEvent.record_id == self.made.record.id, RecordEvent.type == kind
        )
        found = session().scalars(query.order_by(RecordEvent.id.desc())).first()
        return (found or bytes(32)).hex()

    def holds(self) -> None:
        """What must be true at any time."""
        for check in (lives_of_records, audiences_of_records, deposits_open_their_records):
            assert check(mend=False) == []
        record = acts.record_now(self.made)
        for viewer in (Viewer(), *(viewer_for(one.id) for one in self.people)):
            view = record_view(viewer, self.made.number)
            query = select(Record.id).where(Record.id == record.id, visible_records(viewer))
            assert view.sight.sees_title == (session().scalar(query) is not None)
            assert view.sight.is_owner == (viewer.user_id == record.owner_id)
            assert (view.title == self.title) == (view.sight.sees_title and record.state != "erased")
            if not view.sight.sees_title:
                assert (view.state, view.owner, view.parties, view.disputes, view.may) == (
                    "sealed",
                    None,
                    [],
                    [],
                    frozenset(),
                )
            if record.state == "erased":
                assert view.opening is None
                assert all(event.details is None for event in view.events)
        if record.state == "erased":
            assert session().get(Deposit, record.id) is None
        keys = [row.key for row in record_view(Viewer(), self.made.number).chain if row.is_in_force]
        assert keys[-1] == record.owner_key


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site where commits are commits."""
    app = create_app(
        Settings(data=tmp_path_factory.mktemp("life"), rate_limits=False, log_requests=False, secret_key="k" * 40)
    )
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


@hypothesis_settings(
    max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(deeds)
def test_a_life_is_one_chain_and_everybody_sees_what_they_should(
    site: Flask, lived: list[tuple[str, int, int]]
) -> None:
    world = World()
    for deed, by, other in lived:
        try:
            if deed == "accept":
                world.do("assign", world.person(ENTITLED, "assign"), world.people[other])
            world.do(deed, world.person(by, deed), world.people[other])
        except GuildhallError:
            db.session.rollback()
    world.holds()
