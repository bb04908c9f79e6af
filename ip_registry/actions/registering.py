"""Registering: a leaf is checked, accepted and remembered, with whatever its owner wants to leave here beside it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.exc import IntegrityError

from accounts.models import User
from ip_registry.actions.acting import must_stand
from ip_registry.actions.asking import may_ask
from ip_registry.actions.pending import let_wait
from ip_registry.actions.rekeying import settle
from ip_registry.deposits import check_room, size_of
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.leaves import EMPTY_ROOT, FIRST, Leaf, parse_leaf
from ip_registry.envelopes.manifests import Manifest
from ip_registry.envelopes.openings import Author, Opening, commitment, id_commit, parse_author, parse_opening
from ip_registry.events import RecordsDeposited, RecordsRegistered
from ip_registry.models import (
    Deposit,
    EventType,
    LedgerCheckpoint,
    PartyRole,
    PartyState,
    Record,
    RecordEvent,
    RecordParty,
    RecordState,
)
from ip_registry.policy import RegistryRight
from ip_registry.record_loading import hold_record
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.events import emit
from kernel.i18n import guess_lang
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

IN_A_STATEMENT = 1_000
_record_table = cast("Table", Record.__table__)
_event_table = cast("Table", RecordEvent.__table__)
INSERT_RECORDS = insert(_record_table).returning(_record_table.c.id, sort_by_parameter_order=True)
INSERT_EVENTS = insert(_event_table)
LetIn = Callable[[Sequence[Leaf]], tuple[int, set[str]]]  # the log's id, and the hashes of those that were new
SALT = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """What opens a record, as its owner deposits it: exact texts. `custody` is an encrypted key of theirs."""

    opening: str
    salt: str
    authors: Sequence[Any] | None = None
    manifest: Sequence[str] | None = None
    custody: bytes | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """A registration that is right in itself; whether it fits what is here, `register_checked` finds out."""

    leaf: Leaf
    given: Given | None
    opening: Opening | None
    authors: tuple[Author, ...]

    @property
    def leaf_hash(self) -> bytes:
        """By what its record and its place in the log are found."""
        return bytes.fromhex(self.leaf.hash)


def register(viewer: Viewer, *, leaf: bytes, deposit: Given | None = None) -> Record:
    """One registration; see `register_all`."""
    return register_all(viewer, [(leaf, deposit)])[0]


def register_all(viewer: Viewer, sent: Sequence[tuple[bytes, Given | None]]) -> list[Record]:
    """Accept registrations, all or none. Sent again by the same person, a leaf answers the record that it made first.

    What was blind is so no more when its leaf is sent again with what opens it.
    Raises `InvalidError` for what is not a registration, `ConflictError` for a commitment that somebody registered
    before, an old record that moved on, or a checkpoint that is not ours.
    """
    checked = [check(leaf, given) for leaf, given in sent]
    register_checked(viewer, checked)
    records = _records_of([one.leaf_hash for one in checked])
    return [records[one.leaf_hash] for one in checked]


def register_checked(viewer: Viewer, checked: Sequence[Checked], *, let_in: LetIn = let_wait) -> None:
    """The same for what was checked before the database was asked anything, and for whoever needs no records.

    `let_in` lets new leaves into the log; whoever sends the same at the same time waits there.
    """
    authorise(viewer, RegistryRight.REGISTER)
    if len({one.leaf.c for one in checked}) < len({one.leaf.hash for one in checked}):
        raise ConflictError(_("Two of these registrations have the same commitment."))
    log_id, new = let_in([one.leaf for one in checked])
    known = _known(viewer, [one.leaf for one in checked if one.leaf.hash not in new])
    fresh = list({one.leaf.hash: one for one in checked if one.leaf.hash not in known}.values())
    must_be_ours(log_id, [one.leaf for one in fresh])
    may_ask(viewer, _handles(fresh))
    check_room(viewer, [one.given for one in fresh if one.given is not None])
    people = _people(viewer, fresh)
    ids = _insert(viewer, log_id, fresh)
    for one, record_id in zip(fresh, ids, strict=True):
        _keep(viewer, one, record_id, people)
    _deposit_later(viewer, [(known[one.leaf.hash], one) for one in checked if one.leaf.hash in known])
    if ids:
        opened = tuple(record_id for one, record_id in zip(fresh, ids, strict=True) if one.given is not None)
        emit(RecordsRegistered(actor_id=viewer.me, record_ids=tuple(ids), opened_ids=opened))


def _insert(viewer: Viewer, log_id: int, fresh: Sequence[Checked]) -> list[int]:
    """The records of new leaves, each with its first event; returns their ids in the order of the leaves.

    That a commitment is registered once is what the database itself sees to.
    """
    if not fresh:
        return []
    here = session().connection()
    try:
        ids = list(here.scalars(INSERT_RECORDS, [_record(viewer, log_id, one) for one in fresh]))
    except IntegrityError:
        raise ConflictError(_("This commitment was registered before.")) from None
    events = [
        {"record_id": record_id, "type": one.leaf.type, "leaf_hash": one.leaf_hash, "actor_id": viewer.me}
        for one, record_id in zip(fresh, ids, strict=True)
    ]
    here.execute(INSERT_EVENTS, events)
    return ids


def _records_of(leaf_hashes: Sequence[bytes]) -> dict[bytes, Record]:
    found: dict[bytes, Record] = {}
    for at in range(0, len(leaf_hashes), IN_A_STATEMENT):
        some = select(Record).where(Record.leaf_hash.in_(leaf_hashes[at : at + IN_A_STATEMENT]))
        found.update({record.leaf_hash: record for record in session().scalars(some)})
    return found


def _deposit_later(viewer: Viewer, again: Sequence[tuple[Record, Checked]]) -> None:
    """Keep what opens records that lived blind so far. What was erased stays erased, what changed hands as it is."""
    wanted = {
        record.id: one
        for record, one in again
        if one.given is not None and record.state == RecordState.SEALED and record.owner_key == one.leaf.k
    }
    kept: set[int] = set()
    for at in range(0, len(wanted), IN_A_STATEMENT):
        some = list(wanted)[at : at + IN_A_STATEMENT]
        kept |= set(session().scalars(select(Deposit.record_id).where(Deposit.record_id.in_(some))))
    held = [hold_record(number) for number in sorted(set(wanted) - kept)]
    added = [record.id for record in held if record.state == RecordState.SEALED]
    may_ask(viewer, _handles([wanted[number] for number in added]))
    check_room(viewer, [given for number in added if (given := wanted[number].given) is not None])
    people = _people(viewer, [wanted[number] for number in added]) if added else {}
    for record in held:
        if record.id in added:
            _open(viewer, wanted[record.id], record, people)
    session().flush()
    if added:
        emit(RecordsDeposited(actor_id=viewer.me, opened_ids=tuple(added)))


def _open(viewer: Viewer, one: Checked, record: Record, people: dict[str, int]) -> None:
    """A blind record says what it is. A day that an event set since then stays."""
    parent = session().get(Record, record.parent_id) if record.parent_id is not None else None
    if parent is not None:
        _must_name(parent, one)
    until = record.embargo_until
    for name, value in _said(viewer, one).items():
        setattr(record, name, value)
    record.embargo_until = until or record.embargo_until
    _keep(viewer, one, record.id, people)


def must_be_ours(log_id: int, leaves: Sequence[Leaf]) -> None:
    """Every `after` is a checkpoint that this log signed: it says how young the leaf is, so nobody may invent one."""
    sizes = sorted({leaf.after_size for leaf in leaves if leaf.after_size})
    roots: dict[int, bytes] = {0: EMPTY_ROOT}
    for at in range(0, len(sizes), IN_A_STATEMENT):
        rows = session().execute(
            select(LedgerCheckpoint.size, LedgerCheckpoint.root).where(
                LedgerCheckpoint.log_id == log_id, LedgerCheckpoint.size.in_(sizes[at : at + IN_A_STATEMENT])
            )
        )
        roots.update({row.size: row.root for row in rows})
    if any(roots.get(leaf.after_size) != leaf.after_root for leaf in leaves):
        raise ConflictError(_("“after” names no checkpoint of this log. Fetch /ledger/checkpoint and sign anew."))


def refusal_of(error: EnvelopeError, field: str) -> InvalidError:
    """What is wrong with an envelope, in the reader's language."""
    sentence = _(error.sentence) % error.values if error.values else _(error.sentence)
    return InvalidError(sentence, errors={field: sentence})


