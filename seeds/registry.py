"""The records of the demo town, sealed and acted upon as people do it, and the cards of its achievements.

Leaves are placed in several batches, so that the log has a history; when things happened is what our own clock would
have said, which proves nothing. The keys lie with the site, so that whoever tries the town can sign.
"""

import hashlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from accounts.viewers import viewer_for
from forum.models import Post, Thread
from ip_registry.achievement_cards import CardFacts
from ip_registry.achievement_text import read
from ip_registry.actions.achievements import keep_card
from ip_registry.actions.consents import decline
from ip_registry.actions.custody import act_in_custody, lock, newest_checkpoint
from ip_registry.actions.erasing import erase
from ip_registry.actions.registering import Given, register
from ip_registry.envelopes.manifests import FileRecord, Manifest, new_file_record
from ip_registry.envelopes.openings import new_author
from ip_registry.envelopes.sealing import Sealed, seal
from ip_registry.models import EventType, Record, RecordEvent, RecordParty
from ip_registry.sequencing import sequence
from kernel.db import session
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from seeds.offers import age_of, rows_of
from seeds.parsing import SeedError, SeedThread, duration

RECORDS = Path(__file__).resolve().parent / "records" / "records.toml"
IN_A_BATCH = 9
DECLINE, ERASE = "decline", "erase"
WHOLE = {"scope": "public", "paths": None, "to": None}
OWN_KEYS = ("key", "owner", "age", "title", "kind", "abstract", "terms", "files", "others", "embargo", "life")


