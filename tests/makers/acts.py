"""Events of records, signed as their owners sign them: outside the site, then sent."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry.actions.events import add_event
from ip_registry.envelopes.details import make_details
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.leaves import Leaf, make_leaf
from ip_registry.envelopes.openings import commitment, new_salt
from ip_registry.models import Record, RecordEvent, RecordParty
from ip_registry.sequencing import sequenced
from kernel.db import session
from kernel.work import unit_of_work
from tests.makers.registry import Made, after

REVEAL = {"scope": "public", "paths": None, "to": None}


@dataclass(frozen=True)
class Signed:
    """An event as its signer sends it."""

    leaf: Leaf
    details: str
    salt: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The same for the API."""
        return {"leaf": self.leaf.data.decode(), "details": self.details, "salt": self.salt.hex()}


def record_now(made: Made) -> Record:
    """The record as the database has it."""
    return (
        session()
        .scalars(select(Record).where(Record.id == made.record.id).execution_options(populate_existing=True))
        .one()
    )


def signed(
    made: Made,
    kind: str,
    *,
    key: OwnerKey | None = None,
    prev: str | None = None,
    next_key: str | None = None,
    **details: Any,
) -> Signed:
    """An event that fits the record as it is now, unless the test says otherwise."""
    text = make_details(kind, record=details.pop("record", made.sealed.leaf.hash), **details)
    salt = new_salt()
    leaf = make_leaf(
        key=key or made.sealed.key,
        type=kind,
        c=commitment(salt, text),
        after=after(),
        prev=prev or record_now(made).last_hash.hex(),
        next_key=next_key,
    )
    return Signed(leaf, text, salt)


def send(made: Made, by: User, one: Signed, *, password: str | None = None) -> RecordEvent:
    """Send it to the site, and wait until it has its place."""
    with unit_of_work():
        event = add_event(
            viewer_for(by.id),
            record=record_now(made),
            leaf=one.leaf.data,
            details=one.details,
            salt=one.salt,
            password=password,
        )
    sequenced(event.leaf_hash)
    return event


def act(made: Made, by: User, kind: str, *, password: str | None = None, **given: Any) -> RecordEvent:
    """Sign and send."""
    return send(made, by, signed(made, kind, **given), password=password)


def reveal(made: Made, by: User) -> RecordEvent:
    """Disclose all of it to everybody."""
    return act(made, by, "reveal", **REVEAL)


def consent(made: Made, by: User, *, key: OwnerKey | None = None) -> RecordEvent:
    """Consent as the named author that this person is."""
    party = (
        session()
        .scalars(select(RecordParty).where(RecordParty.record_id == made.record.id, RecordParty.user_id == by.id))
        .first()
    )
    assert party is not None
    key = key or OwnerKey.generate()
    return act(made, by, "consent", key=key, author=party.position, id_commit=party.id_commit)


def assign(made: Made, by: User, to: User) -> OwnerKey:
    """Offer it to somebody, whose new key comes back."""
    key = OwnerKey.generate()
    act(made, by, "assign", next_key=key.vkey, to=to.handle, to_name=to.display_name, note="As agreed.")
    return key


def accept(made: Made, by: User, key: OwnerKey) -> RecordEvent:
    """Take over what was offered last."""
    offered = (
        session()
        .scalars(
            select(RecordEvent.leaf_hash)
            .where(RecordEvent.record_id == made.record.id, RecordEvent.type == "assign")
            .order_by(RecordEvent.id.desc())
        )
        .first()
    )
    assert offered is not None
    return act(made, by, "accept", key=key, assign=offered.hex())