def check(data: bytes, given: Given | None) -> Checked:
    """Check all that needs no database: signature, form, and whether what is deposited opens the leaf.

    It may take seconds for a large manifest or ten thousand leaves, in which nobody should hold a lock.
    """
    try:
        leaf = parse_leaf(data)
    except EnvelopeError as error:
        raise refusal_of(error, "leaf") from None
    if leaf.type not in FIRST:
        raise InvalidError(
            _("This leaf does not begin a record."), errors={"leaf": _("Its type must be register or version.")}
        )
    if given is None:
        return Checked(leaf, None, None, ())
    try:
        opening = parse_opening(given.opening)
        _must_open(leaf, given, opening)
        authors = tuple(parse_author(one) for one in given.authors or ())
        if given.manifest is not None and Manifest.parse(list(given.manifest)).root != opening.manifest_root:
            raise InvalidError(
                _("The opening does not belong to the manifest."), errors={"opening": _("Its manifest_root differs.")}
            )
    except EnvelopeError as error:
        raise refusal_of(error, "opening") from None
    if given.authors is not None and [id_commit(one) for one in authors] != [one.id_commit for one in opening.authors]:
        raise InvalidError(
            _("The opening does not belong to these authors."), errors={"opening": _("An id_commit differs.")}
        )
    handles = [one.handle for one in authors if one.handle]
    if len(set(handles)) < len(handles):
        raise InvalidError(
            _("The authors are not right."), errors={"authors": _("An account is named twice among them.")}
        )
    return Checked(leaf, given, opening, authors)


