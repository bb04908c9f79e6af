"""The queue as moderators read it: everything they need to decide, in a number of queries that does not grow."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from accounts.models import User
from accounts.queries import PersonFacts, persons
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.refs import Card, Ref, cards
from kernel.viewer import STAFF, Viewer
from kernel.words import gettext as _
from moderation.models import Flag, HouseRule, Review, ReviewKind, ReviewState, Sanction, StaffNote
from moderation.policy import MODERATOR, OFFICERS, visible_notes, visible_reviews, visible_sanctions
from moderation.reviewables import Shown, reviewable_of

PAGE = 20
AGES = (1, 3, 7, 30)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the queue."""

    state: str = ReviewState.OPEN.value
    why: str = ""
    kind: str = ""
    scope: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class FlagRow:
    """Who flagged, by which rule, and what they said; nobody is told who flagged what they wrote themselves."""

    person: PersonFacts | None
    rule: HouseRule | None
    note: str
    weight: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NoteRow:
    """What a moderator left for the others."""

    id: int
    body: str
    by: PersonFacts | None
    at: datetime
    is_mine: bool


@dataclass(frozen=True, slots=True)
class AuthorRow:
    """Who wrote it, and what the moderators know of them."""

    person: PersonFacts
    trust: int
    joined_at: datetime
    sanctions: int
    notes: int


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One thing in the queue. Without `shown` nothing is left of it, or the viewer may not see it any more."""

    review: Review
    shown: Shown | None
    author: AuthorRow | None
    place: Card | None
    scope_name: str
    decided_by: PersonFacts | None
    rule: HouseRule | None
    flags: list[FlagRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is decided."""
        return f"/moderation/{self.review.id}"

    @property
    def asked_at(self) -> datetime | None:
        """When its author was asked to change it."""
        asked = self.review.details.get("asked_at")
        return datetime.fromisoformat(asked) if asked else None

    @property
    def is_changed(self) -> bool:
        """Whether it reads otherwise than when it was flagged, or than when its author was asked to change it."""
        changed = self.shown.changed_at if self.shown is not None else None
        return changed is not None and changed > (self.asked_at or self.review.created_at)


def queue_page(viewer: Viewer, wanted: Wanted, *, cursor: str | None = None, limit: int = PAGE) -> Page[QueueRow]:
    """What waits, the heaviest first and of those the oldest; of what was decided, the latest first."""
    query = _narrowed(select(Review).where(visible_reviews(viewer)), wanted)
    keys: list[Any] = [Review.weight, -Review.id] if wanted.state == ReviewState.OPEN else [Review.id]
    page = keyset_page(query, keys=keys, limit=limit, cursor=cursor)
    rows = _rows(viewer, [row[0] for row in page.items])
    return Page(rows, page.next)


def queue_row(viewer: Viewer, review_id: int) -> QueueRow:
    """One of them; raises `NotFoundError`."""
    review = session().scalars(select(Review).where(Review.id == review_id, visible_reviews(viewer))).first()
    if review is None:
        raise NotFoundError
    return _rows(viewer, [review])[0]


def scopes_in_queue(viewer: Viewer) -> dict[str, str]:
    """The places of which something is open, by their tokens."""
    query = select(Review.scope).where(visible_reviews(viewer), Review.state == ReviewState.OPEN).distinct()
    return scope_names(viewer, session().scalars(query.limit(200)).all())


def open_count(viewer: Viewer) -> int:
    """How many wait for the viewer, at most a hundred; for the staff desk."""
    some = select(Review.id).where(visible_reviews(viewer), Review.state == ReviewState.OPEN).limit(100).subquery()
    return session().scalar(select(func.count()).select_from(some)) or 0


def oldest_open(viewer: Viewer) -> datetime | None:
    """Since when the one that waits longest has waited."""
    return session().scalar(
        select(func.min(Review.created_at)).where(visible_reviews(viewer), Review.state == ReviewState.OPEN)
    )


def notes_on(viewer: Viewer, refs: Sequence[Ref]) -> dict[Ref, list[NoteRow]]:
    """What moderators of the viewer's scopes noted, the newest first."""
    found: dict[Ref, list[NoteRow]] = defaultdict(list)
    if not refs:
        return found
    kinds: dict[str, list[int]] = defaultdict(list)
    for ref in refs:
        kinds[ref.kind].append(ref.id)
    rows = [
        note
        for kind, ids in kinds.items()
        for note in session().scalars(
            select(StaffNote)
            .where(StaffNote.kind == kind, StaffNote.ref_id.in_(ids), visible_notes(viewer))
            .order_by(StaffNote.id.desc())
        )
    ]
    people = persons({row.author_id for row in rows if row.author_id is not None})
    for row in rows:
        by = people.get(row.author_id or 0)
        found[Ref(row.kind, row.ref_id)].append(
            NoteRow(row.id, row.body, by, row.created_at, is_mine=row.author_id == viewer.user_id)
        )
    return found


