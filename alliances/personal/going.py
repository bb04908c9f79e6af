"""What becomes of seats, offices and names in alliances when somebody goes. Votes that were counted stay counted."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, and_, func, or_, select, update

from alliances.actions.departures import end_party
from alliances.actions.seats import close_seats
from alliances.handover import hand_over
from alliances.here import hold_alliance
from alliances.kinds.decisions import PROPOSAL, RESOLUTION
from alliances.log import canonical
from alliances.models import (
    Alliance,
    Application,
    ExpulsionCase,
    LogLine,
    Matter,
    Member,
    MemberState,
    Option,
    PartyKind,
    Proposal,
    Resolution,
    Seat,
    Term,
)
from alliances.parties import Party
from alliances.terms import end_term
from alliances.words import name_of
from kernel.db import session
from kernel.personal import Hindrance, Leaver, hinders, leaves
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from search_index import feed

AT_ONCE = 2_000


@hinders
def offices(viewer: Viewer) -> Iterable[Hindrance]:
    """What a member hands over before it leaves, one does before one goes for good."""
    acting = (
        select(Alliance, Member)
        .join(Member, Member.alliance_id == Alliance.id)
        .join(Seat, Seat.member_id == Member.id)
        .where(Member.state == MemberState.ACTIVE, Seat.user_id == viewer.me, Seat.until.is_(None))
        .order_by(Alliance.id, Member.id)
    )
    for row in session().execute(acting).all():
        open_ones = hand_over(row.Alliance, row.Member)
        url = f"/alliances/{row.Alliance.slug}"
        for term in open_ones.needed:
            if term.user_id == viewer.me:
                office = name_of("office", term.office, viewer.locale)
                sentence = _(
                    "You hold an office of %(alliance)s: %(office)s. Name a successor.",
                    alliance=row.Alliance.name,
                    office=office,
                )
                yield Hindrance(sentence, f"{url}/offices")
        led = {term.group_id for term in open_ones.terms if term.user_id == viewer.me}
        for group in open_ones.groups:
            if group.id in led:
                yield Hindrance(
                    _("You alone lead the working group %(group)s. Let somebody else lead it.", group=group.name),
                    f"{url}/groups/{group.id}",
                )
        if open_ones.is_last and row.Member.party_kind == PartyKind.PERSON:
            yield Hindrance(
                _("You are the last full member of %(alliance)s. Dissolve it first.", alliance=row.Alliance.name),
                f"{url}/ending",
            )


@leaves("alliances.seats")
def end_seats(leaver: Leaver, _after: int) -> int | None:
    """They are a member nowhere, act for nobody, and hold no office."""
    end_party(Party(PartyKind.PERSON, leaver.id))
    acting = (
        select(Member.alliance_id, Member.id)
        .join(Seat, Seat.member_id == Member.id)
        .where(Seat.user_id == leaver.id, Seat.until.is_(None))
    )
    members: dict[int, list[int]] = defaultdict(list)
    for row in session().execute(acting):
        members[row.alliance_id].append(row.id)
    for alliance_id in sorted(members):
        close_seats(_held(alliance_id), members[alliance_id], leaver.id, actor=None)
    terms = select(Term).where(Term.user_id == leaver.id, Term.ended_at.is_(None)).order_by(Term.alliance_id, Term.id)
    for term in session().scalars(terms).all():
        end_term(_held(term.alliance_id), term, reason="left", actor=None)
    return None


@leaves("alliances.names")
def efface_names(leaver: Leaver, after: int) -> int | None:
    """Candidates are called by the stand-in, and so is whom votes and logs name; the hashes of the lines stay."""
    if not after:
        session().execute(update(Option).where(Option.user_id == leaver.id).values(label=leaver.stand_in))
        for proposal in session().scalars(_about(leaver)):
            proposal.about = {"name": leaver.stand_in, "name_en": ""}
            resolved = session().scalars(select(Resolution.id).where(Resolution.proposal_id == proposal.id))
            feed.changed(Ref(PROPOSAL, proposal.id), *(Ref(RESOLUTION, number) for number in resolved), hides=True)
    ids = select(LogLine.id).where(LogLine.id > after).order_by(LogLine.id).limit(AT_ONCE)
    end = session().scalar(select(func.max(LogLine.id)).where(LogLine.id.in_(ids)))
    if end is None:
        return None
    names = (leaver.handle, leaver.viewer.display_name)
    named = or_(
        *(LogLine.content.contains(json.dumps(name, ensure_ascii=False)[1:-1], autoescape=True) for name in names)
    )
    for line in session().scalars(select(LogLine).where(LogLine.id > after, LogLine.id <= end, named)):
        said = json.loads(line.content)
        effaced = _effaced(said, leaver)
        if effaced != said:
            line.content = canonical({**effaced, "effaced": True})
    return end


def _about(leaver: Leaver) -> Select[Proposal]:
    """Votes on letting them in, or on expelling them."""
    party = (PartyKind.PERSON, leaver.id)
    asked = select(Application.id).where(Application.party_kind == party[0], Application.party_id == party[1])
    tried = (
        select(ExpulsionCase.id)
        .join(Member, Member.id == ExpulsionCase.member_id)
        .where(Member.party_kind == party[0], Member.party_id == party[1])
    )
    return select(Proposal).where(
        Proposal.about.is_not(None),
        or_(
            and_(Proposal.matter == Matter.ADMISSION, Proposal.subject_id.in_(asked)),
            and_(Proposal.matter == Matter.EXPULSION, Proposal.subject_id.in_(tried)),
        ),
    )


def _effaced(value: Any, leaver: Leaver) -> Any:
    """The same with the stand-in wherever a value is their handle or name; a sentence is left as it was said."""
    if isinstance(value, dict):
        return {key: _effaced(one, leaver) for key, one in value.items()}
    if isinstance(value, list):
        return [_effaced(one, leaver) for one in value]
    return leaver.stand_in if value in {leaver.handle, leaver.viewer.display_name} else value


def _held(alliance_id: int) -> Alliance:
    hold_alliance(alliance_id)
    return session().get_one(Alliance, alliance_id, populate_existing=True)