def _must_open(leaf: Leaf, given: Given, opening: Opening) -> None:
    if not SALT.fullmatch(given.salt):
        raise InvalidError(_("The salt is not readable."), errors={"salt": _("64 hexadecimal digits.")})
    if commitment(bytes.fromhex(given.salt), given.opening) != leaf.c:
        raise InvalidError(
            _("The opening does not belong to the leaf."), errors={"opening": _("Its commitment differs from “c”.")}
        )
    if opening.owner_key != leaf.k:
        raise InvalidError(
            _("The opening names another owner."), errors={"opening": _("Its owner_key differs from “k”.")}
        )
    if (opening.parent is None) != (leaf.type == EventType.REGISTER):
        raise InvalidError(
            _("Only a version has a parent."), errors={"opening": _("A version names its parent, a register none.")}
        )


def _known(viewer: Viewer, leaves: Sequence[Leaf]) -> dict[str, Record]:
    """The records that these leaves made before. A commitment can be registered once, whoever signs it."""
    found: dict[str, Record] = {}
    for at in range(0, len(leaves), IN_A_STATEMENT):
        some = leaves[at : at + IN_A_STATEMENT]
        rows = session().scalars(select(Record).where(Record.commitment.in_([bytes.fromhex(leaf.c) for leaf in some])))
        by_commitment = {row.commitment.hex(): row for row in rows}
        for leaf in some:
            row = by_commitment.get(leaf.c)
            if row is None:
                continue
            if row.leaf_hash.hex() != leaf.hash or row.owner_id != viewer.user_id:
                raise ConflictError(_("This commitment was registered before."))
            found[leaf.hash] = row
    return found


def _handles(some: Sequence[Checked]) -> list[str]:
    """The accounts that are named as authors, as often as they are named."""
    return [author.handle for one in some for author in one.authors if author.handle]


def _people(viewer: Viewer, fresh: Sequence[Checked]) -> dict[str, int]:
    """The accounts of authors who were named with a handle; nobody is named by one that does not exist."""
    handles = {author.handle for one in fresh for author in one.authors if author.handle}
    if handles <= {viewer.handle}:
        return {viewer.handle: viewer.me}
    rows = session().execute(select(User.handle, User.id).where(User.handle.in_(sorted(handles))))
    people = {row.handle: row.id for row in rows}
    for handle in sorted(handles - people.keys()):
        said = _(
            "Nobody here is called @%(handle)s. Correct it, or name this author without an account.", handle=handle
        )
        raise InvalidError(said, errors={"authors": said})
    return people