def scope_names(viewer: Viewer, scopes: Sequence[str]) -> dict[str, str]:
    """What each place is called in the viewer's language, sorted by it."""
    refs = {scope: ref for scope in scopes if (ref := _place_of(scope)) is not None}
    found = cards(viewer, refs.values())
    names = {scope: found[ref].title for scope, ref in refs.items() if ref in found}
    names |= {scope: _("The whole site") for scope in scopes if scope == STAFF}
    return dict(sorted(((scope, names.get(scope, scope)) for scope in set(scopes)), key=lambda pair: pair[1]))


def _place_of(scope: str) -> Ref | None:
    kind, prefix = ("alliances.alliance", OFFICERS) if scope.startswith(OFFICERS) else ("forum.community", MODERATOR)
    number = scope.removeprefix(prefix)
    return Ref(kind, int(number)) if number.isdecimal() else None


def _narrowed(query: Select[Review], wanted: Wanted) -> Select[Review]:
    query = query.where(Review.state == wanted.state)
    for column, value in ((Review.why, wanted.why), (Review.kind, wanted.kind), (Review.scope, wanted.scope)):
        if value:
            query = query.where(column == value)
    if wanted.days:
        query = query.where(Review.created_at <= now() - timedelta(days=wanted.days))
    return query


def _rows(viewer: Viewer, reviews: Sequence[Review]) -> list[QueueRow]:
    shown: dict[int, Shown] = {}
    for why in ReviewKind:
        some = [review for review in reviews if review.why == why]
        if some:
            shown.update(reviewable_of(why).show(viewer, some))
    flags = _flags([review.id for review in reviews])
    authors = _authors(viewer, {review.author_id for review in reviews if review.author_id is not None})
    places = cards(viewer, [review.place for review in reviews])
    names = scope_names(viewer, [review.scope for review in reviews])
    deciders = persons({review.decided_by_id for review in reviews if review.decided_by_id is not None})
    rules = _rules({review.rule_id for review in reviews if review.rule_id is not None})
    notes = notes_on(viewer, [review.ref for review in reviews])
    rows = []
    for review in reviews:
        thing = shown.get(review.id)
        is_anonymous = thing is not None and thing.is_anonymous
        raised = flags.get(review.id, [])
        rows.append(
            QueueRow(
                review=review,
                shown=thing,
                author=None if is_anonymous else authors.get(review.author_id or 0),
                place=places.get(review.place),
                scope_name=names.get(review.scope, ""),
                decided_by=deciders.get(review.decided_by_id or 0),
                rule=rules.get(review.rule_id or 0),
                flags=[replace(one, person=None) for one in raised] if _hides_flaggers(viewer, review) else raised,
                notes=notes.get(review.ref, []),
            )
        )
    return rows


def _hides_flaggers(viewer: Viewer, review: Review) -> bool:
    """From whom it is about, and where whoever flags goes by another name."""
    return review.author_id == viewer.user_id or review.details.get("passed_on", {}).get("hides_flagger", False)


def _flags(ids: Sequence[int]) -> dict[int, list[FlagRow]]:
    rows = session().scalars(select(Flag).where(Flag.review_id.in_(ids)).order_by(Flag.id)).all() if ids else []
    people = persons({row.user_id for row in rows if row.user_id is not None})
    rules = _rules({row.rule_id for row in rows if row.rule_id is not None})
    found: dict[int, list[FlagRow]] = defaultdict(list)
    for row in rows:
        found[row.review_id].append(
            FlagRow(people.get(row.user_id or 0), rules.get(row.rule_id or 0), row.note, row.weight, row.created_at)
        )
    return found


def _authors(viewer: Viewer, ids: set[int]) -> dict[int, AuthorRow]:
    if not ids:
        return {}
    people = persons(ids)
    facts = session().execute(select(User.id, User.trust_level, User.created_at).where(User.id.in_(ids)))
    sanctions = dict(
        session()
        .execute(
            select(Sanction.user_id, func.count())
            .where(Sanction.user_id.in_(ids), visible_sanctions(viewer), Sanction.lifted_at.is_(None))
            .group_by(Sanction.user_id)
        )
        .all()
    )
    notes = notes_on(viewer, [Ref("accounts.user", user_id) for user_id in ids])
    return {
        row.id: AuthorRow(
            people[row.id],
            row.trust_level,
            row.created_at,
            sanctions.get(row.id, 0),
            len(notes.get(Ref("accounts.user", row.id), [])),
        )
        for row in facts
        if row.id in people
    }


def _rules(ids: set[int]) -> dict[int, HouseRule]:
    if not ids:
        return {}
    return {rule.id: rule for rule in session().scalars(select(HouseRule).where(HouseRule.id.in_(ids)))}
