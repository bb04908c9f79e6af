"""Offices given and handed over outside elections. Nobody changes their own, except by resigning.

Whoever was elected goes by an election, by resigning, or with the member; officers end only what officers gave.
"""

from collections.abc import Sequence
from datetime import date, datetime, time

from sqlalchemy import select

from accounts.models import User
from accounts.queries import person_by_handle
from alliances.actions.steering import member_for
from alliances.handover import SINGLE
from alliances.here import Here, here_at
from alliances.log import note
from alliances.messages import said
from alliances.models import ENDED, LIVING, Alliance, Member, Office, State, Term
from alliances.policy import AllianceRight
from alliances.powers import LEAST_HOLDERS, STEERING
from alliances.terms import begin_term, end_term
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.i18n import zone
from kernel.policy import authorise
from kernel.texts import clean_line
from kernel.viewer import Viewer
from kernel.words import gettext as _


def appoint(viewer: Viewer, *, slug: str, office: str, handle: str, ends_on: date | None = None) -> Term:
    """Give somebody an office until an election, or longer: the term ends on a day, or is open.

    Of a single office, an interim holder goes with that; whoever was elected to it stays until the next election.
    """
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.APPOINT, here)
    if office not in set(Office) or office == Office.LEAD:
        raise InvalidError(
            _("Please look at the marked fields."), errors={"office": _("This choice is not known here.")}
        )
    person, member = _candidate(here.alliance, handle)
    if person.id == viewer.me:
        raise ForbiddenError(_("Nobody gives themselves an office; another officer does."))
    ends_at = _end_of(viewer, ends_on)
    held = _holders(here.alliance, Office(office))
    if any(term.user_id == person.id for term in held):
        raise ConflictError(_("This person holds the office already."))
    replaced = held if office in SINGLE else []
    if any(term.user_id == viewer.me for term in replaced):
        raise ForbiddenError(_("You hold this office yourself: resign, and name your successor with that."))
    if not all(term.is_interim for term in replaced):
        raise ConflictError(_("Whoever holds this office was elected; another is elected, too."))
    _must_stay_steered(here.alliance, without=replaced, new=person.id if office in STEERING else None)
    for term in replaced:
        end_term(here.alliance, term, reason="replaced", actor=viewer)
    return begin_term(
        here.alliance, Office(office), user_id=person.id, member_id=member.id, ends_at=ends_at, actor=viewer
    )


def end_office(viewer: Viewer, *, slug: str, term_id: int, reason: str) -> Term:
    """Take back an office that an officer gave."""
    here, term = _term(viewer, slug, term_id)
    authorise(viewer, AllianceRight.APPOINT, here)
    if term.user_id == viewer.me:
        raise ForbiddenError(_("This is your own office: you resign, nobody ends their own."))
    if not term.is_interim:
        raise ForbiddenError(_("Whoever was elected goes by an election, or resigns."))
    reason = said(reason, field="reason", longest=1000)
    _must_stay_steered(here.alliance, without=[term], field="reason")
    end_term(here.alliance, term, reason=reason, actor=viewer)
    return term


def set_term_end(viewer: Viewer, *, slug: str, term_id: int, ends_on: date | None) -> Term:
    """Say until when an office is held; of an office that was elected, the election says it."""
    here, term = _term(viewer, slug, term_id)
    authorise(viewer, AllianceRight.APPOINT, here)
    if term.user_id == viewer.me:
        raise ForbiddenError(_("Nobody changes their own term; another officer does."))
    if not term.is_interim and term.ends_at is not None:
        raise ForbiddenError(_("The election said until when."))
    term.ends_at = _end_of(viewer, ends_on)
    until = ends_on.isoformat() if ends_on else None
    note(here.alliance, "term-changed", actor=viewer, office=term.office, holder=_handle(term.user_id), until=until)
    session().flush()
    return term


def resign(viewer: Viewer, *, slug: str, term_id: int, reason: str = "", successor: str = "") -> Term:
    """Give one's own office up, with a successor where too few would be left who can give offices."""
    here, term = _term(viewer, slug, term_id)
    if term.user_id != viewer.me:
        raise NotFoundError
    if here.alliance.state in ENDED:
        raise ConflictError(_("Nothing changes in this alliance now: it is not active."))
    reason = said(reason, field="reason", needed=False, longest=1000) or "resigned"
    next_one = _candidate(here.alliance, successor, field="successor") if clean_line(successor) else None
    if next_one is not None and next_one[0].id == viewer.me:
        raise InvalidError(_("Please look at the marked fields."), errors={"successor": _("Name somebody else.")})
    new = next_one[0].id if next_one is not None and term.office in STEERING else None
    _must_stay_steered(here.alliance, without=[term], new=new, field="successor")
    end_term(here.alliance, term, reason=reason, actor=viewer)
    if next_one is not None:
        begin_term(
            here.alliance,
            Office(term.office),
            user_id=next_one[0].id,
            member_id=next_one[1].id,
            group_id=term.group_id,
            ends_at=term.ends_at,
            actor=viewer,
        )
    return term


def _must_stay_steered(
    alliance: Alliance, *, without: Sequence[Term], new: int | None = None, field: str = "handle"
) -> None:
    """Before anything changes: enough people would be left who can give offices, or as many as there are now."""
    if alliance.state not in (*LIVING, State.FROZEN) or not any(term.office in STEERING for term in without):
        return
    query = select(Term).where(Term.alliance_id == alliance.id, Term.ended_at.is_(None), Term.office.in_(STEERING))
    held = session().scalars(query).all()
    left = {term.user_id for term in held if term not in without} | ({new} if new is not None else set())
    if len(left) < min(LEAST_HOLDERS, len({term.user_id for term in held})):
        raise InvalidError(
            _("At least two people must be able to give offices."),
            errors={field: _("Name a successor: at least two people must be able to give offices.")},
        )


def _term(viewer: Viewer, slug: str, term_id: int) -> tuple[Here, Term]:
    here = here_at(viewer, slug, hold=True)
    term = session().get(Term, term_id, populate_existing=True)
    if term is None or term.alliance_id != here.alliance.id:
        raise NotFoundError
    if term.ended_at is not None:
        raise ConflictError(_("This term has ended already."))
    return here, term


def _candidate(alliance: Alliance, handle: str, *, field: str = "handle") -> tuple[User, Member]:
    try:
        person = person_by_handle(clean_line(handle).lstrip("@"))
    except NotFoundError:
        person = None
    member = member_for(alliance.id, person.id) if person is not None else None
    if person is None or member is None:
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={field: _("Offices are held by people who act for a member that is not an observer.")},
        )
    return person, member


def _holders(alliance: Alliance, office: Office) -> list[Term]:
    held = select(Term).where(Term.alliance_id == alliance.id, Term.office == office, Term.ended_at.is_(None))
    return list(session().scalars(held.order_by(Term.id)))


def _handle(user_id: int) -> str:
    return session().scalars(select(User.handle).where(User.id == user_id)).one()


def _end_of(viewer: Viewer, day: date | None) -> datetime | None:
    """The last moment of a day, where the viewer is."""
    if day is None:
        return None
    end = datetime.combine(day, time(23, 59, 59), tzinfo=zone(viewer.timezone))
    if end <= now():
        raise InvalidError(
            _("Please look at the marked fields."), errors={"ends_on": _("Choose a day that is still to come.")}
        )
    return end