def _record(viewer: Viewer, log_id: int, one: Checked) -> dict[str, Any]:
    return {
        "log_id": log_id,
        "leaf_hash": one.leaf_hash,
        "commitment": bytes.fromhex(one.leaf.c),
        "owner_id": viewer.me,
        "owner_key": one.leaf.k,
        "last_hash": one.leaf_hash,
        "parent_id": _parent(viewer, one),
        "audience": f"user:{viewer.me}",
        "after_size": one.leaf.after_size,
        **_said(viewer, one),
    }


def _said(viewer: Viewer, one: Checked) -> dict[str, Any]:
    """What lists show of a record, as its opening says it."""
    opening = one.opening
    if opening is None:
        return {"state": RecordState.SEALED, "title": "", "kind": "", "lang": "", "embargo_until": None}
    is_alone = all(_is_owner(viewer, one, at) for at in range(len(opening.authors)))
    return {
        "state": RecordState.SEALED if is_alone else RecordState.PROPOSED,
        "title": opening.title,
        "kind": opening.kind,
        "lang": guess_lang(opening.title),
        "embargo_until": date.fromisoformat(opening.embargo) if opening.embargo else None,
    }


def _parent(viewer: Viewer, one: Checked) -> int | None:
    """The record that a version follows: one's own, signed by its key, and not moved on in between."""
    if one.leaf.prev is None:
        return None
    previous = bytes.fromhex(one.leaf.prev)
    parent = session().scalar(
        select(Record).where(Record.last_hash == previous, Record.owner_id == viewer.me).with_for_update()
    )
    if parent is None:
        raise ConflictError(_("“prev” is not the last event of a record of yours. Look at the record and sign anew."))
    settle(parent, signed_by=one.leaf.k)
    must_stand(parent)
    if parent.owner_key != one.leaf.k:
        raise ForbiddenError(_("A version is signed with the key of the record that it follows."))
    _must_name(parent, one)
    parent.last_hash = bytes.fromhex(one.leaf.hash)
    return parent.id


def _must_name(parent: Record, one: Checked) -> None:
    if one.opening is not None and one.opening.parent != parent.leaf_hash.hex():
        raise InvalidError(
            _("The opening names another parent."), errors={"opening": _("Its parent is not the record of “prev”.")}
        )


def _keep(viewer: Viewer, one: Checked, record_id: int, people: dict[str, int]) -> None:
    """What opens a record, and the authors whom that names."""
    if one.given is None or one.opening is None:
        return
    work, given = session(), one.given
    work.add(
        Deposit(
            record_id=record_id,
            opening=given.opening,
            salt=given.salt,
            authors=None if given.authors is None else list(given.authors),
            manifest=None if given.manifest is None else list(given.manifest),
            custody=given.custody,
            size=size_of(given),
        )
    )
    for position, entry in enumerate(one.opening.authors):
        author = one.authors[position] if one.authors else None
        is_owner = _is_owner(viewer, one, position)
        work.add(
            RecordParty(
                record_id=record_id,
                user_id=viewer.me if is_owner else people.get((author and author.handle) or ""),
                role=PartyRole.AUTHOR,
                state=PartyState.CONSENTED if is_owner else PartyState.NAMED,
                position=position,
                name=author.name if author else "",
                share=entry.share or "",
                id_commit=entry.id_commit,
                vkey=one.leaf.k if is_owner else entry.key,
                decided_at=now() if is_owner else None,
            )
        )


def _is_owner(viewer: Viewer, one: Checked, position: int) -> bool:
    """Whether an author is who registers: by the key in the opening, or by the handle. They consent by signing."""
    if one.opening is not None and one.opening.authors[position].key == one.leaf.k:
        return True
    return bool(one.authors) and one.authors[position].handle == viewer.handle