@dataclass(frozen=True, slots=True)
class SeedDeed:
    """Something that happened to a record later; `facts` are the details of the event."""

    type: str
    age: timedelta
    by: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SeedRecord:
    """A record. `others` are co-authors: name, handle, share. One without a title left nothing but its leaf here."""

    key: str
    owner: str
    age: timedelta
    title: str
    kind: str
    abstract: str
    terms: str
    files: Sequence[str]
    others: Sequence[Sequence[str]]
    embargo: timedelta | None
    life: list[SeedDeed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SeedCard:
    """The card of the achievement in the thread file of that name; problem and method stand in its text."""

    thread: str
    record: str
    facts: Mapping[str, Any]


def read_records(people: Iterable[str], path: Path = RECORDS) -> list[SeedRecord]:
    """All records, the oldest first."""
    known = set(people)
    records = [_read_record(path, line, row, known) for line, row in rows_of(path, "record")]
    return sorted(records, key=lambda one: (-one.age, one.key))


def read_cards(threads: Iterable[SeedThread], path: Path = RECORDS) -> list[SeedCard]:
    """All cards."""
    names, cards = {thread.path.stem for thread in threads if thread.kind == "achievement"}, []
    for line, row in rows_of(path, "card"):
        if row["thread"] not in names:
            raise SeedError(path, line, f"there is no achievement {row['thread']}")
        cards.append(SeedCard(row.pop("thread"), row.pop("record", ""), row))
    return cards


def add_records(records: Sequence[SeedRecord], *, users: Mapping[str, int], moment: datetime) -> dict[str, int]:
    """Register all, and let everything happen to them; returns their ids. Each batch is a unit of work of its own."""
    ids: dict[str, int] = {}
    waiting = iter(records)
    while batch := list(islice(waiting, IN_A_BATCH)):
        with unit_of_work():
            for seed in batch:
                ids[seed.key] = _add_record(seed, users, moment)
        sequence()
    deeds = sorted(((deed.age, seed.key, deed) for seed in records for deed in seed.life), key=lambda one: -one[0])
    later = iter(deeds)
    while some := list(islice(later, IN_A_BATCH)):
        with unit_of_work():
            for _age, key, deed in some:
                _do(deed, ids[key], users, moment)
        sequence()
    return ids


def add_cards(cards: Iterable[SeedCard], threads: Iterable[SeedThread], *, records: Mapping[str, int]) -> None:
    """Give each achievement its card, in the order of the threads."""
    titles = {thread.path.stem: thread.title for thread in threads}
    by_title = {
        row.title: row
        for row in session().execute(
            select(Thread.id, Thread.title, Thread.author_id, Post.body)
            .join(Post, (Post.thread_id == Thread.id) & (Post.number == 1))
            .where(Thread.title.in_([titles[card.thread] for card in cards]))
        )
    }
    for card in sorted(cards, key=lambda one: by_title[titles[one.thread]].id):
        row = by_title[titles[card.thread]]
        parts = read(row.body)
        if parts is None:
            raise SeedError(RECORDS, 1, f"{card.thread} has no headings for problem and method")
        facts = {**card.facts, "cooperation": tuple(card.facts.get("cooperation", ()))}
        keep_card(
            viewer_for(row.author_id),
            thread_id=row.id,
            facts=CardFacts(problem=parts.problem, method=parts.method, **facts),
            record=session().get_one(Record, records[card.record]) if card.record else None,
        )


def _read_record(path: Path, line: int, row: dict[str, Any], people: set[str]) -> SeedRecord:
    unknown = set(row) - set(OWN_KEYS)
    life = [
        SeedDeed(deed.pop("type"), age_of(path, line, deed.pop("age")), deed.pop("by", row["owner"]), facts=deed)
        for deed in row.get("life", ())
    ]
    handles = {row["owner"], *(deed.by for deed in life), *(one[1] for one in row.get("others", ()) if one[1])}
    if unknown or handles - people:
        raise SeedError(path, line, f"unknown keys {sorted(unknown)}, unknown people {sorted(handles - people)}")
    return SeedRecord(
        key=row["key"],
        owner=row["owner"],
        age=age_of(path, line, row["age"]),
        title=row.get("title", ""),
        kind=row.get("kind", "other"),
        abstract=row.get("abstract", ""),
        terms=row.get("terms", ""),
        files=row.get("files", ["…"]),
        others=row.get("others", ()),
        embargo=duration(row["embargo"].removeprefix("+")) if "embargo" in row else None,
        life=life,
    )


def _add_record(seed: SeedRecord, users: Mapping[str, int], moment: datetime) -> int:
    owner = viewer_for(users[seed.owner])
    sealed, at = _sealed(seed, owner, moment), moment - seed.age
    given = Given(
        opening=sealed.opening_text,
        salt=sealed.salt.hex(),
        authors=[author.fields for author in sealed.authors],
        manifest=sealed.manifest.texts,
        custody=lock(sealed.key, current_app.config["SECRET_KEY"]),
    )
    record = register(owner, leaf=sealed.leaf.data, deposit=given if seed.title else None)
    record.created_at = at
    for model in (RecordEvent, RecordParty):
        _set(model, model.record_id == record.id, created_at=at)
    return record.id


def _sealed(seed: SeedRecord, owner: Viewer, moment: datetime) -> Sealed:
    others = [new_author(name, handle or None) for name, handle, _share in seed.others]
    return seal(
        Manifest(_file(seed.key, path) for path in seed.files),
        title=seed.title or "…",
        abstract=seed.abstract,
        kind=seed.kind,
        ip_terms=seed.terms,
        authors=[new_author(owner.display_name, owner.handle), *others],
        shares=[None, *(share or None for _name, _handle, share in seed.others)],
        embargo=(moment + seed.embargo).date().isoformat() if seed.embargo else None,
        after=newest_checkpoint(),
        now=moment - seed.age,
    )


def _file(key: str, path: str) -> FileRecord:
    """A file that nobody has; it looks like one in a record."""
    name = f"{key}/{path}".encode()
    size = random.Random(name).randrange(4_000, 6_000_000)  # noqa: S311 - an invented size
    return new_file_record(
        path=path, size=size, sha256=hashlib.sha256(name).hexdigest(), sha512=hashlib.sha512(name).hexdigest()
    )


def _do(deed: SeedDeed, record_id: int, users: Mapping[str, int], moment: datetime) -> None:
    viewer, record = viewer_for(users[deed.by]), session().get_one(Record, record_id)
    at = moment - deed.age
    if deed.type == ERASE:
        erase(viewer, record=record).erased_at = at
        return
    if deed.type == DECLINE:
        decline(viewer, record=record, message=deed.facts["message"]).decided_at = at
        return
    event = act_in_custody(
        viewer,
        record=record,
        type=deed.type,
        secret=current_app.config["SECRET_KEY"],
        **_details(deed, viewer, record),
    )
    event.created_at = at
    if deed.type == EventType.CONSENT:
        _set(RecordParty, RecordParty.record_id == record_id, RecordParty.user_id == viewer.me, decided_at=at)
    if record.disclosed_at is not None and deed.type == EventType.REVEAL:
        record.disclosed_at = at
    session().flush()


def _details(deed: SeedDeed, viewer: Viewer, record: Record) -> dict[str, Any]:
    """What the event says, with what only the database knows."""
    if deed.type == EventType.CONSENT:
        mine = RecordParty.record_id == record.id, RecordParty.user_id == viewer.me
        party = session().scalars(select(RecordParty).where(*mine)).one()
        return {"author": party.position, "id_commit": party.id_commit}
    if deed.type == EventType.REVEAL:
        return {**WHOLE, **deed.facts}
    if deed.type == EventType.ACCEPT:
        return {"assign": _last(record, EventType.ASSIGN)}
    if deed.type == EventType.ANSWER:
        return {"dispute": _last(record, EventType.DISPUTE), **deed.facts}
    defaults = {EventType.DISPUTE.value: {"own_record": None}, EventType.LICENCE.value: {"until": None}}
    return {**defaults.get(deed.type, {}), **deed.facts}


def _last(record: Record, kind: EventType) -> str:
    query = select(RecordEvent.leaf_hash).where(RecordEvent.record_id == record.id, RecordEvent.type == kind)
    return session().scalars(query.order_by(RecordEvent.id.desc())).all()[0].hex()


def _set(model: Any, *where: Any, **values: Any) -> None:
    session().flush()
    session().execute(update(model).where(*where).values(**values).execution_options(synchronize_session=False))
