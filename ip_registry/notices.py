"""Who is told of what around records, and how it reads."""

from collections.abc import Iterable

from sqlalchemy import select

from activity.actions import notify, take_back_notices
from activity.models import Notice
from activity.sentences import sentence_for
from ip_registry.events import (
    ConsentDeclined,
    ConsentGiven,
    DisputeAnswered,
    EmbargoEnded,
    KeyChanged,
    KeyChanging,
    OfferEnded,
    RecordAssigned,
    RecordChangedHands,
    RecordDisclosed,
    RecordDisputed,
    RecordsDeposited,
    RecordShown,
    RecordsRegistered,
    RecordWithdrawn,
)
from ip_registry.kinds import EVENT, PARTY, RECORD
from ip_registry.models import PartyRole, PartyState, Record, RecordParty, RecordState
from kernel.db import session
from kernel.events import subscribe
from kernel.refs import Ref
from kernel.viewer import PUBLIC
from kernel.words import gettext as _

MINE, AUTHOR, SHOWN, OFFERED = "my-record", "named-author", "shown-record", "assigned-record"


def tell(
    user_id: int, event: str, *, record_id: int, actor_id: int | None, reason: str = MINE, ref: Ref | None = None
) -> None:
    """Tell one person something that is for nobody else. What comes a second time is told a second time."""
    place = Ref(RECORD, record_id)
    about = ref or place
    take_back_notices(about, event=event)
    notify({user_id: reason}, event=event, actor_id=actor_id, ref=about, place=place, audience=f"user:{user_id}")


@subscribe(RecordsRegistered, RecordsDeposited)
def ask_for_consent(event: RecordsRegistered | RecordsDeposited) -> None:
    """Named authors with an account are asked whether it is theirs."""
    if not event.opened_ids:
        return
    named = session().execute(
        select(RecordParty.id, RecordParty.record_id, RecordParty.user_id)
        .join(Record, Record.id == RecordParty.record_id)
        .where(
            Record.id.in_(event.opened_ids),
            Record.state == RecordState.PROPOSED,
            RecordParty.role == PartyRole.AUTHOR,
            RecordParty.state == PartyState.NAMED,
            RecordParty.user_id.is_not(None),
        )
        .order_by(RecordParty.id)
    )
    for row in named:
        about = Ref(PARTY, row.id)
        tell(
            row.user_id,
            "record.consent-asked",
            record_id=row.record_id,
            actor_id=event.actor_id,
            reason=AUTHOR,
            ref=about,
        )


@subscribe(ConsentGiven, ConsentDeclined)
def tell_of_consent(event: ConsentGiven | ConsentDeclined) -> None:
    """The owner hears what a named author said."""
    record, party = session().get_one(Record, event.record_id), session().get_one(RecordParty, event.party_id)
    said = "record.declined" if isinstance(event, ConsentDeclined) else "record.consented"
    if isinstance(event, ConsentGiven) and event.is_last:
        said = "record.all-consented"
    tell(record.owner_id, said, record_id=record.id, actor_id=party.user_id, ref=Ref(PARTY, party.id))


@subscribe(RecordShown)
def tell_shown(event: RecordShown) -> None:
    """Somebody may see a record now."""
    record, party = session().get_one(Record, event.record_id), session().get_one(RecordParty, event.party_id)
    if party.user_id is not None:
        about = Ref(PARTY, party.id)
        tell(party.user_id, "record.shown", record_id=record.id, actor_id=record.owner_id, reason=SHOWN, ref=about)


@subscribe(RecordAssigned)
def tell_assigned(event: RecordAssigned) -> None:
    """Somebody is to accept a record."""
    record = session().get_one(Record, event.record_id)
    tell(event.to_id, "record.assigned", record_id=record.id, actor_id=record.owner_id, reason=OFFERED)


@subscribe(OfferEnded)
def tell_of_offer(event: OfferEnded) -> None:
    """The other side of an offer that came to nothing."""
    record = session().get_one(Record, event.record_id)
    take_back_notices(Ref(RECORD, record.id), event="record.assigned")
    if event.actor_id == event.to_id:
        tell(record.owner_id, "record.offer-refused", record_id=record.id, actor_id=event.actor_id)


@subscribe(RecordChangedHands)
def tell_of_new_owner(event: RecordChangedHands) -> None:
    """The owner before, and the authors."""
    record = session().get_one(Record, event.record_id)
    tell(event.from_id, "record.accepted", record_id=record.id, actor_id=record.owner_id)
    _tell_authors(record, "record.changed-hands", actor_id=record.owner_id, but=(event.from_id, record.owner_id))


@subscribe(RecordDisclosed)
def tell_disclosed(event: RecordDisclosed) -> None:
    """Its authors, whoever it was shown to, and whoever watches its owner."""
    record, place = session().get_one(Record, event.record_id), Ref(RECORD, event.record_id)
    reasons = {party.user_id: SHOWN for party in _parties(record.id) if party.user_id is not None}
    reasons.update(dict.fromkeys(_authors(record.id), AUTHOR))
    notify(
        reasons,
        event="record.disclosed",
        actor_id=record.owner_id,
        ref=place,
        place=place,
        audience=PUBLIC,
        watched=[Ref("accounts.user", record.owner_id)],
    )


@subscribe(RecordWithdrawn)
def tell_withdrawn(event: RecordWithdrawn) -> None:
    """Its authors."""
    record = session().get_one(Record, event.record_id)
    _tell_authors(record, "record.withdrawn", actor_id=record.owner_id, but=(record.owner_id,))


@subscribe(RecordDisputed)
def tell_disputed(event: RecordDisputed) -> None:
    """Its owner, who can answer."""
    record, about = session().get_one(Record, event.record_id), Ref(EVENT, event.event_id)
    tell(record.owner_id, "record.disputed", record_id=record.id, actor_id=event.actor_id, ref=about)


@subscribe(DisputeAnswered)
def tell_answered(event: DisputeAnswered) -> None:
    """Whoever disputed it."""
    record, about = session().get_one(Record, event.record_id), Ref(EVENT, event.event_id)
    if event.challenger_id is not None:
        reason = "my-dispute"
        tell(
            event.challenger_id,
            "record.answered",
            record_id=record.id,
            actor_id=record.owner_id,
            reason=reason,
            ref=about,
        )


@subscribe(EmbargoEnded)
def tell_of_embargo(event: EmbargoEnded) -> None:
    """What the calendar did, its owner hears."""
    record = session().get_one(Record, event.record_id)
    said = "record.published" if event.is_published else "record.embargo-ended"
    tell(record.owner_id, said, record_id=record.id, actor_id=None)


@subscribe(KeyChanging, KeyChanged)
def tell_of_key(event: KeyChanging | KeyChanged) -> None:
    """What somebody did who had the owner's password, the owner hears."""
    record = session().get_one(Record, event.record_id)
    said = "record.key-changing" if isinstance(event, KeyChanging) else "record.key-changed"
    tell(record.owner_id, said, record_id=record.id, actor_id=None)


def _tell_authors(record: Record, event: str, *, actor_id: int, but: Iterable[int]) -> None:
    for user_id in sorted(set(_authors(record.id)) - set(but)):
        place = Ref(RECORD, record.id)
        notify({user_id: AUTHOR}, event=event, actor_id=actor_id, ref=place, place=place, audience=f"user:{user_id}")


def _authors(record_id: int) -> list[int]:
    """The authors with an account who did not decline."""
    return [
        party.user_id for party in _parties(record_id) if party.role == PartyRole.AUTHOR and party.user_id is not None
    ]


def _parties(record_id: int) -> list[RecordParty]:
    gone = (PartyState.DECLINED, PartyState.REVOKED)
    query = select(RecordParty).where(RecordParty.record_id == record_id, RecordParty.state.not_in(gone))
    return list(session().scalars(query.order_by(RecordParty.id)))


@sentence_for("record.consent-asked")
def _asked(_notice: Notice, name: str) -> str:
    return _("%(name)s names you as an author and asks for your consent", name=name)


@sentence_for("record.consented")
def _consented(_notice: Notice, name: str) -> str:
    return _("%(name)s consented to the registration", name=name)


@sentence_for("record.all-consented")
def _all_consented(_notice: Notice, name: str) -> str:
    return _("%(name)s consented, and with that every named author has", name=name)


@sentence_for("record.declined")
def _declined(_notice: Notice, name: str) -> str:
    return _("%(name)s declined to be named as an author", name=name)


@sentence_for("record.shown")
def _shown(_notice: Notice, name: str) -> str:
    return _("%(name)s shows you a record", name=name)


@sentence_for("record.assigned")
def _assigned(_notice: Notice, name: str) -> str:
    return _("%(name)s assigns a record to you; it is yours once you accept", name=name)


@sentence_for("record.offer-refused")
def _refused(_notice: Notice, name: str) -> str:
    return _("%(name)s does not take over the record", name=name)


@sentence_for("record.accepted")
def _accepted(_notice: Notice, name: str) -> str:
    return _("%(name)s accepted the record that you assigned", name=name)


@sentence_for("record.changed-hands")
def _changed_hands(_notice: Notice, name: str) -> str:
    return _("The record belongs to %(name)s now", name=name)


@sentence_for("record.disclosed")
def _disclosed(_notice: Notice, name: str) -> str:
    return _("%(name)s disclosed a record", name=name)


@sentence_for("record.published")
def _published(_notice: Notice, _name: str) -> str:
    return _("The embargo ended, and your record was published as you arranged")


@sentence_for("record.withdrawn")
def _withdrawn(_notice: Notice, name: str) -> str:
    return _("%(name)s withdrew the record", name=name)


@sentence_for("record.disputed")
def _disputed(_notice: Notice, name: str) -> str:
    return _("%(name)s disputes your record; you can answer", name=name)


@sentence_for("record.answered")
def _answered(_notice: Notice, name: str) -> str:
    return _("%(name)s answered your dispute", name=name)


@sentence_for("record.embargo-ended")
def _embargo_ended(_notice: Notice, _name: str) -> str:
    return _("The embargo of your record ended; nothing was published")


@sentence_for("record.key-changing")
def _key_changing(_notice: Notice, _name: str) -> str:
    return _("A new key takes over your record in seven days; if that was not you, stop it now")


@sentence_for("record.key-changed")
def _key_changed(_notice: Notice, _name: str) -> str:
    return _("A new key signs for your record now")
